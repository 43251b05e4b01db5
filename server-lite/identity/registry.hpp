#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <span>
#include <string_view>
#include <unordered_map>

#include "base/clock.hpp"
#include "base/digest.hpp"
#include "base/http.hpp"
#include "base/result.hpp"
#include "model/change.hpp"
#include "server-lite/identity/identity.hpp"
#include "store/store.hpp"

namespace titan::server_lite {

// Finds out who asks. A token stands in `Authorization: Bearer`; its SHA-256 is looked up among
// those of the store's tokens, so what an attacker can learn from the time that it takes is about
// the digest, of which the token does not follow. In memory, brought up from the store once and
// kept up by the feed. Safe to share between threads; asks the store nothing, once loaded.
class Registry {
 public:
  using Known = std::shared_ptr<const Identity>;  // shared: a token may go while a request runs

  // Borrows the clock.
  explicit Registry(const Clock& clock);

  // Errors: those of the store. REQUIRES: nothing was loaded or applied before.
  Result<void> load(store::Store& store);
  // The next changes of the feed.
  void apply(std::span<const model::Change> changes);

  // Never null: nobody that is known, when there is no token, or one that does not count.
  [[nodiscard]] Known who_asks(const HttpRequest& request) const;
  // Whether there is a token at all.
  [[nodiscard]] bool has_tokens() const;
  // Requests with a token that is not known, or has expired, since the start.
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

 private:
  void put(const model::Entity& entity);
  void remove(const model::Entity& entity);

  const Clock& clock_;
  const Known nobody_;
  mutable std::atomic<std::uint64_t> refused_ = 0;
  mutable std::shared_mutex mutex_;  // guards the next
  struct DigestHash {
    std::size_t operator()(const Digest& digest) const { return digest.short_form(); }
  };
  std::unordered_map<Digest, Known, DigestHash> tokens_;
};

}  // namespace titan::server_lite
