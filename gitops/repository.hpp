#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/result.hpp"
#include "base/signing.hpp"
#include "gitops/commit_message.hpp"
#include "gitops/host_state.hpp"
#include "gitops/remote_options.hpp"

namespace titan::gitops {

// A bare Git repository that holds the rendered state of hosts on its branch `main`, in the
// layout of docs/spec/git-layout.md. Trees are built straight into the object store; there is no
// work tree. One repository may hold many hosts; each commit is about some of them, and leaves
// every path outside their folders hosts/<host>/ as it is.
//
// The repository is titan's own: commit() and push() hold an exclusive lock on <path>/titan.lock,
// and what a killed run left behind (refs/heads/main.lock, unfinished objects) is cleared away
// under that lock. Objects and references are flushed to the disk before they count. So after a
// kill or a power cut at any moment the branch is at the old or the new commit, and the next
// call works. A reference file that a power cut emptied counts as no branch: the state is then
// committed anew, and push() puts it on top of what the remote has.
//
// A deployment whose digest was committed before through this object is neither read nor hashed
// again, so a commit costs what changed, and not what there is.
//
// Git's configuration of the system and the user has no effect, nor has who owns the folder.
// An object of this class is for one thread at a time; several objects and processes may use one
// repository. Errors of all methods, besides those named: denied, exhausted (no space),
// unavailable (I/O error), internal (the repository is damaged: the message says where). The
// subject is the repository's path, or the remote without its credentials.
class Repository {
 public:
  struct Options {
    // Whose signature commits get, in OpenSSH's form (ssh_signature.hpp); null: they have none.
    // Borrowed.
    const SigningKey* signer = nullptr;
    // How many commits are kept here, about; 0: all. The history then ends early, as that of a
    // clone that Git calls shallow. Commits that the remote has not got stay all the same.
    std::size_t depth = 0;
  };

  // Creates the repository, and the folders on the way to it, when `path` is absent or empty, and
  // completes a creation that was cut off. conflict when `path` holds something else than a bare
  // repository, or when another process is creating it.
  static Result<std::unique_ptr<Repository>> open_or_create(const std::string& path,
                                                            const Options& options);
  static Result<std::unique_ptr<Repository>> open_or_create(const std::string& path) {
    return open_or_create(path, Options{});
  }
  ~Repository();
  Repository(const Repository&) = delete;
  Repository& operator=(const Repository&) = delete;

  // Makes hosts/<host>/ of `main` equal to each state, all in one commit, and returns its id in
  // hex. Hosts that are equal already are left out; nullopt when all are: then nothing is written.
  // invalid: a name, path or author that Git or a checkout cannot hold safely, or a host twice;
  // nothing is written then. exhausted: more than kHostFilesMax files of a host. conflict: another
  // titan process uses the repository, another program moved `main` meanwhile, or `hosts` is a file
  // there. REQUIRES: the digest of each deployment is that of its files.
  Result<std::optional<std::string>> commit(std::span<const HostState> hosts,
                                            const CommitInfo& info);
  Result<std::optional<std::string>> commit(const HostState& host, const CommitInfo& info) {
    return commit(std::span(&host, 1), info);
  }

  // The id of the commit that `main` is at, in hex; not_found when there is no commit yet.
  [[nodiscard]] Result<std::string> head() const;

  // What to do when the remote has lost commits that it had from here: its `main` was set back or
  // made anew, or is gone.
  enum class OnRewrite {
    recreate,  // bring what is new on top of what is there, or the branch as a whole
    stop,      // nothing, until a person decides
  };
  struct PushOptions {
    RemoteOptions access = {};
    OnRewrite on_rewrite = OnRewrite::recreate;
  };
  struct Pushed {
    std::string id = {};  // of the commit that both are at now
    // The remote had lost commits: hosts' folders may be older there than they were here, until
    // the next commit() puts them right.
    bool was_rewritten = false;
  };

  // Brings `main` to the remote's `main`. `remote` is a bare repository's path or URL, as
  // remote_address.hpp says.
  //
  // Never forces. When the remote has commits that this repository has not, they are fetched and
  // the commits that it lacks are replayed on top, oldest first: each takes over the folders
  // hosts/<host>/ that it changed, whole, and keeps its message, author and time; those that
  // change nothing any more are left out. So history stays linear and other hosts' paths stay as
  // the remote has them. Replayed commits get new ids, and are signed anew. Commits that were at
  // this remote once are not replayed: when someone set its branch back, they stay away, and the
  // next commit() puts its own host's folder right.
  // The remote's branch moves by compare-and-swap; a lost race is tried kPushAttemptsMax times.
  // not_found: nothing is committed yet. unavailable: the remote is not there, is locked, or moved
  // at every attempt. denied: it lets nobody in, refuses the push, or cannot prove who it is.
  // invalid: no such remote, or not bare. exhausted: more would be sent or came than limits.hpp
  // allows. conflict: another titan process uses this repository, a local commit that is not
  // titan's changes paths outside hosts/, or (with OnRewrite::stop) the remote has lost commits.
  Result<Pushed> push(const std::string& remote, const PushOptions& options);
  Result<Pushed> push(const std::string& remote) { return push(remote, PushOptions{}); }

  // How many commits of `main` this remote has not had, as far as is known here.
  [[nodiscard]] Result<std::size_t> queued(const std::string& remote) const;

  // Packs what has come together (packing.hpp), when it is time; else it costs a look into two
  // folders. `remote` is what is pushed to, or empty. conflict: another titan process uses the
  // repository. Nothing is lost by an error.
  Result<void> tidy(const std::string& remote);

 private:
  struct State;
  explicit Repository(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The id of the commit that a remote's `main` is at, in hex; nullopt when it has none. Errors as
// Repository::push() says of remotes.
Result<std::optional<std::string>> remote_head(const std::string& remote,
                                               const RemoteOptions& access);

}  // namespace titan::gitops
