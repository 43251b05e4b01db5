#include "gitops/file_remote.hpp"

#include <utility>

#include "gitops/branch.hpp"
#include "gitops/object_copy.hpp"
#include "gitops/remote_address.hpp"
#include "gitops/repository_folder.hpp"
#include "gitops/template_tree.hpp"

namespace titan::gitops {
namespace {

constexpr const char* kLockFile = "titan.lock";
constexpr const char* kMarkFile = "titan.pushing";
constexpr const char* kBranchLockFile = "refs/heads/main.lock";
constexpr std::uint32_t kMarkMode = 0644;

// A remote that is away now may be back later: a disk not mounted, a share not reachable.
Error as_unavailable(Error error) {
  if (error.code == ErrorCode::not_found) error.code = ErrorCode::unavailable;
  return error;
}

// The same result, its error about the remote instead of a file inside it.
template <class T>
Result<T> about(const std::string& remote, Result<T> result) {
  if (result) return result;
  Error error = std::move(result).error();
  if (!error.subject.empty()) error = error.context(error.subject);
  error.subject = remote;
  return error;
}

Result<bool> has_mark(FileSystem& files) {
  auto mark = files.info(kMarkFile);
  if (!mark && mark.error().code == ErrorCode::not_found) return false;
  if (!mark) return std::move(mark).error();
  return true;
}

// REQUIRES: the lock is held.
Result<void> clear_what_a_dead_push_left(FileSystem& files) {
  TITAN_ASSIGN(const bool marked, has_mark(files));
  if (!marked) return {};
  TITAN_TRY(remove_if_present(files, kBranchLockFile));
  return clear_unfinished_objects(files);
}

}  // namespace

FileRemote::FileRemote(std::string name, std::unique_ptr<FileSystem> files,
                       GitRepository repository)
    : name_(std::move(name)), files_(std::move(files)), repository_(std::move(repository)) {}

Result<FileRemote> FileRemote::open(const std::string& remote) {
  const std::string name = without_credentials(remote);
  TITAN_ASSIGN(const std::string path, about(name, path_of_remote(remote)));
  auto files = DiskFileSystem::open(path);
  if (!files) return about<FileRemote>(name, as_unavailable(std::move(files).error()));
  GitRepository repository;
  constexpr unsigned kExactlyThere = GIT_REPOSITORY_OPEN_NO_SEARCH;
  auto opened = git_call(repository, "opening the remote", git_repository_open_ext, path.c_str(),
                         kExactlyThere, nullptr);
  if (!opened) return about<FileRemote>(name, as_unavailable(std::move(opened).error()));
  if (git_repository_is_bare(repository.get()) == 0) {
    return about<FileRemote>(name, invalid("it has a work tree; expected a bare repository"));
  }
  return FileRemote(name, std::move(*files), std::move(repository));
}

Result<std::optional<git_oid>> FileRemote::tip() {
  return about(name_, branch_tip(repository_.get()));
}

Result<git_oid> FileRemote::find(const std::string& ref) {
  return about(name_, commit_of_ref(repository_.get(), ref));
}

Result<std::vector<git_oid>> FileRemote::fetch(LocalHistory local, const Wanted& wanted) {
  return about(name_, fetch_here(local, wanted));
}

Result<std::vector<git_oid>> FileRemote::fetch_here(LocalHistory local, const Wanted& wanted) {
  const Boundary nothing;
  const LocalHistory theirs{repository_.get(), nothing};
  std::vector<git_oid> cut;
  if (wanted.depth == 0) {
    TITAN_TRY(copy_objects(theirs, local.repository, wanted.tip));
    return cut;
  }
  TITAN_ASSIGN(const NewestCommits newest,
               newest_commits(theirs, wanted.tip, wanted.depth, std::nullopt));
  cut.assign(newest.boundary.begin(), newest.boundary.end());
  TITAN_TRY(copy_objects({theirs.repository, newest.boundary}, local.repository, wanted.tip));
  return cut;
}

Result<void> FileRemote::push(LocalHistory local, const std::optional<git_oid>& expected,
                              const git_oid& target) {
  return about(name_, push_marked(local, expected, target));
}

// Under the lock and the mark that the header explains.
Result<void> FileRemote::push_marked(LocalHistory local, const std::optional<git_oid>& expected,
                                     const git_oid& target) {
  TITAN_ASSIGN(const std::unique_ptr<FileSystem::Lock> lock, files_->lock(kLockFile));
  TITAN_TRY(clear_what_a_dead_push_left(*files_));
  TITAN_TRY(files_->write(kMarkFile, "", kMarkMode));
  auto pushed = copy_objects(local, repository_.get(), target);
  if (pushed) pushed = move_branch(repository_.get(), expected, target);
  TITAN_TRY(remove_if_present(*files_, kMarkFile));
  return pushed;
}

Result<void> FileRemote::leave() {
  const auto clear = [this]() -> Result<void> {
    TITAN_ASSIGN(const bool marked, has_mark(*files_));
    if (!marked) return {};
    const auto lock = files_->lock(kLockFile);
    if (!lock && lock.error().code == ErrorCode::conflict) return {};
    if (!lock) return lock.error();
    TITAN_TRY(clear_what_a_dead_push_left(*files_));
    return remove_if_present(*files_, kMarkFile);
  };
  return about(name_, clear());
}

}  // namespace titan::gitops
