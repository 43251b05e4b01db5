#pragma once

#include <git2.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

// libgit2's objects as owned values, and its errors as titan's. For gitops/*.cpp alone.
namespace titan::gitops {

// Keeps libgit2 started; it counts how many there are. Everything of libgit2 must end before the
// last one does. The first one sets what holds for the whole process: flushing to the disk, no
// configuration of the system or the user, no check of who owns a repository's folder (titan is
// told which one to use, and runs no program that a repository names), a small object cache.
// Safe to make and end in several threads.
class LibGit2 {
 public:
  LibGit2();
  ~LibGit2();
  LibGit2(const LibGit2&) = delete;
  LibGit2& operator=(const LibGit2&) = delete;
};

template <auto kFree>
struct GitDeleter {
  template <class Handle>
  void operator()(Handle* handle) const {
    kFree(handle);
  }
};
template <class Handle, auto kFree>
using GitHandle = std::unique_ptr<Handle, GitDeleter<kFree>>;

using GitRepository = GitHandle<git_repository, git_repository_free>;
using GitOdb = GitHandle<git_odb, git_odb_free>;
using GitOdbObject = GitHandle<git_odb_object, git_odb_object_free>;
using GitCommit = GitHandle<git_commit, git_commit_free>;
using GitTree = GitHandle<git_tree, git_tree_free>;
using GitTreeBuilder = GitHandle<git_treebuilder, git_treebuilder_free>;
using GitSignature = GitHandle<git_signature, git_signature_free>;
using GitRevwalk = GitHandle<git_revwalk, git_revwalk_free>;
using GitTransaction = GitHandle<git_transaction, git_transaction_free>;
using GitPackBuilder = GitHandle<git_packbuilder, git_packbuilder_free>;

// The error that libgit2 has just given as `code`: "<doing>: <libgit2's message>". The kind is
// `internal` unless the code or errno says better.
Error git_error(int code, std::string_view doing);

// git_call(handle, "reading a tree", git_tree_lookup, repository, &id) calls the function with
// the place for the new handle and the arguments, and fills `handle`.
template <class Handle, auto kFree, class Function, class... Arguments>
Result<void> git_call(GitHandle<Handle, kFree>& handle, std::string_view doing, Function function,
                      Arguments... arguments) {
  Handle* made = nullptr;
  if (const int code = function(&made, arguments...); code < 0) return git_error(code, doing);
  handle.reset(made);
  return {};
}
inline Result<void> git_check(int code, std::string_view doing) {
  if (code < 0) return git_error(code, doing);
  return {};
}

std::string hex(const git_oid& id);
// REQUIRES: `text` is what hex() gave.
git_oid object_id(const std::string& text);

Result<GitCommit> read_commit(git_repository* repository, const git_oid& id);
Result<GitTree> read_tree(git_repository* repository, const git_oid& id);

// Opens the bare repository at exactly `path`, whatever its surroundings.
Result<GitRepository> open_bare(const std::string& path);

}  // namespace titan::gitops
