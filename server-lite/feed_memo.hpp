#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "store/store.hpp"

namespace titan::server_lite {

// The last answer of the feed. Those who wait for the next change ask the same question when it
// comes, thousands at once: the store is asked by the first. Safe to share between threads.
class FeedMemo {
 public:
  // All that an answer depends on.
  struct Question {
    std::uint64_t head = 0;  // of the log, read before its changes were
    std::uint64_t after = 0;
    bool full = false;
    std::size_t limit = 0;
    store::ChangeFilter filter = {};
    bool operator==(const Question&) const = default;
  };

  [[nodiscard]] std::optional<std::string> find(const Question& question) const {
    const std::lock_guard lock(mutex_);
    return question_ == question ? std::optional(body_) : std::nullopt;
  }
  void keep(Question question, std::string body) {
    const std::lock_guard lock(mutex_);
    question_ = std::move(question);
    body_ = std::move(body);
  }

 private:
  mutable std::mutex mutex_;  // guards the rest
  std::optional<Question> question_;
  std::string body_;
};

}  // namespace titan::server_lite
