#include "reconciler/placement.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "base/assert.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"
#include "model/limits.hpp"

namespace titan::reconciler {
namespace {

constexpr std::size_t kNameDigits = 20;  // hex digits at the end of an assignment's name
constexpr std::size_t kHostsNamed = 10;  // in a shortage's text

using Candidates = std::vector<const Candidate*>;
// Replicas of the deployment in each spread group.
using GroupSizes = std::unordered_map<std::string_view, std::uint64_t>;

struct Ranked {
  const Candidate* candidate = nullptr;
  Digest lot = {};          // decides between equals
  std::uint64_t level = 0;  // replicas that its group has before this one
};

Digest digest_of_pair(std::string_view deployment, std::string_view host) {
  return Hasher().add(deployment).add(host).finish();
}

bool is_full(const Candidate& candidate) {
  return candidate.capacity && candidate.load >= *candidate.capacity;
}

bool may_stay(const Candidate& candidate) {
  return candidate.holds && candidate.matches;
}

bool may_begin(const Candidate& candidate) {
  return candidate.matches && candidate.presence == Presence::heard && !is_full(candidate);
}

bool less_loaded(const Ranked& a, const Ranked& b) {
  return std::tie(a.candidate->presence, a.candidate->load, a.lot, a.candidate->host) <
         std::tie(b.candidate->presence, b.candidate->load, b.lot, b.candidate->host);
}

bool less_crowded(const Ranked& a, const Ranked& b) {
  return std::tie(a.candidate->presence, a.level) < std::tie(b.candidate->presence, b.level);
}

// Puts the hosts to choose first first. `sizes` is what the groups have without these hosts.
// Choosing one at a time from the smallest group is the same as sorting by level, since the hosts
// of a group get their levels one after the other in the order in which they would be chosen.
void rank(std::string_view deployment, GroupSizes sizes, Candidates& candidates) {
  std::vector<Ranked> ranking;
  ranking.reserve(candidates.size());
  for (const Candidate* candidate : candidates) {
    ranking.push_back({.candidate = candidate, .lot = digest_of_pair(deployment, candidate->host)});
  }
  std::sort(ranking.begin(), ranking.end(), less_loaded);
  for (Ranked& ranked : ranking) ranked.level = sizes[ranked.candidate->spread_value]++;
  std::stable_sort(ranking.begin(), ranking.end(), less_crowded);
  std::transform(ranking.begin(), ranking.end(), candidates.begin(),
                 [](const Ranked& ranked) { return ranked.candidate; });
}

// Moves all but the best `count` out of `candidates`, and returns those.
Candidates cut(std::string_view deployment, const GroupSizes& sizes, std::uint64_t count,
               Candidates& candidates) {
  if (candidates.size() <= count) return {};
  if (count == 0) return std::exchange(candidates, {});
  rank(deployment, sizes, candidates);
  const auto end = candidates.begin() + static_cast<std::ptrdiff_t>(count);
  Candidates rest(end, candidates.end());
  candidates.erase(end, candidates.end());
  return rest;
}

GroupSizes sizes_of(const Candidates& candidates) {
  GroupSizes sizes;
  for (const Candidate* candidate : candidates) ++sizes[candidate->spread_value];
  return sizes;
}

std::vector<std::string> sorted_hosts(const Candidates& candidates) {
  std::vector<std::string> hosts;
  hosts.reserve(candidates.size());
  for (const Candidate* candidate : candidates) hosts.push_back(candidate->host);
  std::sort(hosts.begin(), hosts.end());
  return hosts;
}

std::string counted(std::uint64_t count, std::string_view what) {
  return ", " + std::to_string(count) + (count == 1 ? " is " : " are ") + std::string(what);
}

// "target "eu" matches 4 hosts, 1 is full". REQUIRES: more replicas are short than are
// stranded, so that whatever may have a replica has one.
std::string matches_text(const PlacementRequest& request, std::string_view target) {
  std::uint64_t matching = 0;
  std::uint64_t full = 0;
  std::uint64_t missing = 0;
  for (const Candidate& candidate : request.candidates) {
    if (!candidate.matches) continue;
    ++matching;
    if (may_stay(candidate) || may_begin(candidate)) continue;
    ++(candidate.presence == Presence::heard ? full : missing);
  }
  std::string text = "target " + quote(target) + " matches ";
  if (matching == 0) return text + "no host";
  text += std::to_string(matching) + (matching == 1 ? " host" : " hosts");
  if (full > 0) text += counted(full, "full");
  if (missing > 0) text += counted(missing, "missing");
  return text;
}

std::string stranded_text(std::vector<std::string> hosts, std::string_view target) {
  const std::size_t count = hosts.size();
  const bool one = count == 1;
  hosts.resize(std::min(count, kHostsNamed));
  std::string text = (one ? "host " : "hosts ") + join(hosts, ", ");
  if (count > kHostsNamed) text += " and " + std::to_string(count - kHostsNamed) + " more";
  text += one ? " is" : " are";
  return text + " silent, and no other host that target " + quote(target) + " matches can take " +
         (one ? "its place" : "their places");
}

}  // namespace

Placement place(const PlacementRequest& request) {
  Candidates keep;
  Candidates stranded;
  Candidates add;
  Candidates remove;
  for (const Candidate& candidate : request.candidates) {
    if (may_stay(candidate)) {
      (candidate.presence == Presence::lost ? stranded : keep).push_back(&candidate);
    } else if (candidate.holds) {
      remove.push_back(&candidate);
    } else if (may_begin(candidate)) {
      add.push_back(&candidate);
    }
  }
  const auto leave = [&](const Candidates& hosts) {
    remove.insert(remove.end(), hosts.begin(), hosts.end());
  };
  leave(cut(request.deployment, {}, request.replicas, keep));
  const std::uint64_t wanting = request.replicas - keep.size();
  cut(request.deployment, sizes_of(keep), wanting, add);
  const std::uint64_t shortage = wanting - add.size();
  Candidates running = keep;
  running.insert(running.end(), add.begin(), add.end());
  leave(cut(request.deployment, sizes_of(running), shortage, stranded));
  return {.keep = sorted_hosts(keep),
          .stranded = sorted_hosts(stranded),
          .add = sorted_hosts(add),
          .remove = sorted_hosts(remove),
          .shortage = shortage};
}

std::string shortage_text(const PlacementRequest& request, const Placement& placement,
                          std::string_view target) {
  TITAN_ASSERT(placement.shortage > 0);
  const std::string text = std::to_string(request.replicas - placement.shortage) + " of " +
                           std::to_string(request.replicas) + " replicas ";
  if (placement.stranded.empty()) return text + "placed: " + matches_text(request, target);
  const std::string silent = text + "run: " + stranded_text(placement.stranded, target);
  if (placement.stranded.size() == placement.shortage) return silent;
  return silent + "; " + matches_text(request, target);
}

std::string assignment_name(std::string_view deployment, std::string_view host) {
  const auto clipped = deployment.substr(0, model::kNameBytesMax - kNameDigits - 1);
  return std::string(clipped) + "-" + digest_of_pair(deployment, host).hex().substr(0, kNameDigits);
}

}  // namespace titan::reconciler
