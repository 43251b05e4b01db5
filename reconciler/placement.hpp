#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// On which hosts a deployment with `replicas` runs. Pure: no clock, no state, safe to call from any
// thread. A deployment without `replicas` runs on every host that its target matches; nothing is
// placed for it, and the caller does not come here.
//
// The rules are explained to users in docs/spec/assignment.md, with their reasons in
// docs/adr/0022-replicas-stay-where-they-are.md.
namespace titan::reconciler {

// How a host stands with the server.
enum class Presence {
  heard,    // within its lease
  missing,  // silent, but not for so long that its replicas may move
  lost,     // silent for longer than the deployment's `rescheduleAfter`
};

// A host that matters to a deployment: its target matches it now, or it holds a replica.
struct Candidate {
  std::string host = {};
  bool matches =
      false;           // the target matches it now; false for a host that is, or is to be, deleted
  bool holds = false;  // it has a replica of this deployment now
  Presence presence = Presence::heard;
  std::uint64_t load = 0;                      // deployments it carries besides this one
  std::optional<std::uint64_t> capacity = {};  // deployments it takes at most; none: no limit
  std::string spread_value = {};  // of the `spreadBy` label; "" without the label, or no `spreadBy`
};

// REQUIRES: no two candidates of one host. Their order does not matter.
struct PlacementRequest {
  std::string deployment = {};  // "default/prod", see model::Key::short_text()
  std::uint64_t replicas = 0;
  std::vector<Candidate> candidates = {};
};

// Hosts by name, each list sorted. A host that holds a replica is in one of `keep`, `stranded` and
// `remove`; `keep`, `stranded` and `add` together are never more than `replicas`.
struct Placement {
  std::vector<std::string> keep = {};
  std::vector<std::string> stranded = {};  // lost hosts that keep theirs: nothing takes its place
  std::vector<std::string> add = {};
  std::vector<std::string> remove = {};
  std::uint64_t shortage = 0;  // replicas that are on no host, or stranded
  bool operator==(const Placement&) const = default;
};

// Decides with the least movement. With n candidates: O(n log n) when there is something to choose,
// and O(n) before sorting the names when there is not.
// - A replica stays where it is while its host matches and is not lost, whatever the load and
//   however uneven the spread. Healthy replicas are never moved to balance anything.
// - A replica on a lost host leaves it when another host takes its place. Without one it is
//   stranded: it stays, so that a host that comes back finds its deployment as it was, but counts
//   as short. It leaves a host that does not match in any case.
// - Too many (`replicas` was lowered, or other hosts take the places of some lost ones): those go
//   that are, in this order, on lost hosts, on missing hosts, in the spread groups with the most
//   replicas, on the hosts with the most load.
// - Too few: new ones go to hosts that match, are heard and are not full; first to the spread
//   groups with the fewest replicas of this deployment that are not lost, then to the least load.
//   Load is the plain number of deployments: capacity says when a host is full, and is no weight.
// - What is equal up to here is decided by a digest of deployment and host, so that equal hosts
//   share deployments evenly, and the same request always gives the same answer.
// A host that lost its replica and comes back is a host like any other: it gets one only if one is
// wanting. Place before its manifest is made: else it is told to remove what it is then given.
//
// To place several deployments, place one after the other, each with the `load` that the ones
// before it left.
Placement place(const PlacementRequest& request);

// Why replicas are wanting, for a deployment's reason. When they are on no host:
//   3 of 5 replicas placed: target "eu" matches 4 hosts, 1 is full
// When they are stranded:
//   0 of 1 replicas run: host pi is silent, and no other host that target "eu" matches can take its
//   place
// When some are on no host and some stranded, what the target matches follows after a semicolon. A
// matching host that has no replica because it is missing or lost counts as missing, full or not.
// At most ten hosts are named.
// REQUIRES: `placement` is place(request), and has a shortage.
std::string shortage_text(const PlacementRequest& request, const Placement& placement,
                          std::string_view target);

// The name of the Assignment that puts a deployment on a host:
//   prod-b33726b1fe27104780a9
// The deployment's name, clipped to leave room, and 80 bits of a digest of both names. It follows
// from the pair, so that the store itself refuses a second assignment of the same pair, and writing
// one again after a crash meets the first. Both names whole would not fit into the 63 bytes of a
// name, and joined by any character that a name may hold they could be those of another pair. Among
// a million assignments of a workspace two have the same name with a chance of 1 in 10^12.
// REQUIRES: both are names by model::check_name(). The result is one.
std::string assignment_name(std::string_view deployment, std::string_view host);

}  // namespace titan::reconciler
