#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>

#include "model/change.hpp"
#include "model/key.hpp"
#include "server-lite/limits.hpp"

namespace titan::server_lite {

// Texts by what they tell of, up to a number of bytes: what was asked for lately is kept. Holds
// nothing that was changed since, if forget() is called before anybody is told of the change. Safe
// to share between threads; holds its lock for moments only.
template <class Key, class Hash = std::hash<Key>>
class TextCache {
 public:
  struct Text {
    std::string body = {};       // JSON
    std::uint64_t revision = 0;  // of what it tells; 0: it has none
  };
  // Where the cache stood before that of which the text tells was read.
  using Moment = std::uint64_t;

  explicit TextCache(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  [[nodiscard]] std::optional<Text> find(const Key& key) {
    const std::lock_guard lock(mutex_);
    if (const auto found = new_.find(key); found != new_.end()) return found->second;
    const auto found = old_.find(key);
    if (found == old_.end()) return std::nullopt;
    Text text = std::move(found->second);
    old_.erase(found);
    keep(key, text);
    return text;
  }
  [[nodiscard]] Moment moment() const {
    const std::lock_guard lock(mutex_);
    return moment_;
  }
  // Keeps the text of what was read after `moment`, unless anything was forgotten since then.
  void put(const Key& key, Text text, Moment moment) {
    const std::lock_guard lock(mutex_);
    if (moment != moment_) return;
    old_.erase(key);
    keep(key, std::move(text));
  }
  // `key_of`: where the key is in each of the items.
  template <class Items, class KeyOf = std::identity>
  void forget(const Items& items, KeyOf key_of = {}) {
    const std::lock_guard lock(mutex_);
    ++moment_;
    for (const auto& item : items) {
      const Key& key = std::invoke(key_of, item);
      new_.erase(key);
      old_.erase(key);
    }
  }
  void forget_all() {
    const std::lock_guard lock(mutex_);
    ++moment_;
    new_.clear();
    old_.clear();
    new_bytes_ = 0;
  }

 private:
  void keep(const Key& key, Text text) {
    const std::size_t bytes = text.body.size() + kCachedTextOverhead;
    if (new_bytes_ + bytes > bytes_max_ / 2) {
      old_ = std::exchange(new_, Texts());
      new_bytes_ = 0;
    }
    if (bytes > bytes_max_ / 2) return;
    // What it replaces is counted twice until the next turn, which only comes sooner.
    new_bytes_ += bytes;
    new_.insert_or_assign(key, std::move(text));
  }

  using Texts = std::unordered_map<Key, Text, Hash>;
  const std::size_t bytes_max_;
  mutable std::mutex mutex_;  // guards the rest
  Moment moment_ = 0;
  // When what is new has half of the room, it becomes what is old, and what was old goes; what is
  // asked for stays new.
  Texts new_;
  Texts old_;
  std::size_t new_bytes_ = 0;
};

struct KeyHash {
  std::size_t operator()(const model::Key& key) const;
};

// What was answered lately, in the form in which it was, so that the same question need not ask the
// store, nor wait for it.
struct AnswerCache {
  TextCache<model::Key, KeyHash> entities{kCachedEntityBytesMax};
  TextCache<model::Key, KeyHash> reports{kCachedReportBytesMax};  // by host
  TextCache<model::Key, KeyHash> states{kCachedStateBytesMax};    // by host, at its bookmark
  TextCache<std::string> lists{kCachedListBytesMax};  // by who may see what, and the target

  void forget(std::span<const model::Change> changes);
  // The host made another one.
  void forget_report(const model::Key& host);
};

}  // namespace titan::server_lite
