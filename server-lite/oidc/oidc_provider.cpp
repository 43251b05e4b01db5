#include "server-lite/oidc/oidc_provider.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "client/provider_metadata.hpp"
#include "server-lite/oidc/jwt.hpp"
#include "server-lite/oidc/limits.hpp"

namespace titan::oidc {
namespace {

// Whatever is wrong with a token: it does not let anybody in.
Error refused(Error error) {
  error.code = ErrorCode::denied;
  return error.context("the ID token is refused");
}

}  // namespace

OidcProvider::OidcProvider(OidcOptions options, UrlFetcher& fetcher)
    : options_(std::move(options)), fetcher_(fetcher) {}

Result<IdToken> OidcProvider::verify(std::string_view id_token, Timestamp now,
                                     Clock::Monotonic monotonic) {
  const auto token = Jwt::parse(id_token);
  if (!token) return refused(token.error());
  Keys keys = known_keys(monotonic);
  const bool were_known = keys != nullptr;
  if (!were_known) {
    TITAN_ASSIGN(keys, fetch_keys(monotonic));
  }
  auto claims = token->verify(*keys);
  const bool key_missing = !claims && claims.error().code == ErrorCode::not_found;
  if (key_missing && were_known) {
    auto newer = fetch_keys(monotonic);
    if (newer) claims = token->verify(**newer);
    if (!newer && newer.error().code != ErrorCode::exhausted) return newer.error();
  }
  if (!claims) return refused(claims.error());
  auto read = read_id_token(*claims, options_, now);
  if (!read) return refused(read.error());
  return read;
}

OidcProvider::Keys OidcProvider::known_keys(Clock::Monotonic monotonic) {
  const std::lock_guard lock(mutex_);
  const bool fresh = keys_ != nullptr && monotonic < fetched_at_ + kKeysAgeMax;
  return fresh ? keys_ : nullptr;
}

Result<void> OidcProvider::begin_fetch(Clock::Monotonic monotonic) {
  const std::lock_guard lock(mutex_);
  if (fetching_) return unavailable("the identity provider's keys are being fetched");
  if (fetch_again_at_ && monotonic < *fetch_again_at_) {
    if (!failed_) return exhausted("the identity provider's keys were fetched just now");
    return unavailable("the identity provider's keys could not be had just now");
  }
  fetching_ = true;
  return {};
}

Result<OidcProvider::Keys> OidcProvider::fetch_keys(Clock::Monotonic monotonic) {
  TITAN_TRY(begin_fetch(monotonic));
  auto fetched = ask_provider();
  const std::lock_guard lock(mutex_);
  fetching_ = false;
  failed_ = !fetched.ok();
  if (failed_) {
    fetch_again_at_ = monotonic + kFaultPause;
    Error error = fetched.error();
    error.code = ErrorCode::unavailable;
    return error.context("the identity provider's keys cannot be had");
  }
  keys_ = std::make_shared<const JwkSet>(*std::move(fetched));
  fetched_at_ = monotonic;
  fetch_again_at_ = monotonic + kRefetchPause;
  return keys_;
}

Result<std::string> OidcProvider::get(const std::string& url) {
  TITAN_ASSIGN(HttpResponse response, fetcher_.get(url));
  if (response.status != 200) {
    return unavailable(url + " gave the status " + std::to_string(response.status) +
                       "; expected 200");
  }
  return std::move(response.body);
}

Result<JwkSet> OidcProvider::ask_provider() {
  TITAN_ASSIGN(const std::string url, client::ProviderMetadata::url_of(options_.issuer));
  TITAN_ASSIGN(const std::string text, get(url));
  TITAN_ASSIGN(const auto metadata, client::ProviderMetadata::parse(text, options_.issuer));
  if (metadata.jwks_uri.empty()) {
    return invalid_field("jwks_uri", "the provider does not say where its keys are");
  }
  TITAN_ASSIGN(const std::string keys, get(metadata.jwks_uri));
  return JwkSet::parse(keys);
}

}  // namespace titan::oidc
