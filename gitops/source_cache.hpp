#pragma once

#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gitops/remote.hpp"

namespace titan::gitops {

// What came of other machines' repositories, so that a new commit costs what it changed: a bare
// repository of our own for each remote, below one folder, with single commits (of depth 1); its
// `main` is at the last one that came. Nothing in it is needed: what is too large, too old or
// damaged is thrown away and comes anew. So there is nothing to pack, and after a kill at any
// moment the next use works.
//
// At most kSourceRepositoriesMax are kept, with kSourceBytesMax; the one that was used last goes
// last. Who uses one has it alone; others wait, as long as the limits of remotes let that take.
// Safe to share between threads. The folder is for one object alone. For gitops/*.cpp alone.
class SourceCache {
 public:
  // Makes nothing yet.
  explicit SourceCache(std::string folder) : folder_(std::move(folder)) {}

  // The repository of one remote, held until destroyed. REQUIRES: it is held by nobody else.
  class Lease {
   public:
    Lease(SourceCache& cache, std::string name) : cache_(cache), name_(std::move(name)) {}
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    // The repository with `commit` and all of its tree in it, which is fetched if it is not there.
    // The errors of Remote, and of the disk; what is there is thrown away if it may be the cause.
    Result<GitRepository> bring(Remote& remote, const git_oid& commit);
    // Throws it away.
    Result<void> drop();

   private:
    [[nodiscard]] std::string path() const { return cache_.folder_ + "/" + name_; }
    Result<GitRepository> bring_here(Remote& remote, const git_oid& commit);

    SourceCache& cache_;
    std::string name_;
  };
  // `remote`: its text. Makes room first.
  Lease take(const std::string& remote);

 private:
  bool try_hold(const std::string& name);
  void let_go(const std::string& name);
  void make_room(const std::string& name);
  [[nodiscard]] std::vector<std::string> oldest_first();

  const std::string folder_;
  std::mutex mutex_;  // guards the next
  std::condition_variable freed_;
  std::set<std::string> held_;
  std::vector<std::string> used_;  // since the start, the last one last
};

}  // namespace titan::gitops
