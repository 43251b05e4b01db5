#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>

#include "model/change.hpp"
#include "model/entity.hpp"
#include "model/key.hpp"

namespace titan::server_lite {

// Entities in the form in which they are answered, so that a question for one need not ask the
// store, nor wait for it. Holds nothing that was changed since: forget() is called with every
// change before anybody is told that it was made. What was asked for lately is kept, up to
// kEntityCacheBytesMax. Safe to share between threads; holds its lock for moments only.
class EntityCache {
 public:
  struct Text {
    std::string body = {};  // JSON
    std::uint64_t revision = 0;
  };
  // Where the cache stood before an entity was read from the store.
  using Moment = std::uint64_t;

  [[nodiscard]] std::optional<Text> find(const model::Key& key);
  [[nodiscard]] Moment moment() const;
  // Keeps the text of what was read after `moment`, unless anything was changed since then.
  void put(const model::Key& key, Text text, Moment moment);
  void forget(std::span<const model::Change> changes);

 private:
  struct KeyHash {
    std::size_t operator()(const model::Key& key) const;
  };
  using Texts = std::unordered_map<model::Key, Text, KeyHash>;
  void keep(const model::Key& key, Text text);

  mutable std::mutex mutex_;  // guards the rest
  Moment moment_ = 0;
  // When what is new has half of the room, it becomes what is old, and what was old goes; what is
  // asked for stays new.
  Texts new_;
  Texts old_;
  std::size_t new_bytes_ = 0;
};

}  // namespace titan::server_lite
