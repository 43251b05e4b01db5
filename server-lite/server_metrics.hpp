#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "server-lite/metrics.hpp"

namespace titan::server_lite {

struct Api;

// How often each limit of the front door was reached (titan_http_limits_total). All of them are
// shown from the start, so that an alert sees the first time too. Safe to share between threads.
class LimitMetrics {
 public:
  // Borrows it.
  explicit LimitMetrics(Metrics& metrics);
  // REQUIRES: `limit` is one of those that front_door/limits.hpp names.
  void count(std::string_view limit);

 private:
  std::map<std::string, std::reference_wrapper<Counter>, std::less<>> counters_;
};

// Adds what the server knows of itself, gathered when somebody looks: fleet, processors, store and
// process. docs/monitoring.md describes each family. What cannot be found out is left out.
// Borrows what `api` borrows. Looking at 100,000 hosts takes some milliseconds, in slices between
// which changes and questions go on.
void add_server_metrics(const Api& api);

// Of this process, with the names that Prometheus' own libraries give them: CPU, memory,
// descriptors, start. Empty where /proc cannot be read.
std::vector<Metrics::Family> process_metrics();

}  // namespace titan::server_lite
