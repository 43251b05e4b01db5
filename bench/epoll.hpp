#pragma once

#include <sys/epoll.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/descriptor.hpp"

namespace titan::bench {

// Sockets whose events are told, each change once (edge-triggered). For one thread.
class Epoll {
 public:
  Epoll() : descriptor_(::epoll_create1(EPOLL_CLOEXEC)) {}

  // Until the socket is closed.
  void watch(int socket, std::uint64_t place, std::uint32_t events = EPOLLIN | EPOLLOUT) {
    epoll_event event{.events = events | EPOLLRDHUP | EPOLLET, .data = {.u64 = place}};
    ::epoll_ctl(descriptor_.get(), EPOLL_CTL_ADD, socket, &event);
  }
  // Those that have something to tell, none when the time is over. Valid until the next call.
  std::span<const epoll_event> wait(std::chrono::nanoseconds time) {
    if (time.count() < 0) time = {};
    const timespec limit{.tv_sec = time.count() / 1'000'000'000,
                         .tv_nsec = time.count() % 1'000'000'000};
    const int ready =
        ::epoll_pwait2(descriptor_.get(), events_.data(), kEventsAtOnce, &limit, nullptr);
    return {events_.data(), static_cast<std::size_t>(ready < 0 ? 0 : ready)};
  }

 private:
  static constexpr int kEventsAtOnce = 256;

  Descriptor descriptor_;
  std::array<epoll_event, kEventsAtOnce> events_{};
};

}  // namespace titan::bench
