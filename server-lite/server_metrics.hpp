#pragma once

#include <cstdint>
#include <vector>

#include "server-lite/front_door/numbers.hpp"
#include "server-lite/metrics.hpp"

namespace titan::server_lite {

struct Api;

// Adds what the server knows of itself, gathered when somebody looks: fleet, processors, store and
// process. docs/monitoring.md describes each family. What cannot be found out is left out.
// Borrows what `api` borrows. Looking at 100,000 hosts takes some milliseconds, in slices between
// which changes and questions go on.
void add_server_metrics(const Api& api);

// What the front door counts: connections, requests that wait for a worker, and how often each
// limit of front_door/limits.hpp was reached.
// `spooled_bytes`: of large bodies that wait in files.
std::vector<Metrics::Family> front_door_metrics(const front_door::Numbers& numbers,
                                                std::uint64_t spooled_bytes);

// Of the log: lines that were dropped because nobody took them quickly enough.
std::vector<Metrics::Family> log_metrics(std::uint64_t dropped);

// Of this process, with the names that Prometheus' own libraries give them: CPU, memory,
// descriptors, start. Empty where /proc cannot be read.
std::vector<Metrics::Family> process_metrics();

}  // namespace titan::server_lite
