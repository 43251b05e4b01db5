#include "agent/trust_command.hpp"

#include <algorithm>
#include <ostream>

#include "agent/identity_store.hpp"
#include "agent/limits.hpp"
#include "base/text.hpp"

namespace titan::agent {

Result<void> trust_author(FileSystem& state, std::ostream& out, const TrustAuthorOptions& options) {
  auto lock = state.lock(kLockFile);
  if (!lock && lock.error().code == ErrorCode::conflict) {
    return Error{ErrorCode::conflict, "a titan-agent uses this state directory; stop it first",
                 kLockFile};
  }
  if (!lock) return lock.error();
  IdentityStore identities(state);
  TITAN_ASSIGN(auto identity, identities.load_public());
  if (!identity) return denied("this host is not enrolled; titan-agent enroll comes first");
  auto& keys = identity->require_signed_by;
  const auto found = std::ranges::find(keys, options.key);
  if (options.remove) {
    if (found == keys.end()) {
      return not_found("this host does not trust an author with the key " +
                       quote(options.key.text()));
    }
    keys.erase(found);
  } else {
    add_author(keys, options.key);
  }
  if (keys.size() > kAuthorKeysMax) {
    return exhausted("a host trusts at most " + std::to_string(kAuthorKeysMax) + " authors");
  }
  TITAN_TRY(identities.keep(*identity));
  if (keys.empty()) out << "applies whatever the server wants, signed or not\n";
  for (const PublicKey& key : keys) out << "applies what is signed by " << key.text() << "\n";
  return {};
}

}  // namespace titan::agent
