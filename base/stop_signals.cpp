#include "base/stop_signals.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

namespace titan {
namespace {

timespec time_of(std::chrono::microseconds timeout) {
  timeout = std::max(timeout, std::chrono::microseconds(0));
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(timeout);
  // A time_t of 32 bits holds 68 years.
  constexpr std::chrono::seconds::rep kLongest = std::numeric_limits<time_t>::max();
  timespec time{};
  time.tv_sec = static_cast<time_t>(std::min(seconds.count(), kLongest));
  time.tv_nsec = static_cast<long>(std::chrono::nanoseconds(timeout - seconds).count());
  return time;
}

}  // namespace

StopSignals::StopSignals() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
}

bool StopSignals::wait(std::chrono::microseconds timeout) const {
  const timespec until = time_of(timeout);
  return sigtimedwait(&signals_, nullptr, &until) > 0;
}

Result<DaemonSignals> DaemonSignals::open() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const int descriptor = ::signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
  if (descriptor < 0) return system_error(errno, "waiting for signals");
  return DaemonSignals(Descriptor(descriptor));
}

DaemonSignals::Event DaemonSignals::take() const {
  Event event = Event::timeout;
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
    if (info.ssi_signo != SIGHUP) return Event::stop;
    event = Event::reload;
  }
  return event;
}

DaemonSignals::Event DaemonSignals::wait(std::chrono::microseconds timeout, int descriptor) const {
  const auto now = [] { return std::chrono::steady_clock::now(); };
  const auto begun = now();
  while (true) {
    std::array<pollfd, 2> entries = {{{.fd = signals_.get(), .events = POLLIN, .revents = 0},
                                      {.fd = descriptor, .events = POLLIN, .revents = 0}}};
    const auto passed = std::chrono::duration_cast<std::chrono::microseconds>(now() - begun);
    const timespec left = time_of(timeout - passed);
    const int ready = ::ppoll(entries.data(), entries.size(), &left, nullptr);
    if (ready < 0 && errno == EINTR) continue;
    const Event signal = take();
    if (signal != Event::timeout) return signal;
    if (ready > 0 && entries[1].revents != 0) return Event::readable;
    if (ready <= 0) return Event::timeout;
  }
}

}  // namespace titan
