#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/signing.hpp"
#include "base/timestamp.hpp"
#include "server-lite/identity/device_requests.hpp"

namespace titan::server_lite {

// What people compare with what the device shows: the first 12 hex digits of the SHA-256 of the
// key's text.
std::string short_id_of(const PublicKey& key);

// Devices that wait until somebody approves them, in memory: at most kLobbyMax, of those
// kLobbyPerAddressMax from one address, and who is silent for kLobbySilenceMax waits no longer.
// Safe to share between threads.
class Lobby {
 public:
  struct Waiting {
    PublicKey key = {};
    std::string organization = {};
    std::string name = {};
    std::string address = {};
    Timestamp since = {};
    Timestamp last_seen = {};
  };

  // Borrows the clock.
  explicit Lobby(const Clock& clock) : clock_(clock) {}

  // A device waits, or still does. unavailable: too many do.
  Result<void> enter(const LobbyRequest& request, std::string_view address);
  void leave(const PublicKey& key);
  // Those of the organization, who waits longest first.
  [[nodiscard]] std::vector<Waiting> waiting_in(std::string_view organization) const;
  [[nodiscard]] std::size_t size() const;

 private:
  struct Entry {
    Waiting waiting = {};
    Clock::Monotonic seen{};
  };
  [[nodiscard]] bool is_silent(const Entry& entry, Clock::Monotonic now) const;

  const Clock& clock_;
  mutable std::mutex mutex_;  // guards the next
  std::map<PublicKey, Entry> entries_;
};

}  // namespace titan::server_lite
