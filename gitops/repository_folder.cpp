#include "gitops/repository_folder.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "gitops/limits.hpp"

namespace titan::gitops {
namespace {

constexpr const char* kLockFile = "titan.lock";
constexpr const char* kShallowFile = "shallow";
constexpr std::uint32_t kFileMode = 0644;
constexpr std::string_view kHead = "ref: refs/heads/main\n";
constexpr std::string_view kConfig =
    "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n";

// Nothing, or an empty file, which is what a power cut makes of one that was not flushed.
Result<bool> is_missing_or_empty(FileSystem& files, const std::string& path) {
  auto info = files.info(path);
  if (!info && info.error().code == ErrorCode::not_found) return true;
  if (!info) return std::move(info).error();
  return info->type == FileSystem::Type::file && info->size == 0;
}

Result<void> check_is_ours(FileSystem& files) {
  constexpr std::array<std::string_view, 5> kOurs = {"HEAD", "config", "objects", "refs",
                                                     kLockFile};
  TITAN_ASSIGN(const auto entries, files.list(""));
  for (const FileSystem::Entry& entry : entries) {
    const bool ours = std::find(kOurs.begin(), kOurs.end(), entry.name) != kOurs.end() ||
                      entry.name == temporary_path("HEAD") ||
                      entry.name == temporary_path("config");
    if (ours) continue;
    return conflict("the folder holds " + quote(entry.name) +
                    "; expected an empty folder or a bare Git repository");
  }
  return {};
}

Result<void> clear_reference(FileSystem& files, const std::string& reference) {
  TITAN_TRY(remove_if_present(files, reference + ".lock"));
  TITAN_ASSIGN(const bool empty, is_missing_or_empty(files, reference));
  return empty ? remove_if_present(files, reference) : Result<void>();
}

// The entries of a folder, or none when there is no such folder.
Result<std::vector<FileSystem::Entry>> list_if_present(FileSystem& files, const std::string& path) {
  auto entries = files.list(path);
  if (!entries && entries.error().code == ErrorCode::not_found) {
    return std::vector<FileSystem::Entry>();
  }
  return entries;
}

Result<void> clear_remote_references(FileSystem& files) {
  TITAN_ASSIGN(const auto entries, list_if_present(files, kRemoteReferences));
  constexpr std::string_view kLockEnding = ".lock";
  for (const FileSystem::Entry& entry : entries) {
    std::string_view name = entry.name;
    if (name.ends_with(kLockEnding)) name.remove_suffix(kLockEnding.size());
    std::string reference(kRemoteReferences);
    reference.append("/").append(name);
    TITAN_TRY(clear_reference(files, reference));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<FileSystem::Lock>> lock_repository(FileSystem& files) {
  auto lock = files.lock(kLockFile);
  if (!lock && lock.error().code == ErrorCode::conflict) {
    return conflict("another titan process is using the repository");
  }
  return lock;
}

Result<void> create_if_needed(FileSystem& files) {
  TITAN_ASSIGN(bool incomplete, is_missing_or_empty(files, "HEAD"));
  if (!incomplete) return {};
  TITAN_TRY(check_is_ours(files));
  TITAN_ASSIGN(const std::unique_ptr<FileSystem::Lock> lock, lock_repository(files));
  TITAN_ASSIGN(incomplete, is_missing_or_empty(files, "HEAD"));
  if (!incomplete) return {};  // another process has just completed it
  for (const char* folder : {"objects/info", "objects/pack", "refs/heads", "refs/tags"}) {
    TITAN_TRY(make_directories(files, folder));
  }
  TITAN_TRY(write_atomically(files, "config", kConfig, kFileMode));
  return write_atomically(files, "HEAD", kHead, kFileMode);
}

Result<std::vector<std::string>> read_shallow(FileSystem& files) {
  constexpr std::size_t kIdDigits = 40;
  std::vector<std::string> ids;
  const auto text = files.read(kShallowFile, kShallowBytesMax);
  if (!text && text.error().code == ErrorCode::not_found) return ids;
  if (!text) return text.error();
  for (const std::string& line : split(*text, '\n')) {
    if (line.empty()) continue;
    const bool is_id =
        line.size() == kIdDigits && line.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (!is_id) return internal("the file shallow holds " + quote(line) + "; expected ids");
    ids.push_back(line);
  }
  return ids;
}

Result<void> write_shallow(FileSystem& files, const std::vector<std::string>& ids) {
  if (ids.empty()) return remove_if_present(files, kShallowFile);
  return write_atomically(files, kShallowFile, join(ids, "\n") + "\n", kFileMode);
}

Result<void> clear_unfinished_objects(FileSystem& files) {
  // libgit2 writes an object or pack under such a name first, and renames it when it is whole.
  constexpr std::string_view kUnfinished = "_git2_";
  for (const std::string folder : {"objects", "objects/pack"}) {
    TITAN_ASSIGN(const auto entries, list_if_present(files, folder));
    for (const FileSystem::Entry& entry : entries) {
      if (entry.name.find(kUnfinished) == std::string::npos) continue;
      TITAN_TRY(remove_if_present(files, folder + "/" + entry.name));
    }
  }
  return {};
}

Result<void> clear_leftovers(FileSystem& files) {
  TITAN_TRY(clear_reference(files, "refs/heads/main"));
  TITAN_TRY(clear_remote_references(files));
  return clear_unfinished_objects(files);
}

}  // namespace titan::gitops
