#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "client/web_url.hpp"

namespace titan::client {

// What an identity provider says about itself (OpenID Connect Discovery 1.0, section 3; RFC 8414;
// RFC 8628, section 4), as far as titan asks. Every URL was checked: WebUrl, and https whenever
// the issuer is. A URL that the provider does not give is empty.
struct ProviderMetadata {
  std::string issuer = {};
  std::string jwks_uri = {};
  std::string token_endpoint = {};
  std::string device_authorization_endpoint = {};
  bool takes_s256 = false;  // PKCE by SHA-256 (RFC 7636)

  // Where the provider of that issuer says it: below the issuer, at
  // /.well-known/openid-configuration. invalid when `issuer` is no WebUrl, or has a query.
  static Result<std::string> url_of(std::string_view issuer);

  // invalid when `text` is not such a JSON text, or is that of another issuer: the two are compared
  // byte by byte, so a "/" at the end counts. exhausted: longer than kProviderAnswerBytesMax.
  static Result<ProviderMetadata> parse(std::string_view text, std::string_view issuer);
};

}  // namespace titan::client
