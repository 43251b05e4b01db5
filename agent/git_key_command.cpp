#include "agent/git_key_command.hpp"

#include <ostream>

#include "agent/identity_store.hpp"
#include "gitops/git_settings.hpp"
#include "gitops/ssh_signature.hpp"

namespace titan::agent {

std::string git_address(const std::string& host) {
  return "titan-agent@" + host;
}

Result<void> print_git_key(const Configuration& configuration, FileSystem& state,
                           std::ostream& out) {
  TITAN_ASSIGN(const auto identity, IdentityStore(state).load_public());
  if (!identity) return denied("this host is not enrolled");
  PublicKey key = identity->device;
  if (configuration.signs_by_file()) {
    TITAN_ASSIGN(const SigningKey signer, gitops::read_signing_key(configuration.git_sign));
    key = signer.public_key();
  }
  out << gitops::allowed_signer_line(git_address(identity->host), key) << "\n";
  return {};
}

}  // namespace titan::agent
