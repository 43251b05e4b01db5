#include "client/trust.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/text.hpp"

namespace titan::client {
namespace {

using model::EpochStatement;
using model::KeyStatement;

Error refused(std::string field, std::string message) {
  Error error = denied(std::move(message));
  error.field = std::move(field);
  return error;
}

bool is_signed_by(const PublicKey& key, const KeyStatement& statement) {
  return statement.signed_by == key && verifies(key, proof_of(statement), statement.signature);
}

void take(const KeyStatement& said, TrustState& trust) {
  const bool same_root_key = said.root_key == trust.root_key;
  const bool goes_on = said.root == trust.root && said.number > trust.number &&
                       said.previous == trust.key && (same_root_key || trust.root_key.empty());
  if (goes_on && is_signed_by(trust.key, said)) {
    trust.key = said.key;
    trust.root_key = said.root_key;
    trust.number = said.number;
    return;
  }
  const bool replaces = !trust.root_key.empty() && said.root > trust.root;
  if (!replaces || !is_signed_by(trust.root_key, said)) return;
  trust.key = said.key;
  // Only who holds the root key can hand it over to another; nobody can take it away.
  if (!said.root_key.empty()) trust.root_key = said.root_key;
  trust.root = said.root;
  trust.number = said.number;
  trust.epoch.clear();
  trust.epoch_number = 0;
}

void take(const EpochStatement& said, TrustState& trust) {
  if (said.signed_by != trust.key || said.number <= trust.epoch_number) return;
  if (!verifies(trust.key, proof_of(said), said.signature)) return;
  trust.epoch = said.epoch;
  trust.epoch_number = said.number;
}

}  // namespace

Result<TrustState> follow(const TrustState& trust, const model::ServerIdentity& identity) {
  TrustState followed = trust;
  for (const model::ServerStatement& statement : identity.statements) {
    std::visit([&](const auto& said) { take(said, followed); }, statement);
  }
  if (followed.key != identity.key) {
    return refused("key", "no statement leads from the server key " + quote(trust.key.text()) +
                              " to " + quote(identity.key.text()));
  }
  if (followed.epoch != identity.epoch) {
    return refused("epoch", "no statement that counts names the epoch " + quote(identity.epoch));
  }
  return followed;
}

Result<TrustState> pin(const PublicKey& server, const model::ServerIdentity& identity) {
  if (identity.key != server) {
    return denied("the server says that its key is " + quote(identity.key.text()) + ", not " +
                  quote(server.text()));
  }
  TrustState trust{.key = identity.key, .root_key = identity.root_key, .epoch = identity.epoch};
  for (const model::ServerStatement& statement : identity.statements) {
    if (const auto* const key = std::get_if<KeyStatement>(&statement)) {
      if (key->key != server) continue;
      trust.root = key->root;
      trust.number = key->number;
    } else if (const auto* const epoch = std::get_if<EpochStatement>(&statement)) {
      if (epoch->epoch == identity.epoch) {
        trust.epoch_number = std::max(trust.epoch_number, epoch->number);
      }
    }
  }
  return trust;
}

}  // namespace titan::client
