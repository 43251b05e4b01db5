#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "server-lite/metrics.hpp"

namespace titan::server_lite {

// The metrics of one route: its series are made when they are first needed, and then cost a few
// atomic operations. Safe to share between threads.
class RouteMetrics {
 public:
  // Borrows `metrics`. `path` is the template, never what a client wrote.
  RouteMetrics(Metrics& metrics, std::string method, std::string path);
  // `duration`: none when it says nothing about the server.
  void count(int status, std::optional<std::chrono::microseconds> duration);
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  static constexpr std::array kStatuses = {200, 201, 202, 204, 304, 400, 401, 403, 404,
                                           405, 408, 409, 410, 411, 413, 414, 415, 417,
                                           422, 429, 431, 500, 501, 503, 505, 0};  // 0: any other

  Metrics& metrics_;
  const std::string method_;
  const std::string path_;
  std::array<std::atomic<Counter*>, kStatuses.size()> counters_ = {};
  std::atomic<Histogram*> durations_ = nullptr;
};

// What is known of a request before its answer. Borrows the texts.
struct RequestNote {
  std::string_view id = {};
  std::string_view method = {};
  std::string_view path = {};   // as it was sent; without the query, which may hold secrets
  std::string_view peer = {};   // the address it came from; empty: not over a network
  std::string_view actor = {};  // who asks; empty: nobody that is known
  Clock::Monotonic began{};
  RouteMetrics* route = nullptr;  // none: no route takes it
  bool may_wait = false;          // the client asked that it waits, so its duration says nothing
};

// Which answers get a line of the access log. News are all but 204 and 304, by which most hosts are
// told most of the time that nothing is new.
enum class AccessLog { all, news, none };

// Counts every answered request, and writes the access log: a record "request" at level info with
// id, method, path, route, status, bytes, duration (microseconds), peer and actor. What the access
// log leaves out stands there at level debug. Safe to share between threads.
class RequestJournal {
 public:
  // Borrows all but the last.
  RequestJournal(Metrics& metrics, Log& log, const Clock& clock, AccessLog access);

  [[nodiscard]] Clock::Monotonic now() const { return clock_.monotonic(); }
  RouteMetrics& nowhere() { return nowhere_; }  // for requests that no route takes
  Metrics& metrics() { return metrics_; }
  // The request was answered; call it once for each.
  void note(const RequestNote& request, int status, std::size_t body_bytes);

 private:
  Metrics& metrics_;
  Log& log_;
  const Clock& clock_;
  const AccessLog access_;
  RouteMetrics nowhere_;
};

}  // namespace titan::server_lite
