#include "server-lite/parking.hpp"

#include <utility>

namespace titan::server_lite {

Parking::Spot::Spot(Parking& parking, Interest interest, Wake wake)
    : parking_(parking), interest_(std::move(interest)), wake_(std::move(wake)) {}

Parking::Spot::~Spot() {
  const std::lock_guard lock(parking_.mutex_);
  parking_.spots_.erase(place_);
}

std::unique_ptr<Parking::Spot> Parking::park(Interest interest, Wake wake) {
  std::unique_ptr<Spot> spot(new Spot(*this, std::move(interest), std::move(wake)));
  const std::lock_guard lock(mutex_);
  spot->place_ = spots_.insert(spots_.end(), spot.get());
  if (closed_) spot->wake_();
  return spot;
}

void Parking::wake(std::span<const model::Change> changes) {
  const std::lock_guard lock(mutex_);
  for (Spot* spot : spots_) {
    if (spot->woken_ || !spot->interest_(changes)) continue;
    spot->woken_ = true;
    spot->wake_();
  }
}

void Parking::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  for (Spot* spot : spots_) {
    if (!std::exchange(spot->woken_, true)) spot->wake_();
  }
}

bool Parking::is_closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

std::size_t Parking::count() const {
  const std::lock_guard lock(mutex_);
  return spots_.size();
}

}  // namespace titan::server_lite
