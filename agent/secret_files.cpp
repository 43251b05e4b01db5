#include "agent/secret_files.hpp"

#include <utility>

#include "base/text.hpp"

namespace titan::agent {
namespace {

constexpr const char* kSecretsFolder = "secrets";
constexpr std::uint32_t kSecretsFolderMode = 0711;

std::string path_of(const model::Key& deployment, const std::string& path) {
  return std::string(kSecretsFolder) + "/" + deployment.workspace + "/" + deployment.name + "/" +
         path;
}

}  // namespace

Result<void> SecretFiles::check() {
  if (run_ == nullptr) {
    return invalid(
        "its files hold values of secrets, and there is no run directory for them; give --run a "
        "folder on a tmpfs that only its owner may write to");
  }
  // Something else may be mounted there.
  std::string folder = kSecretsFolder;
  const auto found = run_->info(folder);
  if (!found && found.error().code != ErrorCode::not_found) return found.error();
  if (!found) folder.clear();
  TITAN_ASSIGN(const bool in_memory, run_->in_memory(folder));
  if (in_memory) return {};
  TITAN_ASSIGN(const std::string path, run_->absolute_path());
  return invalid("its files hold values of secrets, and the run directory " + quote(path) +
                 " is on a disk; mount a tmpfs there, or give --run a folder on one");
}

Result<std::string> SecretFiles::target(const model::Key& deployment, const std::string& path) {
  TITAN_ASSIGN(const std::string root, run_->absolute_path());
  return root + "/" + path_of(deployment, path);
}

bool SecretFiles::has(const model::Key& deployment, const std::string& path, std::uint32_t mode) {
  if (run_ == nullptr) return false;
  const auto found = run_->info(path_of(deployment, path));
  return found && found->type == FileSystem::Type::file && found->mode == mode;
}

Result<void> SecretFiles::write(const model::Key& deployment, const SecretFile& file) {
  const std::string path = path_of(deployment, file.path);
  TITAN_TRY(make_directories(*run_, parent_of(path), kSecretsFolderMode));
  return write_atomically(*run_, path, file.content.bytes(), file.mode);
}

Result<void> SecretFiles::remove(const model::Key& deployment, const std::string& path) {
  if (run_ == nullptr) return {};
  const std::string whole = path_of(deployment, path);
  TITAN_TRY(remove_if_present(*run_, temporary_path(whole)));
  TITAN_TRY(remove_if_present(*run_, whole));
  for (std::string folder = parent_of(whole); !folder.empty(); folder = parent_of(folder)) {
    const auto removed = run_->remove_directory(folder);
    if (removed || removed.error().code == ErrorCode::not_found) continue;
    if (removed.error().code == ErrorCode::conflict) return {};  // in use
    return removed;
  }
  return {};
}

Result<void> SecretFiles::keep_only(const std::map<model::Key, std::set<std::string>>& files) {
  if (run_ == nullptr) return {};
  const auto found = run_->info(kSecretsFolder);
  if (!found && found.error().code == ErrorCode::not_found) return {};
  if (!found) return found.error();
  std::set<std::string> wanted;
  for (const auto& [deployment, paths] : files) {
    for (const std::string& path : paths) wanted.insert(path_of(deployment, path));
  }
  TITAN_TRY(sweep(kSecretsFolder, wanted));
  return {};
}

Result<bool> SecretFiles::sweep(const std::string& folder, const std::set<std::string>& wanted) {
  TITAN_ASSIGN(const auto entries, run_->list(folder));
  bool stays = false;
  for (const FileSystem::Entry& entry : entries) {
    const std::string path = folder + "/" + entry.name;
    if (entry.type == FileSystem::Type::directory) {
      TITAN_ASSIGN(const bool inner_stays, sweep(path, wanted));
      stays = stays || inner_stays;
    } else if (wanted.contains(path)) {
      stays = true;
    } else {
      TITAN_TRY(run_->remove_file(path));
    }
  }
  if (!stays) TITAN_TRY(run_->remove_directory(folder));
  return stays;
}

}  // namespace titan::agent
