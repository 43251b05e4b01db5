#include "server-lite/request_journal.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "server-lite/actors.hpp"
#include "server-lite/limits.hpp"

namespace titan::server_lite {
namespace {

using std::chrono::microseconds;

// From 100 us, what an answer from memory takes, to a minute, the longest that anything may take.
constexpr std::array kBounds = {
    microseconds(100),        microseconds(250),        microseconds(500),
    microseconds(1'000),      microseconds(2'500),      microseconds(5'000),
    microseconds(10'000),     microseconds(25'000),     microseconds(50'000),
    microseconds(100'000),    microseconds(250'000),    microseconds(500'000),
    microseconds(1'000'000),  microseconds(2'500'000),  microseconds(5'000'000),
    microseconds(10'000'000), microseconds(30'000'000), microseconds(60'000'000)};

}  // namespace

RouteMetrics::RouteMetrics(Metrics& metrics, std::string method, std::string path)
    : metrics_(metrics), method_(std::move(method)), path_(std::move(path)) {}

// Two threads may make a series at once: both get the same one.
void RouteMetrics::count(int status, std::optional<microseconds> duration) {
  const auto known = std::find(kStatuses.begin(), kStatuses.end() - 1, status);
  const auto place = static_cast<std::size_t>(known - kStatuses.begin());
  Counter* counter = counters_[place].load(std::memory_order_acquire);
  if (counter == nullptr) {
    const std::string code = kStatuses[place] == 0 ? "other" : std::to_string(status);
    counter = &metrics_.counter("titan_http_requests_total", "Requests answered.",
                                {{"method", method_}, {"route", path_}, {"code", code}});
    counters_[place].store(counter, std::memory_order_release);
  }
  counter->add();
  if (!duration) return;
  Histogram* durations = durations_.load(std::memory_order_acquire);
  if (durations == nullptr) {
    durations = &metrics_.histogram(
        "titan_http_request_duration_seconds",
        "How long requests took to answer, without those that asked to wait for news.", kBounds,
        {{"method", method_}, {"route", path_}});
    durations_.store(durations, std::memory_order_release);
  }
  durations->observe(*duration);
}

RequestJournal::RequestJournal(Metrics& metrics, Log& log, const Clock& clock, AccessLog access)
    : metrics_(metrics),
      log_(log),
      clock_(clock),
      access_(access),
      nowhere_(metrics, "none", "none") {}

void RequestJournal::note(const RequestNote& request, int status, std::size_t body_bytes) {
  const microseconds duration = clock_.monotonic() - request.began;
  RouteMetrics& route = request.route != nullptr ? *request.route : nowhere_;
  route.count(status, request.may_wait ? std::nullopt : std::optional(duration));

  const bool is_news = status != 204 && status != 304;
  const bool shown = access_ == AccessLog::all || (access_ == AccessLog::news && is_news);
  const auto level = shown ? Log::Level::info : Log::Level::debug;
  if (!log_.takes(level)) return;
  log_.write(level, "request",
             {{"id", request.id},
              {"method", request.method},
              {"path", clip(request.path, kPathLoggedBytesMax)},
              {"route", route.path()},
              {"status", status},
              {"bytes", body_bytes},
              {"durationUs", duration.count()},
              {"peer", request.peer},
              {"actor", request.actor}});
}

}  // namespace titan::server_lite
