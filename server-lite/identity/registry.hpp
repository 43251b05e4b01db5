#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/digest.hpp"
#include "base/http.hpp"
#include "base/mac.hpp"
#include "base/result.hpp"
#include "base/signing.hpp"
#include "model/change.hpp"
#include "server-lite/identity/identity.hpp"
#include "store/store.hpp"

namespace titan::server_lite {

// What happens when two devices hold one key.
enum class OnClone {
  warn,    // it is said
  refuse,  // and neither is let in until the Device is written anew
};

// Finds out who asks. A token stands in `Authorization: Bearer`. It is looked up by its MAC under a
// key of this process; a token of the store, of which there is but the SHA-256, by that when it is
// seen for the first time. So what an attacker can learn from the time that it takes is about the
// MAC or the digest, of which the token does not follow. Tokens, devices and enrollments are
// brought up from the store once and kept up by the feed; sessions are in memory alone. Safe to
// share between threads; asks the store nothing, once loaded.
class Registry {
 public:
  using Known = std::shared_ptr<const Identity>;  // shared: a token may go while a request runs

  // Borrows the clock; `random` for a moment. A token that is written anew begins with a whole
  // burst.
  Registry(const Clock& clock, Random& random, OnClone on_clone, const RequestRates& rates = {});

  // Errors: those of the store. REQUIRES: nothing was loaded or applied before.
  Result<void> load(store::Store& store);
  // The next changes of the feed. A device that was written, but for what the server notes on it
  // itself, loses its sessions.
  void apply(std::span<const model::Change> changes);

  // ---- who asks --------------------------------------------------------------------------------

  // Never null: nobody that is known, when there is no token, or one that does not count at `now`.
  [[nodiscard]] Known who_asks(const HttpRequest& request, Clock::Monotonic now) const;
  // Whether there is a token at all.
  [[nodiscard]] bool has_tokens() const;
  // Tokens and enrollments that expired before then, at most `count_max`, tokens first. Looks at
  // all that there are.
  [[nodiscard]] std::vector<model::Key> expired(Timestamp before, std::size_t count_max) const;
  // Requests with a token that is not known, or has expired, since the start.
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

  // ---- devices ---------------------------------------------------------------------------------

  // What a public key is bound to.
  struct Bound {
    model::Key device = {};  // its name is the host's
    bool revoked = false;
    bool cloned = false;                   // two devices hold it
    Clock::Monotonic since{};              // when it was, as far as this process knows
    std::shared_ptr<RateLimit> rate = {};  // of all that the device asks; null: none
  };
  [[nodiscard]] std::optional<Bound> bound_to(const PublicKey& key) const;
  // Whether the host has a device.
  [[nodiscard]] bool has_device(const model::Key& device) const;
  // The public key of the host's device; none: it has no device, or that is revoked.
  [[nodiscard]] std::optional<PublicKey> key_of(const model::Key& device) const;

  // Enrollments as they are stored, expired ones among them.
  [[nodiscard]] std::optional<model::Entity> enrollment_of(const Digest& secret) const;
  [[nodiscard]] std::vector<model::Key> enrollments_for(const std::string& organization,
                                                        const std::string& host) const;

  // ---- sessions --------------------------------------------------------------------------------

  // What a device has proved.
  struct Proven {
    PublicKey key = {};
    std::string instance = {};
    std::string address = {};
    Clock::Monotonic challenged{};  // when it got the challenge that it answered
    Secret token = {};
    MacKey mac_key;
  };
  // Two devices hold the key of one host.
  struct Clone {
    model::Key device = {};
    std::string reason = {};
    bool is_new = false;  // it has not been noted on the device yet
  };
  enum class NoSession { unknown_key, revoked, cloned, old_challenge };
  struct NotOpened {
    NoSession why = NoSession::unknown_key;
    std::optional<Clone> clone = {};
  };
  struct Opened {
    Known who;
    std::optional<Clone> clone = {};
  };
  // Lets a device in, for kSessionLifetime, with at most kSessionsPerDevice sessions; the oldest
  // goes. An answer to an older challenge than one that was answered before is refused; the same
  // answer again gives the same session.
  tl::expected<Opened, NotOpened> open_session(Proven proven);
  // That count, or did until lately.
  [[nodiscard]] std::size_t sessions() const;

 private:
  struct DigestHash {
    std::size_t operator()(const Digest& digest) const { return digest.short_form(); }
  };
  struct MacHash {
    std::size_t operator()(const Mac& mac) const;
  };
  // Quicker than matches(), whose care nobody needs who does not know the key.
  struct MacEqual {
    bool operator()(const Mac& left, const Mac& right) const {
      return left.bytes() == right.bytes();
    }
  };
  struct Instance {
    std::string id = {};
    std::string address = {};
  };
  struct Device {
    PublicKey key = {};
    bool revoked = false;
    bool cloned = false;                   // as noted in the store
    Clock::Monotonic since{};              // when it was written
    std::vector<Mac> sessions = {};        // oldest first
    std::deque<Instance> instances = {};   // the present one last
    Clock::Monotonic challenged{};         // of the newest challenge that was answered
    std::shared_ptr<RateLimit> rate = {};  // of all its sessions
  };
  struct Admitted {
    Known who;
    std::shared_ptr<Session> session;
    Clock::Monotonic end{};
  };

  // Who has the token, and until when; null: nobody.
  [[nodiscard]] std::pair<Known, Clock::Monotonic> holder_of(std::string_view token) const;

  // All of these: under the lock.
  void put(const model::Entity& entity);
  void remove(const model::Entity& entity);
  void put_device(const model::Entity& entity);
  void remove_device(const model::Entity& entity);
  bool is_note(const model::Change& change);
  void end_sessions(Device& device);
  static std::optional<Clone> find_clone(const model::Key& key, Device& device,
                                         const Proven& proven);

  const Clock& clock_;
  const OnClone on_clone_;
  const RequestRates rates_;
  const Known nobody_;
  const MacKey token_key_;
  mutable std::atomic<std::uint64_t> refused_ = 0;
  mutable std::shared_mutex mutex_;  // guards the next
  std::unordered_map<Digest, Known, DigestHash> tokens_;
  std::unordered_map<Digest, model::Entity, DigestHash> enrollments_;
  std::map<model::Key, Device> devices_;
  std::map<PublicKey, model::Key> keys_;  // to the device
  std::unordered_map<Mac, Admitted, MacHash, MacEqual> sessions_;
  mutable std::unordered_map<Mac, Known, MacHash, MacEqual>
      seen_;  // of tokens_; all that are shown
};

}  // namespace titan::server_lite
