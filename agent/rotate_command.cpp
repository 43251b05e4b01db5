#include "agent/rotate_command.hpp"

#include <ostream>
#include <utility>

#include "agent/identity_store.hpp"
#include "agent/limits.hpp"
#include "client/device_channel.hpp"
#include "client/device_request.hpp"

namespace titan::agent {
namespace {

using client::DeviceChannel;

// A run that was cut off may have come through: the server knows the new key then, and the old one
// no more.
Result<void> ask_by_next(const DeviceChannel::Env& env, const Identity& identity,
                         const SigningKey& next, const std::string& instance) {
  DeviceChannel channel(env, {identity.host, identity.organization, next, instance},
                        identity.trust);
  return channel.open();
}

}  // namespace

Result<void> rotate_key(const RotateEnv& env) {
  auto lock = env.state.lock(kLockFile);
  if (!lock && lock.error().code == ErrorCode::conflict) {
    return Error{ErrorCode::conflict, "a titan-agent uses this state directory; stop it first",
                 kLockFile};
  }
  if (!lock) return lock.error();
  IdentityStore identities(env.state);
  TITAN_ASSIGN(auto loaded, identities.load());
  if (!loaded) return denied("this host is not enrolled; titan-agent enroll comes first");
  Identity& identity = loaded->identity;
  TITAN_ASSIGN(const auto transport, env.connect(identity.server));
  TITAN_ASSIGN(const IdentityStore::NextKey next, identities.next_key(env.random));

  const std::string instance = client::make_nonce(env.random);
  const DeviceChannel::Env channel_env{*transport, env.random,
                                       [&](const client::TrustState& trust) {
                                         identity.trust = trust;
                                         return identities.keep(identity);
                                       }};
  DeviceChannel channel(channel_env, {identity.host, identity.organization, loaded->key, instance},
                        identity.trust);
  auto done = channel.rotate(next.key);
  if (!done && next.was_there && done.error().code == ErrorCode::denied && !channel.doubt()) {
    if (ask_by_next(channel_env, identity, next.key, instance)) done = {};
  }
  if (!done) return done.error();
  identity.device = next.key.public_key();
  TITAN_TRY(identities.enrolled(identity));
  env.out << "the host " << identity.host << " has a new key: " << identity.device.text() << "\n";
  return {};
}

}  // namespace titan::agent
