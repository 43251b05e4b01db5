#pragma once

#include <iosfwd>
#include <string>

#include "agent/configuration.hpp"
#include "base/file_system.hpp"
#include "base/result.hpp"

namespace titan::agent {

// The address that a host's agent commits as.
std::string git_address(const std::string& host);

// `titan-agent git-key`: prints the line for an allowed-signers file of Git that is about the key
// which signs this host's commits; with "gitSign: none" the host's own, which would.
// denied: the host is not enrolled. And the errors of gitops::read_signing_key().
Result<void> print_git_key(const Configuration& configuration, FileSystem& state,
                           std::ostream& out);

}  // namespace titan::agent
