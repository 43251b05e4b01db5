#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/timestamp.hpp"
#include "server-lite/oidc/oidc_options.hpp"

namespace titan::oidc {

// Who somebody is, by the word of the provider.
struct IdToken {
  std::string subject = {};  // `sub`: at this issuer, one person for ever; decide by it alone
  // For people to read: preferred_username, else email unless it is said to be unverified, else the
  // subject. The person may have chosen it, and others may have the same.
  std::string name = {};
  std::vector<std::string> groups = {};
  Timestamp expires = {};
};

// Checks the claims of an ID token by OpenID Connect Core 1.0, section 3.1.3.7, and reads them.
// Pure; `claims` must come from Jwt::verify(). All is compared byte by byte:
//
//   iss  is options.issuer
//   aud  is options.client_id, or an array with it in it (at most kAudiencesMax)
//   azp  is options.client_id; it must be there when there are several audiences
//   exp  is not past, nbf and iat are not to come; kLeeway is granted to each
//   iat  is no longer ago than kTokenAgeMax
//   sub  1 to kSubjectBytesMax bytes, without control characters
//   the groups' claim: an array of texts or one text, or absent; at most kGroupsMax, of at most
//        kGroupBytesMax bytes each
//
// iss, aud, exp, iat and sub must be there. Times are numbers (RFC 7519, section 2), not texts.
// denied, with the claim as the field and what was expected. A value of the token stands in the
// message only when it is an issuer or an audience.
Result<IdToken> read_id_token(const nlohmann::json& claims, const OidcOptions& options,
                              Timestamp now);

}  // namespace titan::oidc
