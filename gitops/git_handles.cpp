#include "gitops/git_handles.hpp"

#include <cerrno>
#include <mutex>

#include "base/assert.hpp"
#include "gitops/limits.hpp"

namespace titan::gitops {
namespace {

// libgit2's settings are one set for the process. Held while the first LibGit2 sets them, so that
// no other one is used before, and while one ends, since the settings may end with it.
std::mutex& settings_mutex() {
  static std::mutex mutex;
  return mutex;
}

void set_process_options() {
  git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
  git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
  git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, static_cast<ssize_t>(kObjectCacheBytesMax));
  for (const git_config_level_t level : {GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM,
                                         GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL}) {
    git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
  }
}

ErrorCode code_of(int code, int error_class, int errno_value) {
  switch (code) {
    case GIT_ENOTFOUND:
      return ErrorCode::not_found;
    case GIT_EINVALIDSPEC:
      return ErrorCode::invalid;
    case GIT_ELOCKED:
      return ErrorCode::conflict;
    default:
      break;
  }
  if (error_class == GIT_ERROR_NOMEMORY) return ErrorCode::exhausted;
  // For a failed system call libgit2 reports the class "os", and errno is still what it was.
  if (error_class == GIT_ERROR_OS) return system_error(errno_value, "").code;
  return ErrorCode::internal;
}

}  // namespace

LibGit2::LibGit2() {
  const std::lock_guard lock(settings_mutex());
  const int count = git_libgit2_init();
  TITAN_ASSERT(count > 0);
  if (count == 1) set_process_options();
}

LibGit2::~LibGit2() {
  const std::lock_guard lock(settings_mutex());
  git_libgit2_shutdown();
}

Error git_error(int code, std::string_view doing) {
  const int errno_value = errno;
  const ::git_error* last = git_error_last();
  std::string message(doing);
  message += ": ";
  message += last != nullptr && last->message != nullptr ? last->message : "libgit2 gave no reason";
  return {code_of(code, last != nullptr ? last->klass : GIT_ERROR_NONE, errno_value), message};
}

std::string hex(const git_oid& id) {
  std::string text(GIT_OID_HEXSZ, '0');
  git_oid_fmt(text.data(), &id);
  return text;
}

git_oid object_id(const std::string& text) {
  git_oid id;
  const int code = git_oid_fromstr(&id, text.c_str());
  TITAN_ASSERT(code == 0);
  return id;
}

Result<GitCommit> read_commit(git_repository* repository, const git_oid& id) {
  GitCommit commit;
  TITAN_TRY(git_call(commit, "reading commit " + hex(id), git_commit_lookup, repository, &id));
  return commit;
}

Result<GitTree> read_tree(git_repository* repository, const git_oid& id) {
  GitTree tree;
  TITAN_TRY(git_call(tree, "reading tree " + hex(id), git_tree_lookup, repository, &id));
  return tree;
}

Result<GitRepository> open_bare(const std::string& path) {
  GitRepository repository;
  constexpr unsigned kFlags = GIT_REPOSITORY_OPEN_NO_SEARCH | GIT_REPOSITORY_OPEN_BARE;
  TITAN_TRY(git_call(repository, "opening the repository", git_repository_open_ext, path.c_str(),
                     kFlags, nullptr));
  return repository;
}

}  // namespace titan::gitops
