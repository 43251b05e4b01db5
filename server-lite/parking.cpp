#include "server-lite/parking.hpp"

#include "server-lite/limits.hpp"

namespace titan::server_lite {

bool Parking::wait(std::chrono::seconds time, const Interest& interest,
                   const std::function<bool()>& met) {
  Parked parked{.interest = interest};
  std::unique_lock lock(mutex_);
  if (closed_ || parked_.size() >= kParkedMax) return false;
  const auto place = parked_.insert(parked_.end(), &parked);
  lock.unlock();
  const bool already = met();
  lock.lock();
  if (!already) parked.woken.wait_for(lock, time, [&] { return parked.ready; });
  parked_.erase(place);
  return already || (parked.ready && !closed_);
}

void Parking::wake(std::span<const model::Change> changes) {
  const std::lock_guard lock(mutex_);
  for (Parked* parked : parked_) {
    if (parked->ready || !parked->interest(changes)) continue;
    parked->ready = true;
    parked->woken.notify_one();
  }
}

void Parking::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  for (Parked* parked : parked_) {
    parked->ready = true;
    parked->woken.notify_one();
  }
}

std::size_t Parking::count() const {
  const std::lock_guard lock(mutex_);
  return parked_.size();
}

}  // namespace titan::server_lite
