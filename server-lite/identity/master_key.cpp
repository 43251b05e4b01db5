#include "server-lite/identity/master_key.hpp"

#include <filesystem>
#include <memory>
#include <utility>

#include "base/base64.hpp"
#include "base/key_agreement.hpp"
#include "base/sealing.hpp"
#include "base/text.hpp"
#include "server-lite/limits.hpp"

namespace titan::server_lite {
namespace {

constexpr std::string_view kPrefix = "titan-master-key:";
constexpr const char* kFolder = "keys";
constexpr const char* kFile = "keys/master";
constexpr std::uint32_t kSecretMode = 0600;
constexpr std::uint32_t kFolderMode = 0700;
constexpr std::uint32_t kOthersMode = 0077;
// A service manager may give the file to a service by an access list, whose mask shows as the
// rights of the group.
constexpr std::uint32_t kEverybodyMode = 0007;

Error at(const std::string& path, Error error) {
  error.subject = path;
  return error;
}

// A folder that a path of any kind lies in, the name there, and the path for errors.
struct Place {
  std::unique_ptr<DiskFileSystem> folder;
  std::string name;
};

Result<Place> place_of(const std::filesystem::path& path) {
  const std::string folder = path.parent_path().string();
  TITAN_ASSIGN(auto files, DiskFileSystem::open(folder.empty() ? "." : folder));
  return Place{std::move(files), path.filename().string()};
}

Result<Secret> read_key(FileSystem& files, const std::string& path, std::uint32_t forbidden) {
  TITAN_ASSIGN(const FileSystem::Info info, files.info(path));
  if ((info.mode & forbidden) != 0) {
    return denied(
        "others than its owner may read this master key; take that from them (chmod "
        "600), and think of all secrets as known if they could get at it");
  }
  TITAN_ASSIGN(std::string text, files.read(path, kKeyFileBytesMax));
  const std::string_view line = trim(text);
  auto bytes = line.starts_with(kPrefix)
                   ? parse_base64url(line.substr(kPrefix.size()), kEncryptKeyBytes)
                   : Result<std::string>(invalid(""));
  wipe(text);
  if (!bytes) {
    return invalid("it holds no master key; expected " + std::string(kPrefix) +
                   " and the base64url of 32 bytes, in one line");
  }
  return Secret::of(*std::move(bytes));
}

Result<void> write_key(FileSystem& files, const std::string& path, Random& random) {
  const Secret bytes = Secret::random(random, kEncryptKeyBytes);
  std::string text = std::string(kPrefix) + std::string(43, ' ') + '\n';  // never grows
  std::string encoded = base64url(bytes.bytes());
  text.replace(kPrefix.size(), encoded.size(), encoded);
  wipe(encoded);
  const auto written = write_atomically(files, path, text, kSecretMode);
  wipe(text);
  return written;
}

// A link is followed: that is how some lay out such files.
Result<Secret> read_named(const std::string& path, std::uint32_t forbidden) {
  std::error_code failed;
  const auto whole = std::filesystem::canonical(path, failed);
  if (failed) return at(path, system_error(failed.value(), "the master key"));
  TITAN_ASSIGN(const Place place, place_of(whole));
  auto key = read_key(*place.folder, place.name, forbidden);
  if (!key) return at(path, key.error());
  return *std::move(key);
}

Result<Secret> read_or_make(FileSystem& data, bool is_needed, Random& random) {
  const auto there = data.info(kFile);
  const bool is_missing = !there && there.error().code == ErrorCode::not_found;
  if (!there && !is_missing) return there.error();
  if (is_missing && is_needed) {
    return at(kFile, not_found("the master key is gone, and the secrets that are stored open with "
                               "no other; put the file back, or name its place by --master-key"));
  }
  if (is_missing) {
    TITAN_TRY(data.make_directory(kFolder, kFolderMode));
    TITAN_TRY(data.sync_directory(""));
    TITAN_TRY(write_key(data, kFile, random));
  }
  auto key = read_key(data, kFile, kOthersMode);
  if (!key) return at(kFile, key.error());
  return *std::move(key);
}

}  // namespace

MasterKey::MasterKey(const Secret& bytes)
    : encryption_(derive(bytes, "titan-secret-encrypt-1", "", kEncryptKeyBytes)),
      digests_(derive(bytes, "titan-secret-mac-1", "")) {}

Result<MasterKey> MasterKey::open(FileSystem& data, const MasterKeyPlace& place, bool is_needed,
                                  Random& random) {
  if (!place.file.empty()) {
    TITAN_ASSIGN(const Secret named, read_named(place.file, kOthersMode));
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
  TITAN_ASSIGN(const Place place, place_of(path));
  const auto there = place.folder->info(place.name);
  if (there) return at(path, conflict("it exists already; a key is not written over"));
  if (there.error().code != ErrorCode::not_found) return there.error();
  return write_key(*place.folder, place.name, random);
}

}  // namespace titan::server_lite
