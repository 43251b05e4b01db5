#include "agent/identity_store.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "agent/limits.hpp"
#include "base/json.hpp"
#include "base/secret_file.hpp"
#include "model/field_reader.hpp"

namespace titan::agent {
namespace {

using model::FieldReader;
using nlohmann::json;

constexpr const char* kFolder = "identity";
constexpr const char* kTrust = "identity/trust.json";
constexpr const char* kDeviceKey = "identity/device.key";
constexpr const char* kNextKey = "identity/next.key";
constexpr std::uint32_t kFileMode = 0600;
constexpr std::uint32_t kFolderMode = 0700;

json json_of(const Identity& identity) {
  const client::TrustState& trust = identity.trust;
  json object = {{"server", identity.server},
                 {"host", identity.host},
                 {"organization", identity.organization},
                 {"device", identity.device.text()},
                 {"key", trust.key.text()},
                 {"rootKey", trust.root_key.text()},
                 {"root", trust.root},
                 {"number", trust.number},
                 {"epoch", trust.epoch},
                 {"epochNumber", trust.epoch_number}};
  for (const PublicKey& key : identity.require_signed_by) {
    object["requireSignedBy"].push_back(key.text());
  }
  return object;
}

std::vector<PublicKey> read_authors(FieldReader& reader) {
  std::vector<PublicKey> keys;
  for (const std::string& text : reader.texts("requireSignedBy", kAuthorKeysMax)) {
    const auto key = PublicKey::parse_known(text);
    if (!key) reader.refuse("requireSignedBy", key.error().message);
    if (key) add_author(keys, *key);
  }
  return keys;
}

Result<Identity> parse_identity(const json& object) {
  FieldReader reader(object, "");
  reader.require({"device", "key"});
  Identity identity{
      .server = reader.required_text("server"),
      .host = reader.required_text("host"),
      .organization = reader.required_text("organization"),
      .device = reader.parsed<PublicKey>("device", &PublicKey::parse_known),
      .trust = {.key = reader.parsed<PublicKey>("key", &PublicKey::parse_known),
                .root_key = reader.parsed<PublicKey>("rootKey", &PublicKey::parse_known),
                .root = reader.number("root"),
                .number = reader.number("number"),
                .epoch = reader.text("epoch"),
                .epoch_number = reader.number("epochNumber")},
      .require_signed_by = read_authors(reader)};
  TITAN_TRY(reader.finish());
  return identity;
}

Error unreadable(const Error& error, const char* path) {
  Error about = error.context("the host's identity cannot be read");
  about.subject = path;
  return about;
}

}  // namespace

void add_author(std::vector<PublicKey>& keys, const PublicKey& key) {
  if (std::ranges::find(keys, key) == keys.end()) keys.push_back(key);
}

Result<std::optional<SigningKey>> IdentityStore::read_key(const char* path) {
  // Whoever may get at it: a host that refused its own key would need a person.
  const auto line = read_secret_file(files_, path, 0);
  if (!line && line.error().code == ErrorCode::not_found) return std::optional<SigningKey>();
  if (!line) return line.error();
  auto key = SigningKey::parse(line->bytes());
  if (!key) return unreadable(key.error(), path);
  return std::optional<SigningKey>(*std::move(key));
}

Result<std::optional<Identity>> IdentityStore::load_public() {
  const auto text = files_.read(kTrust, kIdentityBytesMax);
  if (!text && text.error().code == ErrorCode::not_found) return std::optional<Identity>();
  if (!text) return text.error();
  const auto object = parse_json(*text, kIdentityBytesMax);
  auto identity = object ? parse_identity(*object) : Result<Identity>(object.error());
  if (!identity) return unreadable(identity.error(), kTrust);
  return std::optional<Identity>(*std::move(identity));
}

Result<std::optional<IdentityStore::Loaded>> IdentityStore::load() {
  TITAN_ASSIGN(auto identity, load_public());
  if (!identity) return std::optional<Loaded>();
  for (const char* path : {kDeviceKey, kNextKey}) {
    TITAN_ASSIGN(auto key, read_key(path));
    if (!key || key->public_key() != identity->device) continue;
    return std::optional<Loaded>(Loaded{*std::move(identity), *std::move(key)});
  }
  return unreadable(invalid("there is no secret key of the device " + identity->device.text()),
                    kDeviceKey);
}

Result<IdentityStore::NextKey> IdentityStore::next_key(Random& random) {
  TITAN_TRY(files_.make_directory(kFolder, kFolderMode));
  TITAN_TRY(files_.sync_directory(""));
  TITAN_ASSIGN(auto left, read_key(kNextKey));
  TITAN_ASSIGN(const auto identity, load_public());
  if (left && identity && left->public_key() == identity->device) {
    // The last enrollment was cut off just before its end.
    TITAN_TRY(files_.rename(kNextKey, kDeviceKey));
    TITAN_TRY(files_.sync_directory(kFolder));
    left.reset();
  }
  if (left) return NextKey{*std::move(left), true};
  SigningKey key = SigningKey::make(random);
  TITAN_TRY(write_secret_file(files_, kNextKey, key.secret_text().bytes()));
  return NextKey{std::move(key), false};
}

Result<std::optional<SigningKey>> IdentityStore::left_key() {
  TITAN_ASSIGN(auto left, read_key(kNextKey));
  TITAN_ASSIGN(const auto identity, load_public());
  if (left && identity && left->public_key() == identity->device) left.reset();
  return left;
}

Result<void> IdentityStore::enrolled(const Identity& identity) {
  TITAN_TRY(keep(identity));
  TITAN_TRY(files_.rename(kNextKey, kDeviceKey));
  return files_.sync_directory(kFolder);
}

Result<void> IdentityStore::keep(const Identity& identity) {
  return write_atomically(files_, kTrust, pretty_json(json_of(identity)), kFileMode);
}

}  // namespace titan::agent
