#include "server-lite/identity/secret_vault.hpp"

#include <utility>

#include "base/mac.hpp"
#include "base/sealing.hpp"
#include "base/text.hpp"
#include "model/secret_value.hpp"

namespace titan::server_lite {
namespace {

using model::Entity;
using model::Key;
using model::Kind;
using model::SecretEntry;

constexpr std::string_view kDigested = "titan-secret-digest-1";
constexpr std::string_view kStored = "titan-secret-value-1";

const model::SecretSpec& spec_of(const Entity& secret) {
  return std::get<model::SecretSpec>(secret.spec);
}

const SecretEntry* find(const Entity* secret, const std::string& key) {
  if (secret == nullptr) return nullptr;
  const auto& data = spec_of(*secret).data;
  const auto found = data.find(key);
  return found == data.end() ? nullptr : &found->second;
}

std::string bound_to(const Key& secret, const std::string& key) {
  return signable(kStored, {secret.organization, secret.workspace, secret.name, key});
}

Digest digest_of(const MasterKey& master, const Key& secret, const std::string& key,
                 std::string_view value) {
  const Secret message =
      signable_secret(kDigested, {secret.organization, secret.workspace, secret.name, key, value});
  return keyed_digest_of(master.digests(), message.bytes());
}

Error in_field(const std::string& key, const char* part, Error error) {
  error.field = "spec.data." + key + part;
  return error;
}

Result<std::optional<Entity>> first_secret(store::Store& store) {
  TITAN_ASSIGN(const auto organizations, store.organizations());
  for (const std::string& organization : organizations) {
    store::ListQuery query{.kind = Kind::secret, .organization = organization, .limit = 1};
    do {
      TITAN_ASSIGN(auto page, store.list(query));
      if (!page.items.empty()) return std::optional(std::move(page.items.front()));
      query.after = page.next;
    } while (query.after);
  }
  return std::optional<Entity>();
}

}  // namespace

SecretVault::SecretVault(const Parts& parts)
    : parts_(parts),
      sealed_(parts.metrics.counter("titan_secrets_sealed_total",
                                    "Values of secrets that were sealed for hosts.")) {}

Result<void> SecretVault::check() {
  TITAN_ASSIGN(const auto secret, first_secret(parts_.store));
  if (!secret) return {};
  const auto& [key, entry] = *spec_of(*secret).data.begin();
  const auto opened = open_stored(secret->key(), key, entry.blob);
  if (opened || opened.error().code != ErrorCode::invalid) return {};
  return invalid(
      "the master key does not open the secrets that are stored: it is not the one "
      "that they were stored under");
}

Result<SecretVault::Kept> SecretVault::take_in(const Entity& wanted, const Entity* stored) {
  const Key secret = wanted.key();
  Kept kept;
  for (const auto& [key, entry] : spec_of(wanted).data) {
    const SecretEntry* before = find(stored, key);
    if (entry.sealed.empty()) {
      if (before == nullptr || entry != *before) {
        return in_field(key, "",
                        invalid("digest and blob are not those that are stored; leave them as they "
                                "were given, or send the value sealed"));
      }
      kept.spec.data.emplace(key, entry);
      continue;
    }
    const auto value = model::open_secret_value(parts_.keys.signing(), secret, key, entry.sealed);
    if (!value) return in_field(key, ".sealed", value.error());
    SecretEntry& after = kept.spec.data[key];
    after.digest = digest_of(parts_.master, secret, key, value->bytes());
    if (before != nullptr && before->digest == after.digest) {
      after = *before;
      continue;
    }
    kept.blobs.push_back(
        encrypt(parts_.master.encryption(), value->bytes(), bound_to(secret, key), parts_.random));
    after.blob = Digest::of(kept.blobs.back());
  }
  return kept;
}

Result<void> SecretVault::put_blobs(const std::string& organization,
                                    const std::vector<std::string>& blobs) {
  for (const std::string& blob : blobs) {
    TITAN_TRY(parts_.store.put_blob({Digest::of(blob), organization}, blob));
  }
  return {};
}

Result<Secret> SecretVault::open_stored(const Key& secret, const std::string& key,
                                        const Digest& blob) {
  TITAN_ASSIGN(const std::string bytes, parts_.store.get_blob({blob, secret.organization}));
  return decrypt(parts_.master.encryption(), bytes, bound_to(secret, key));
}

Result<std::string> SecretVault::seal(const Entity& secret, const model::SecretUse& use,
                                      const PublicKey& reader) {
  const SecretEntry* entry = find(&secret, use.key);
  if (entry == nullptr || entry->digest != use.digest) {
    return not_found("the secret has no such value under " + quote(use.key));
  }
  const Key key = secret.key();
  const auto value = open_stored(key, use.key, entry->blob);
  if (!value && value.error().code == ErrorCode::invalid) {
    return Error{ErrorCode::internal, "the value of " + quote(use.key) + " does not open",
                 key.subject()};
  }
  if (!value) return value.error();
  sealed_.add();
  return model::seal_for_host(reader, key, use, value->bytes());
}

Result<bool> holds_secrets(store::Store& store) {
  TITAN_ASSIGN(const auto secret, first_secret(store));
  return secret.has_value();
}

}  // namespace titan::server_lite
