#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <list>
#include <mutex>
#include <span>

#include "model/change.hpp"

namespace titan::server_lite {

// Where requests with `wait` stay until something happens that they wait for. Each holds its
// thread, so only kParkedMax may; the next ones are answered at once. Safe to share between
// threads.
class Parking {
 public:
  // Whether these changes, which are in force already, are what it waits for. Called by the thread
  // that brought them about: quick, without I/O.
  using Interest = std::function<bool(std::span<const model::Change>)>;

  // Waits until `interest` was met: true; or until `time` is over, or when it may not wait: false.
  // `met` is asked once it is parked, so that nothing is missed in between.
  bool wait(std::chrono::seconds time, const Interest& interest, const std::function<bool()>& met);
  // Wakes those whose interest is met.
  void wake(std::span<const model::Change> changes);
  // Wakes all, and lets nobody wait from now on.
  void close();
  // How many wait now.
  [[nodiscard]] std::size_t count() const;

 private:
  struct Parked {
    const Interest& interest;
    std::condition_variable woken = {};
    bool ready = false;
  };

  mutable std::mutex mutex_;  // guards the rest
  std::list<Parked*> parked_;
  bool closed_ = false;
};

}  // namespace titan::server_lite
