#pragma once

#include <iosfwd>
#include <string>

#include "agent/configuration.hpp"
#include "base/file_system.hpp"
#include "base/result.hpp"
#include "base/signing.hpp"

namespace titan::agent {

// The address that a host's agent commits as.
std::string git_address(const std::string& host);

// The key in a file, as `titan key new` makes one. denied: others than its owner may read it.
// invalid: it holds no such key. And the errors of read_secret_file().
Result<SigningKey> read_signing_key(const std::string& path);

// `titan-agent git-key`: prints the line for an allowed-signers file of Git that is about the key
// which signs this host's commits; with "gitSign: none" the host's own, which would.
// denied: the host is not enrolled. And the errors of read_signing_key().
Result<void> print_git_key(const Configuration& configuration, FileSystem& state,
                           std::ostream& out);

}  // namespace titan::agent
