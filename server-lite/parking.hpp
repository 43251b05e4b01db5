#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <span>

#include "model/change.hpp"

namespace titan::server_lite {

// Who waits for something to happen stands here, without a thread. Safe to share between threads.
class Parking {
 public:
  // Whether these changes, which are in force already, are what it waits for. Called by the thread
  // that brought them about: quick, without I/O.
  using Interest = std::function<bool(std::span<const model::Change>)>;
  // Called by that thread, at most once, when they are: quick, without I/O.
  using Wake = std::function<void()>;

  // A place among those who wait. Once it is destroyed, nothing of it is called any more.
  class Spot {
   public:
    ~Spot();
    Spot(const Spot&) = delete;
    Spot& operator=(const Spot&) = delete;

   private:
    friend class Parking;
    Spot(Parking& parking, Interest interest, Wake wake);

    Parking& parking_;
    const Interest interest_;
    const Wake wake_;
    bool woken_ = false;  // guarded by the mutex of `parking_`
    std::list<Spot*>::iterator place_;
  };

  // What came before is not noticed: look for it after this. When nobody may wait any more, it is
  // woken at once.
  std::unique_ptr<Spot> park(Interest interest, Wake wake);
  // Wakes those whose interest is met.
  void wake(std::span<const model::Change> changes);
  // Wakes all, and lets nobody wait from now on.
  void close();
  [[nodiscard]] bool is_closed() const;
  // How many wait now.
  [[nodiscard]] std::size_t count() const;

 private:
  mutable std::mutex mutex_;  // guards the rest
  std::list<Spot*> spots_;
  bool closed_ = false;
};

}  // namespace titan::server_lite
