#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.hpp"
#include "model/key.hpp"

// When hosts ask the server again. Each has a slot in the polling interval, by its key alone, so a
// fleet is spread evenly over the interval, and is so again soon after all of it asked at once, as
// after an outage or a power cut. All of it is pure.
namespace titan::reconciler {

// A part of the interval, in 2^-32 of it.
using PollSlot = std::uint32_t;

// The first 32 bits of the SHA-256 of the key: the same on every server, and after every restart.
PollSlot poll_slot_of(const model::Key& host);

// How long a host that asks now should wait: until its next slot, but at least half an interval; so
// from half an interval to one and a half. Rounded to whole seconds, at least one: the next answer
// counts from the slot again, so that no host drifts away from it. `now` is the server's; where it
// begins to count moves all slots together. Allocates nothing.
// REQUIRES: `interval` is from 1 s to 1 h.
std::chrono::seconds poll_after(PollSlot slot, Clock::Monotonic now, std::chrono::seconds interval);

}  // namespace titan::reconciler
