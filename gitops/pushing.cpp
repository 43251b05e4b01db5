#include "gitops/pushing.hpp"

#include <utility>
#include <vector>

#include "base/digest.hpp"
#include "gitops/branch.hpp"
#include "gitops/limits.hpp"
#include "gitops/memory_view.hpp"
#include "gitops/object_copy.hpp"
#include "gitops/replay.hpp"
#include "gitops/repository_folder.hpp"

namespace titan::gitops {
namespace {

// The reference that remembers the last commit known to be at this remote.
std::string reference_of(const std::string& remote) {
  constexpr std::size_t kDigits = 16;
  std::string reference = kRemoteReferences;
  reference += "/" + Digest::of(remote).hex().substr(0, kDigits);
  return reference;
}

Result<void> remember_tip(git_repository* repository, const std::string& remote,
                          const git_oid& tip) {
  TITAN_ASSIGN(const auto known, known_tip(repository, remote));
  if (known && git_oid_equal(&*known, &tip) != 0) return {};
  git_reference* reference = nullptr;
  constexpr int kReplace = 1;
  const int code = git_reference_create(&reference, repository, reference_of(remote).c_str(), &tip,
                                        kReplace, nullptr);
  git_reference_free(reference);
  return git_check(code, "noting what the remote has");
}

}  // namespace

Result<std::optional<git_oid>> known_tip(git_repository* repository, const std::string& remote) {
  git_oid id;
  const int code = git_reference_name_to_id(&id, repository, reference_of(remote).c_str());
  if (code == GIT_ENOTFOUND) return std::nullopt;
  if (code < 0) return git_error(code, "reading what the remote had");
  return id;
}

Result<Pushing::Done> Pushing::run() {
  TITAN_ASSIGN(pushed_, known_tip(repository_, how_.remote));
  for (std::size_t number = 0; number < kPushAttemptsMax; ++number) {
    TITAN_ASSIGN(const auto remote, open_remote(how_.remote, how_.access));
    TITAN_ASSIGN(const bool done, attempt(*remote));
    if (done) return done_;
  }
  return unavailable("others moved or locked the branch main of the remote at each of " +
                     std::to_string(kPushAttemptsMax) + " attempts");
}

Result<bool> Pushing::attempt(Remote& remote) {
  TITAN_ASSIGN(const auto local, branch_tip(repository_));
  if (!local) return not_found("there is no commit to push yet");
  TITAN_ASSIGN(const auto theirs, remote.tip());
  if (theirs) TITAN_TRY(fetch(remote, *theirs, *local));
  TITAN_TRY(note_rewrite(theirs));
  TITAN_ASSIGN(done_.tip, bring_on_top(theirs, *local));
  // From here on what the remote has now is nothing to be replayed, whoever wins.
  if (theirs) {
    TITAN_TRY(remember_tip(repository_, how_.remote, *theirs));
    pushed_ = theirs;
  }
  if (theirs && git_oid_equal(&done_.tip, &*theirs) != 0) {
    TITAN_TRY(remote.leave());
  } else {
    auto moved = remote.push(history(), theirs, done_.tip);
    if (!moved && moved.error().code == ErrorCode::conflict) return false;
    if (!moved) return std::move(moved).error();
  }
  TITAN_TRY(remember_tip(repository_, how_.remote, done_.tip));
  return true;
}

// Brings what is missing of the remote's history.
Result<void> Pushing::fetch(Remote& remote, const git_oid& theirs, const git_oid& local) {
  GitOdb objects;
  TITAN_TRY(git_call(objects, "opening the objects", git_repository_odb, repository_));
  if (git_odb_exists(objects.get(), &theirs) == 1) return {};
  Remote::Wanted wanted{.tip = theirs};
  // Beside what the remote has had, the local commits: it may have got them from elsewhere.
  if (pushed_) wanted.have.push_back(*pushed_);
  git_oid id = local;
  while (wanted.have.size() < kHavesMax) {
    const bool is_named = pushed_ && git_oid_equal(&id, &*pushed_) != 0;
    if (!is_named) wanted.have.push_back(id);
    TITAN_ASSIGN(const auto parents, kept_parents(history(), id));
    if (parents.empty()) break;
    id = parents.front();
  }
  // What this remote is known to have joins its history to the one that is here.
  if (!pushed_) wanted.depth = how_.depth;
  TITAN_ASSIGN(const auto cut, remote.fetch(history(), wanted));
  const std::size_t before = boundary_.size();
  boundary_.insert(cut.begin(), cut.end());
  if (boundary_.size() == before) return {};
  std::vector<std::string> ids;
  for (const git_oid& one : boundary_) ids.push_back(hex(one));
  return write_shallow(files_, ids);
}

// A remote that was set back or made anew has lost commits that it had from here.
Result<void> Pushing::note_rewrite(const std::optional<git_oid>& theirs) {
  if (!pushed_) return {};
  bool has_all = false;
  if (theirs) {
    TITAN_ASSIGN(has_all, descends_from(history(), *theirs, *pushed_));
  }
  if (has_all) return {};
  done_.was_rewritten = true;
  if (!how_.stop_on_rewrite) return {};
  return conflict(
      "the remote's branch main " +
      (theirs ? "was set back or made anew: it is at " + hex(*theirs) : std::string("is gone")) +
      ", without " + hex(*pushed_) + ", which it had; nothing is pushed until a person decides");
}

// Puts the local branch, which is at `local`, on top of the remote's `theirs`, and returns where it
// is then.
Result<git_oid> Pushing::bring_on_top(const std::optional<git_oid>& theirs, const git_oid& local) {
  if (!theirs) {
    // Nobody takes a history whose beginning is missing.
    return boundary_.empty() ? Result<git_oid>(local) : write_anew(local, std::nullopt);
  }
  TITAN_ASSIGN(const bool on_top, descends_from(history(), local, *theirs,
                                                done_.was_rewritten ? std::nullopt : pushed_));
  // A remote that was set back has lost commits on purpose, maybe those of other hosts: a plain
  // push of this branch would bring them back.
  if (on_top && !done_.was_rewritten) return local;
  return write_anew(local, theirs);
}

Result<git_oid> Pushing::write_anew(const git_oid& local, const std::optional<git_oid>& onto) {
  TITAN_ASSIGN(const MemoryView memory, MemoryView::open(repository_));
  TITAN_ASSIGN(
      const git_oid tip,
      replay({memory.get(), boundary_},
             {.tip = local, .onto = onto, .pushed = onto ? pushed_ : std::nullopt}, how_.signer));
  TITAN_TRY(copy_objects({memory.get(), boundary_}, repository_, tip));
  // Before the remote gets them: a run that dies in between then finds its branch on top of the
  // remote's, instead of replaying its commits a second time.
  TITAN_TRY(move_branch(repository_, local, tip));
  return tip;
}

}  // namespace titan::gitops
