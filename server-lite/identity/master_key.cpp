#include "server-lite/identity/master_key.hpp"

#include <utility>

#include "base/base64.hpp"
#include "base/key_agreement.hpp"
#include "base/sealing.hpp"
#include "base/secret_file.hpp"
#include "server-lite/identity/server_keys.hpp"

namespace titan::server_lite {
namespace {

constexpr std::string_view kPrefix = "titan-master-key:";
constexpr const char* kFile = "keys/master";
// A service manager may give the file to a service by an access list, whose mask shows as the
// rights of the group.
constexpr std::uint32_t kEverybodyMode = 0007;

Result<Secret> key_of(const Result<Secret>& line) {
  if (!line) return line.error();
  auto bytes = line->bytes().starts_with(kPrefix)
                   ? parse_base64url(line->bytes().substr(kPrefix.size()), kEncryptKeyBytes)
                   : Result<std::string>(invalid(""));
  if (!bytes) {
    return invalid("it holds no master key; expected " + std::string(kPrefix) +
                   " and the base64url of 32 bytes, in one line");
  }
  return Secret::of(*std::move(bytes));
}

Secret make_line(Random& random) {
  const Secret bytes = Secret::random(random, kEncryptKeyBytes);
  const Secret encoded = Secret::of(base64url(bytes.bytes()));
  std::string line(kPrefix);
  line.reserve(line.size() + encoded.size());  // so that no copy of a part is left
  return Secret::of(line.append(encoded.bytes()));
}

Result<Secret> read_named(const std::string& path, std::uint32_t forbidden_mode) {
  auto key = key_of(read_secret_file(path, forbidden_mode));
  return key ? std::move(key) : about(path, key.error());
}

Result<Secret> read_or_make(FileSystem& data, bool is_needed, Random& random) {
  const auto there = data.info(kFile);
  const bool is_missing = !there && there.error().code == ErrorCode::not_found;
  if (!there && !is_missing) return there.error();
  if (is_missing && is_needed) {
    return about(kFile,
                 not_found("the master key is gone, and the secrets that are stored open with "
                           "no other; put the file back, or name its place by --master-key"));
  }
  if (is_missing) {
    TITAN_TRY(data.make_directory(kKeysFolder, kKeysFolderMode));
    TITAN_TRY(data.sync_directory(""));
    TITAN_TRY(write_secret_file(data, kFile, make_line(random).bytes()));
  }
  auto key = key_of(read_secret_file(data, kFile));
  return key ? std::move(key) : about(kFile, key.error());
}

}  // namespace

MasterKey::MasterKey(const Secret& bytes)
    : encryption_(derive(bytes, "titan-secret-encrypt-1", "", kEncryptKeyBytes)),
      digests_(derive(bytes, "titan-secret-mac-1", "")) {}

Result<MasterKey> MasterKey::open(FileSystem& data, const MasterKeyPlace& place, bool is_needed,
                                  Random& random) {
  if (!place.file.empty()) {
    TITAN_ASSIGN(const Secret named, read_named(place.file, kModeOfOthers));
    return MasterKey(named);
  }
  if (!place.credential.empty()) {
    TITAN_ASSIGN(const Secret given, read_named(place.credential, kEverybodyMode));
    return MasterKey(given);
  }
  TITAN_ASSIGN(const Secret own, read_or_make(data, is_needed, random));
  return MasterKey(own);
}

Result<void> write_master_key(const std::string& path, Random& random) {
  return write_new_secret_file(path, make_line(random).bytes());
}

}  // namespace titan::server_lite
