#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "server-lite/oidc/id_token.hpp"
#include "server-lite/oidc/jwk_set.hpp"
#include "server-lite/oidc/oidc_options.hpp"
#include "server-lite/oidc/url_fetcher.hpp"

namespace titan::oidc {

// The identity provider that people log in through, as the server sees it: its keys, and the check
// of its ID tokens. The keys are found through its discovery document (OpenID Connect Discovery
// 1.0), when the first token comes, and are used for kKeysAgeMax. A token by a key that is not
// known lets them be fetched anew, at most once in kRefetchPause, so that strangers cannot make the
// server ask all the time; after a fetch that failed, nobody is asked for kFaultPause.
//
// Safe to share between threads. Only one of them fetches at a time, and no lock is held
// meanwhile: the others are told to come back, so that a slow provider holds up one thread.
class OidcProvider {
 public:
  // Borrows the fetcher.
  OidcProvider(OidcOptions options, UrlFetcher& fetcher);

  [[nodiscard]] const OidcOptions& options() const { return options_; }

  // Who the token is about, when it is an ID token of this provider for this client, at `now`
  // (Jwt::parse, Jwt::verify, read_id_token). May wait for the network.
  // denied: it is not, and why. unavailable: the keys cannot be had at present, since the provider
  // does not answer, answers nonsense, or is being asked by another thread.
  // No error holds the token, or a part of it beside names of keys, issuers and audiences.
  Result<IdToken> verify(std::string_view id_token, Timestamp now, Clock::Monotonic monotonic);

 private:
  using Keys = std::shared_ptr<const JwkSet>;  // shared with those who are verifying by it

  // The keys that are known, if they are not too old.
  Keys known_keys(Clock::Monotonic monotonic);
  // Fetches them. exhausted: it is not yet time to do so again. unavailable: as in verify().
  Result<Keys> fetch_keys(Clock::Monotonic monotonic);
  Result<void> begin_fetch(Clock::Monotonic monotonic);
  Result<JwkSet> ask_provider();
  Result<std::string> get(const std::string& url);

  const OidcOptions options_;
  UrlFetcher& fetcher_;

  std::mutex mutex_;  // guards all below; not held while the provider is asked
  Keys keys_;
  Clock::Monotonic fetched_at_{};
  std::optional<Clock::Monotonic> fetch_again_at_;  // none: at once
  bool fetching_ = false;
  bool failed_ = false;  // the last time
};

}  // namespace titan::oidc
