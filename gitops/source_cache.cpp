#include "gitops/source_cache.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/digest.hpp"
#include "base/file_system.hpp"
#include "gitops/branch.hpp"
#include "gitops/limits.hpp"
#include "gitops/packing.hpp"
#include "gitops/repository_folder.hpp"

namespace titan::gitops {
namespace {

namespace fs = std::filesystem;

// What is not there, or goes while it is counted, has none.
std::size_t bytes_below(const fs::path& folder) {
  std::size_t bytes = 0;
  std::error_code failed;
  for (fs::recursive_directory_iterator at(folder, failed), end; !failed && at != end;
       at.increment(failed)) {
    std::error_code gone;
    if (at->is_regular_file(gone)) bytes += std::max<std::uintmax_t>(at->file_size(gone), 0);
  }
  return bytes;
}

std::string name_of_cache(const std::string& remote) {
  constexpr std::size_t kDigits = 32;
  return Digest::of(remote).hex().substr(0, kDigits);
}

bool has_object(git_repository* repository, const git_oid& id) {
  GitOdb objects;
  if (!git_call(objects, "opening the objects", git_repository_odb, repository)) return false;
  return git_odb_exists(objects.get(), &id) == 1;
}

// Fetches the commit into a repository that has not got it.
Result<void> fetch_into(FileSystem& files, git_repository* repository, Remote& remote,
                        const git_oid& commit) {
  TITAN_ASSIGN(const auto before, branch_tip(repository));
  TITAN_ASSIGN(const auto ids, read_shallow(files));
  Boundary boundary;
  for (const std::string& id : ids) boundary.insert(object_id(id));
  Remote::Wanted wanted{.tip = commit, .depth = 1};
  if (before) wanted.have.push_back(*before);
  TITAN_ASSIGN(const auto cut, remote.fetch({repository, boundary}, wanted));
  boundary.insert(cut.begin(), cut.end());
  std::vector<std::string> all;
  for (const git_oid& id : boundary) all.push_back(hex(id));
  TITAN_TRY(write_shallow(files, all));
  return move_branch(repository, before, commit);
}

}  // namespace

SourceCache::Lease::~Lease() {
  cache_.let_go(name_);
}

Result<void> SourceCache::Lease::drop() {
  std::error_code failed;
  fs::remove_all(path(), failed);
  if (failed) return unavailable("removing " + path() + ": " + failed.message());
  return {};
}

Result<GitRepository> SourceCache::Lease::bring_here(Remote& remote, const git_oid& commit) {
  {
    TITAN_ASSIGN(const auto files, DiskFileSystem::create(path()));
    TITAN_ASSIGN(const bool is_full, wants_packing(*files));
    if (is_full || bytes_below(path()) > kSourceRepositoryBytesMax) TITAN_TRY(drop());
  }
  TITAN_ASSIGN(const auto files, DiskFileSystem::create(path()));
  TITAN_TRY(create_if_needed(*files));
  TITAN_ASSIGN(const auto lock, lock_repository(*files));
  TITAN_TRY(clear_leftovers(*files));
  TITAN_ASSIGN(GitRepository repository, open_bare(path()));
  if (!has_object(repository.get(), commit)) {
    TITAN_TRY(fetch_into(*files, repository.get(), remote, commit));
  }
  return repository;
}

Result<GitRepository> SourceCache::Lease::bring(Remote& remote, const git_oid& commit) {
  auto brought = bring_here(remote, commit);
  if (brought) return brought;
  const ErrorCode code = brought.error().code;
  const bool is_of_the_remote = code == ErrorCode::unavailable || code == ErrorCode::denied;
  // The error that led here says more than one of the removal.
  if (!is_of_the_remote) static_cast<void>(drop());
  return brought;
}

bool SourceCache::try_hold(const std::string& name) {
  const std::lock_guard lock(mutex_);
  return held_.insert(name).second;
}

void SourceCache::let_go(const std::string& name) {
  {
    const std::lock_guard lock(mutex_);
    held_.erase(name);
  }
  freed_.notify_all();
}

SourceCache::Lease SourceCache::take(const std::string& remote) {
  std::string name = name_of_cache(remote);
  {
    std::unique_lock lock(mutex_);
    freed_.wait(lock, [&] { return held_.insert(name).second; });
    std::erase(used_, name);
    used_.push_back(name);
  }
  make_room(name);
  return Lease(*this, std::move(name));
}

// Those that nobody used since the start are older than all others.
std::vector<std::string> SourceCache::oldest_first() {
  std::vector<std::string> names;
  std::error_code failed;
  for (fs::directory_iterator at(folder_, failed), end; !failed && at != end;
       at.increment(failed)) {
    names.push_back(at->path().filename().string());
  }
  const std::lock_guard lock(mutex_);
  std::erase_if(used_, [&](const std::string& name) {
    return !held_.contains(name) && std::ranges::find(names, name) == names.end();
  });
  const auto age = [&](const std::string& name) {
    const auto found = std::ranges::find(used_, name);
    return found == used_.end() ? 0 : found - used_.begin() + 1;
  };
  std::ranges::stable_sort(names, [&](const std::string& left, const std::string& right) {
    return age(left) < age(right);
  });
  return names;
}

void SourceCache::make_room(const std::string& name) {
  std::vector<std::string> names = oldest_first();
  std::size_t count = std::ranges::find(names, name) == names.end() ? 1 : 0;
  std::size_t bytes = 0;
  std::vector<std::pair<std::string, std::size_t>> sized;
  for (std::string& one : names) {
    sized.emplace_back(one, bytes_below(fs::path(folder_) / one));
    bytes += sized.back().second;
  }
  count += sized.size();
  for (const auto& [one, size] : sized) {
    if (count <= kSourceRepositoriesMax && bytes <= kSourceBytesMax) return;
    if (one == name || !try_hold(one)) continue;
    if (Lease(*this, one).drop()) {
      --count;
      bytes -= size;
    }
  }
}

}  // namespace titan::gitops
