#pragma once

#include <condition_variable>
#include <map>
#include <mutex>

#include "model/key.hpp"

namespace titan::server_lite {

// Keeps proposals apart that depend on each other: whoever writes a key has it alone, whoever only
// needs it to stay as it is shares it. Others wait. It guards decisions, not data: what is held is
// held across a commit, and readers never ask here. Safe to share between threads.
class KeyLocks {
 public:
  enum class Use { shared, alone };
  using Uses = std::map<model::Key, Use>;

  // Holds the keys until it is destroyed.
  class Guard {
   public:
    Guard(KeyLocks& locks, Uses uses);
    ~Guard();
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

   private:
    KeyLocks& locks_;
    const Uses uses_;
  };

 private:
  [[nodiscard]] bool free(const Uses& uses) const;

  std::mutex mutex_;  // guards the map; held for moments
  std::condition_variable changed_;
  std::map<model::Key, int> holders_;  // how many share it; -1: one has it alone
};

}  // namespace titan::server_lite
