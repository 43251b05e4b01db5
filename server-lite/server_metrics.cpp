#include "server-lite/server_metrics.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>

#include "base/duration.hpp"
#include "server-lite/api.hpp"
#include "server-lite/limits.hpp"

namespace titan::server_lite {
namespace {

using model::Kind;
using Family = Metrics::Family;
using Families = std::vector<Family>;
using std::chrono::seconds;

// How long ago hosts were there; each holds those before it.
constexpr std::array kHeardWithin = {seconds(60),  seconds(120),  seconds(300),
                                     seconds(900), seconds(3600), seconds(86'400)};

Family gauge(const char* name, const char* help, double value) {
  return {.name = name, .help = help, .samples = {{{}, value}}};
}

Family counter(const char* name, const char* help, std::uint64_t value) {
  return {.name = name,
          .help = help,
          .type = Metrics::Type::counter,
          .samples = {{{}, static_cast<double>(value)}}};
}

// ---- the fleet ---------------------------------------------------------------------------------

// What a look at all entities counts.
struct Census {
  std::map<std::pair<Kind, model::Status>, std::size_t> entities = {};
  std::array<std::size_t, kHeardWithin.size()> heard = {};  // hosts, by kHeardWithin
  std::size_t behind = 0;                                   // hosts with news to fetch
  std::size_t stalled = 0;   // hosts with one such deployment or more
  std::size_t drifting = 0;  // likewise
};

void count_host(const reconciler::HostRecord& host, const HostLife& life, Clock::Monotonic now,
                Census& census) {
  if (host.now() == nullptr) return;
  ++census.entities[{Kind::host, host.status}];
  census.stalled += std::ranges::any_of(life.told, &Told::stalled) ? 1 : 0;
  census.drifting += std::ranges::any_of(life.told, &Told::drifting) ? 1 : 0;
  const auto there = life.last_there(now);
  if (!there) return;
  for (std::size_t i = 0; i < kHeardWithin.size(); ++i) {
    if (now - *there <= kHeardWithin[i]) ++census.heard[i];
  }
  if (!host.nothing_new_since(life.bookmark)) ++census.behind;
}

// In slices, so that nobody waits long for the lock.
Census census_of(const FleetState& state, Clock::Monotonic now) {
  Census census;
  reconciler::HostNo next = 0;
  const auto count_slice = [&](const FleetView& view) {
    const auto end = std::min<std::size_t>(view.fleet.host_numbers(), next + kHostsAtOnce);
    for (; next < end; ++next) {
      const reconciler::HostRecord& host = view.fleet.host(next);
      count_host(host, view.life_of(host), now, census);
    }
    return next < view.fleet.host_numbers();
  };
  while (state.read(count_slice)) continue;
  for (const Kind kind : model::kKinds) {
    if (kind == Kind::host) continue;
    state.read([&](const FleetView& view) {
      view.fleet.for_each(kind, [&](const reconciler::EntityRecord& record) {
        if (const auto* version = record.now()) {
          ++census.entities[{kind, version->entity->status}];
        }
      });
      return true;
    });
  }
  return census;
}

Families fleet_metrics(const Api& api) {
  const Census census = census_of(api.state, api.clock.monotonic());
  Family entities{.name = "titan_entities", .help = "Entities by kind and status."};
  for (const auto& [what, count] : census.entities) {
    entities.samples.push_back({{{"kind", std::string(model::name_of(what.first))},
                                 {"status", std::string(model::name_of(what.second))}},
                                static_cast<double>(count)});
  }
  Family heard{.name = "titan_hosts_heard",
               .help = "Hosts that asked, or waited for an answer, within this time."};
  for (std::size_t i = 0; i < kHeardWithin.size(); ++i) {
    heard.samples.push_back(
        {{{"within", duration_text(kHeardWithin[i])}}, static_cast<double>(census.heard[i])});
  }
  return {
      std::move(entities),
      std::move(heard),
      gauge("titan_hosts_behind",
            "Hosts heard of since the start whose last bookmark is older than their news.",
            static_cast<double>(census.behind)),
      gauge("titan_hosts_stalled", "Hosts with a deployment that they do not try again as it is.",
            static_cast<double>(census.stalled)),
      gauge("titan_hosts_drifting", "Hosts where something is not as it was applied, and stays so.",
            static_cast<double>(census.drifting)),
      gauge("titan_http_requests_parked", "Requests that wait for news.",
            static_cast<double>(api.parking.count()))};
}

// ---- the store, and who reads its log ----------------------------------------------------------

Families store_metrics(const Api& api) {
  const store::Figures figures = api.store.figures();
  Families families = {
      gauge("titan_store_up", "1 when the store can be read, else 0.", api.store.check() ? 1 : 0),
      gauge("titan_store_data_bytes", "Size of the store's file.",
            static_cast<double>(figures.data_bytes)),
      gauge("titan_store_journal_bytes", "Size of the store's write-ahead log.",
            static_cast<double>(figures.journal_bytes)),
      gauge("titan_store_writes_waiting", "Writes that stand in line.",
            static_cast<double>(figures.writes_waiting)),
      counter("titan_store_writes_total", "Writes that became durable.", figures.writes),
      counter("titan_store_write_groups_total",
              "Groups of writes that became durable together, with one sync each.",
              figures.write_groups)};
  const auto head = api.store.head();
  const auto horizon = api.store.horizon();
  if (!head || !horizon) return families;
  const auto kept = static_cast<double>(head->seq - std::min(head->seq, *horizon));
  families.push_back(gauge("titan_change_log_changes", "Changes that the log holds.", kept));
  families.push_back(gauge("titan_change_log_head", "Sequence number of the last change.",
                           static_cast<double>(head->seq)));
  families.push_back(gauge("titan_change_log_horizon",
                           "Changes up to this sequence number are compacted.",
                           static_cast<double>(*horizon)));
  Family behind{.name = "titan_processor_behind_changes",
                .help = "Changes that a processor has still to deal with."};
  for (const auto& reader : api.processors.progress()) {
    const std::uint64_t missing = head->seq - std::min(head->seq, reader.done);
    behind.samples.push_back({{{"processor", reader.name}}, static_cast<double>(missing)});
  }
  families.push_back(std::move(behind));
  return families;
}

Families build_metrics() {
  return {{.name = "titan_build_info",
           .help = "Always 1; the label says which version this is.",
           .samples = {{{{"version", TITAN_VERSION}}, 1}}}};
}

}  // namespace

Families front_door_metrics(const front_door::Numbers& numbers, std::uint64_t spooled_bytes) {
  const auto now = [](const char* name, const char* help, const auto& number) {
    return gauge(name, help, static_cast<double>(number.load()));
  };
  Family limits{.name = "titan_http_limits_total",
                .help = "How often a limit of HTTP was reached.",
                .type = Metrics::Type::counter};
  for (std::size_t i = 0; i < front_door::kLimits; ++i) {
    const std::string name(front_door::name_of(static_cast<front_door::Limit>(i)));
    limits.samples.push_back({{{"limit", name}}, static_cast<double>(numbers.limits[i].load())});
  }
  return {std::move(limits),
          counter("titan_http_connections_total", "Connections accepted.", numbers.accepted),
          counter("titan_http_handshakes_failed_total", "TLS handshakes that failed.",
                  numbers.handshakes_failed),
          counter("titan_http_answered_at_once_total",
                  "Requests answered by the event loop itself.", numbers.at_once),
          now("titan_http_connections", "Open connections.", numbers.connections),
          now("titan_http_requests_queued", "Requests that wait for a worker.", numbers.queued),
          now("titan_http_output_bytes", "Bytes of answers that are not sent yet, in memory.",
              numbers.output_bytes),
          gauge("titan_http_spooled_bytes", "Bytes of large bodies and answers that wait in files.",
                static_cast<double>(spooled_bytes))};
}

Families log_metrics(std::uint64_t dropped) {
  return {counter("titan_log_dropped_total",
                  "Log lines dropped because whoever reads the log was too slow.", dropped)};
}

void add_server_metrics(const Api& api) {
  api.metrics.add_source([api] { return fleet_metrics(api); });
  api.metrics.add_source([api] { return store_metrics(api); });
  api.metrics.add_source(&process_metrics);
  api.metrics.add_source(&build_metrics);
}

}  // namespace titan::server_lite
