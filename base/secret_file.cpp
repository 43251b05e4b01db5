#include "base/secret_file.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

#include "base/limits.hpp"
#include "base/text.hpp"

namespace titan {
namespace {

constexpr std::uint32_t kSecretMode = 0600;

// The folder that a file of any path lies in, and its name there.
struct Place {
  std::unique_ptr<DiskFileSystem> folder;
  std::string name;
};

Result<Place> place_of(const std::filesystem::path& path) {
  const std::string folder = path.parent_path().string();
  TITAN_ASSIGN(auto files, DiskFileSystem::open(folder.empty() ? "." : folder));
  return Place{std::move(files), path.filename().string()};
}

}  // namespace

Result<Secret> read_secret_file(FileSystem& files, const std::string& path,
                                std::uint32_t forbidden_mode) {
  if (forbidden_mode != 0) {
    const auto info = files.info(path);
    if (!info) return about(path, info.error());
    if ((info->mode & forbidden_mode) != 0) {
      return about(path, denied("others than its owner may get at this secret; take that from them "
                                "(chmod 600), and think of it as stolen if they could"));
    }
  }
  auto text = files.read(path, kSecretFileBytesMax);
  if (!text) return about(path, text.error());
  const Secret whole = Secret::of(*std::move(text));
  return Secret::of(std::string(trim(whole.bytes())));
}

Result<void> write_secret_file(FileSystem& files, const std::string& path,
                               std::string_view secret) {
  Secret line = Secret::zeros(secret.size() + 1);
  std::copy(secret.begin(), secret.end(), line.buffer().begin());
  line.buffer().back() = '\n';
  const auto written = write_atomically(files, path, line.bytes(), kSecretMode);
  return written ? written : about(path, written.error());
}

Result<Secret> read_secret_file(const std::string& path, std::uint32_t forbidden_mode) {
  std::error_code failed;
  const auto whole = std::filesystem::canonical(path, failed);
  if (failed) return about(path, system_error(failed.value(), "the file of a secret"));
  TITAN_ASSIGN(const Place place, place_of(whole));
  auto secret = read_secret_file(*place.folder, place.name, forbidden_mode);
  return secret ? std::move(secret) : about(path, secret.error());
}

Result<void> write_new_secret_file(const std::string& path, std::string_view secret) {
  TITAN_ASSIGN(const Place place, place_of(path));
  const auto there = place.folder->info(place.name);
  if (there) return about(path, conflict("it exists already; a secret is not written over"));
  if (there.error().code != ErrorCode::not_found) return about(path, there.error());
  const auto written = write_secret_file(*place.folder, place.name, secret);
  return written ? written : about(path, written.error());
}

}  // namespace titan
