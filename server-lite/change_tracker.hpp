#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/error.hpp"

namespace titan::server_lite {

// What became of the latest proposals, by id: the last kChangesTracked of them, in memory. What was
// committed also stands in the log. Safe to share between threads.
class ChangeTracker {
 public:
  enum class State { accepted, committed, refused };
  struct Progress {
    State state = State::accepted;
    std::uint64_t seq = 0;   // with committed
    Error error = {};        // with refused
    std::string actor = {};  // who asked for it
    std::string organization = {};
  };

  void note(const std::string& id, Progress progress);
  [[nodiscard]] std::optional<Progress> find(const std::string& id) const;

 private:
  mutable std::mutex mutex_;  // guards both
  std::unordered_map<std::string, Progress> progress_;
  std::deque<std::string> order_;  // oldest first
};

}  // namespace titan::server_lite
