#pragma once

#include <iosfwd>

#include "base/file_system.hpp"
#include "base/result.hpp"
#include "base/signing.hpp"

namespace titan::agent {

// `titan-agent trust-author KEY`: from now on this host applies only what an author with one of its
// keys has signed. With `remove` the key counts no more; without any key left, anything is applied
// that the server wants.
struct TrustAuthorOptions {
  PublicKey key = {};
  bool remove = false;
};

// The root of `state` is the state directory. Says on `out` what holds now.
// conflict: an agent uses the state directory (its subject is kLockFile then). denied: the host is
// not enrolled. not_found: the key to remove is none of the host's. exhausted: more than
// kAuthorKeysMax keys.
Result<void> trust_author(FileSystem& state, std::ostream& out, const TrustAuthorOptions& options);

}  // namespace titan::agent
