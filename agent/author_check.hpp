#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/signing.hpp"
#include "model/manifest.hpp"

namespace titan::agent {

// Whose word a host wants before it applies anything. It stands on the host alone: no server can
// change it.
struct AuthorPolicy {
  std::vector<PublicKey> keys = {};  // empty: nobody's
  // What this host is.
  std::string organization = {};
  std::string host = {};
};

// The greatest serials of authors' words that the host has taken; 0: none yet.
struct AuthorSerials {
  std::uint64_t deployment = 0;  // on this deployment
  std::uint64_t host = 0;        // on the host's labels and values
  bool operator==(const AuthorSerials&) const = default;
};

// Whether the form says what authors whom the host trusts have signed: docs/spec/identity.md, "What
// authors sign". The serials are those to remember from now on. Pure. REQUIRES: the form has no
// error.
// denied, saying why: its files, driver, values, health checks, dependencies or drift policy are
// not signed by one of the keys; the host's labels or values are not, although there are some, or
// were once; they are not what the form was made of; or the word is older than one that was taken.
Result<AuthorSerials> check_author(const model::DesiredDeployment& form, const AuthorPolicy& policy,
                                   const AuthorSerials& taken);

}  // namespace titan::agent
