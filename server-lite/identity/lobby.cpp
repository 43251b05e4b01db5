#include "server-lite/identity/lobby.hpp"

#include <algorithm>

#include "base/digest.hpp"
#include "server-lite/limits.hpp"

namespace titan::server_lite {
namespace {

constexpr std::size_t kShortIdDigits = 12;

}  // namespace

std::string short_id_of(const PublicKey& key) {
  return Digest::of(key.text()).hex().substr(0, kShortIdDigits);
}

bool Lobby::is_silent(const Entry& entry, Clock::Monotonic now) const {
  return now - entry.seen > kLobbySilenceMax;
}

Result<void> Lobby::enter(const LobbyRequest& request, std::string_view address) {
  const Clock::Monotonic now = clock_.monotonic();
  const std::lock_guard lock(mutex_);
  std::erase_if(entries_, [&](const auto& one) { return is_silent(one.second, now); });
  auto found = entries_.find(request.key);
  if (found == entries_.end()) {
    const auto from_there = std::count_if(entries_.begin(), entries_.end(), [&](const auto& one) {
      return one.second.waiting.address == address;
    });
    if (entries_.size() >= kLobbyMax ||
        static_cast<std::size_t>(from_there) >= kLobbyPerAddressMax) {
      return unavailable("too many devices wait to be approved already");
    }
    found = entries_.emplace(request.key, Entry{.waiting = {.since = clock_.wall()}}).first;
  }
  Waiting& waiting = found->second.waiting;
  waiting.key = request.key;
  waiting.organization = request.organization;
  waiting.name = request.name;
  waiting.address = address;
  waiting.last_seen = clock_.wall();
  found->second.seen = now;
  return {};
}

void Lobby::leave(const PublicKey& key) {
  const std::lock_guard lock(mutex_);
  entries_.erase(key);
}

std::vector<Lobby::Waiting> Lobby::waiting_in(std::string_view organization) const {
  const Clock::Monotonic now = clock_.monotonic();
  std::vector<Waiting> all;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, entry] : entries_) {
      const bool counts = entry.waiting.organization == organization && !is_silent(entry, now);
      if (counts) all.push_back(entry.waiting);
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const Waiting& left, const Waiting& right) {
    return left.since < right.since;
  });
  return all;
}

std::size_t Lobby::size() const {
  const Clock::Monotonic now = clock_.monotonic();
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(
      std::count_if(entries_.begin(), entries_.end(),
                    [&](const auto& one) { return !is_silent(one.second, now); }));
}

}  // namespace titan::server_lite
