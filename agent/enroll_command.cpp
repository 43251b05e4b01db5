#include "agent/enroll_command.hpp"

#include <ostream>
#include <utility>
#include <variant>

#include "agent/identity_store.hpp"
#include "agent/limits.hpp"
#include "base/text.hpp"
#include "client/enrollment.hpp"

namespace titan::agent {
namespace {

using client::Enrolled;
using client::LobbyWait;

struct Target {
  std::string url = {};
  Transport& transport;
  const IdentityStore::NextKey& key;
};

Result<Enrolled> by_string(const EnrollEnv& env, const EnrollOptions& options, const Target& target,
                           const model::EnrollmentString& string) {
  auto enrolled = client::enroll(target.transport, env.random, target.key.key, string);
  const bool may_be_used =
      !enrolled && target.key.was_there &&
      (enrolled.error().code == ErrorCode::denied || enrolled.error().code == ErrorCode::conflict);
  if (!may_be_used) return enrolled;
  // An enrollment that was cut off may have used the string: the server knows the key then.
  auto known = client::ask_lobby(target.transport, env.random, target.key.key,
                                 {string.server, options.organization, options.name});
  if (!known) return enrolled;
  if (auto* const found = std::get_if<Enrolled>(&*known)) return std::move(*found);
  return enrolled;
}

Result<PublicKey> lobby_server(const EnrollEnv& env, const EnrollOptions& options,
                               Transport& transport) {
  TITAN_ASSIGN(const model::ServerIdentity identity,
               client::identity_of_server(transport, env.random));
  if (options.server_key.empty()) {
    env.out << "server key  " << identity.key.text()
            << "  (believed without proof: compare it with what the server shows)\n";
    return identity.key;
  }
  TITAN_ASSIGN(const PublicKey expected, PublicKey::parse(options.server_key));
  if (identity.key == expected) return expected;
  return denied("the server there has the key " + quote(identity.key.text()) + ", expected was " +
                quote(expected.text()));
}

Result<Enrolled> by_lobby(const EnrollEnv& env, const EnrollOptions& options,
                          const Target& target) {
  TITAN_ASSIGN(const PublicKey server, lobby_server(env, options, target.transport));
  env.out << "lobby id    " << client::lobby_id(target.key.key.public_key()) << "\n" << std::flush;
  while (true) {
    auto answer = client::ask_lobby(target.transport, env.random, target.key.key,
                                    {server, options.organization, options.name});
    std::chrono::seconds wait = kRetryFirst;
    if (!answer && !(answer.error().retryable() && options.wait)) return answer.error();
    if (answer) {
      if (auto* const enrolled = std::get_if<Enrolled>(&*answer)) return std::move(*enrolled);
      wait = std::get<LobbyWait>(*answer).retry_after;
    }
    if (!options.wait || env.pause(wait)) {
      return unavailable("nobody has approved this device yet; the same command asks again");
    }
  }
}

}  // namespace

Result<void> enroll(const EnrollEnv& env, const EnrollOptions& options) {
  auto lock = env.state.lock(kLockFile);
  if (!lock && lock.error().code == ErrorCode::conflict) {
    return Error{ErrorCode::conflict, "a titan-agent uses this state directory; stop it first",
                 kLockFile};
  }
  if (!lock) return lock.error();
  std::optional<model::EnrollmentString> string;
  std::string url = options.server;
  if (!options.enrollment.empty()) {
    TITAN_ASSIGN(string, model::EnrollmentString::parse(trim(options.enrollment.bytes())));
    url = string->url;
  }
  TITAN_ASSIGN(const auto transport, env.connect(url));
  IdentityStore identities(env.state);
  TITAN_ASSIGN(const IdentityStore::NextKey key, identities.next_key(env.random));
  std::vector<PublicKey> authors;
  TITAN_ASSIGN(const auto before, identities.load_public());
  if (before) authors = before->require_signed_by;
  for (const PublicKey& author : options.require_signed_by) add_author(authors, author);
  if (authors.size() > kAuthorKeysMax) {
    return exhausted("a host trusts at most " + std::to_string(kAuthorKeysMax) + " authors");
  }
  const Target target{url, *transport, key};
  TITAN_ASSIGN(const Enrolled enrolled,
               string ? by_string(env, options, target, *string) : by_lobby(env, options, target));
  TITAN_TRY(identities.enrolled({.server = url,
                                 .host = enrolled.host,
                                 .organization = enrolled.organization,
                                 .device = key.key.public_key(),
                                 .trust = enrolled.trust,
                                 .require_signed_by = std::move(authors)}));
  env.out << "enrolled as " << enrolled.host << " in " << enrolled.organization << "\n";
  return {};
}

}  // namespace titan::agent
