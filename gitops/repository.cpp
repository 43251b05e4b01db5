#include "gitops/repository.hpp"

#include <algorithm>
#include <utility>

#include "base/file_system.hpp"
#include "base/text.hpp"
#include "gitops/branch.hpp"
#include "gitops/file_remote.hpp"
#include "gitops/git_handles.hpp"
#include "gitops/host_layout.hpp"
#include "gitops/kustomization.hpp"
#include "gitops/limits.hpp"
#include "gitops/object_copy.hpp"
#include "gitops/remote_address.hpp"
#include "gitops/replay.hpp"
#include "gitops/repository_folder.hpp"
#include "gitops/tree.hpp"

namespace titan::gitops {
namespace {

using Lock = std::unique_ptr<FileSystem::Lock>;

// The same result; an error without a subject gets this one.
template <class T>
Result<T> about(const std::string& subject, Result<T> result) {
  if (result || !result.error().subject.empty()) return result;
  Error error = std::move(result).error();
  error.subject = subject;
  return error;
}

// The same, also when FileSystem has named the file inside the repository.
template <class T>
Result<T> inside(const std::string& folder, Result<T> result) {
  if (result) return result;
  Error error = std::move(result).error();
  error.subject = error.subject.empty() ? folder : folder + "/" + error.subject;
  return error;
}

Result<GitSignature> signature_of(const CommitInfo& info) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
  for (const std::string& text : {info.author_name, info.author_email}) {
    if (std::any_of(text.begin(), text.end(), is_control)) {
      return invalid("the author " + quote(text) + " holds a control character");
    }
  }
  if (info.time < Timestamp()) return invalid("the commit's time is before 1970");
  GitSignature signature;
  const std::int64_t seconds = info.time.micros() / 1'000'000;
  auto made = git_call(signature, "the author " + quote(info.author_name), git_signature_new,
                       info.author_name.c_str(), info.author_email.c_str(), seconds, 0);
  if (!made) return invalid(made.error().message);
  return signature;
}

// The listing that the layout makes, without writing anything.
Result<TreeListing> listing_of(const HostLayout& layout) {
  TreeListing listing;
  const auto add = [&](const std::string& path, std::uint32_t mode, std::string_view content) {
    git_oid id;
    const int code = git_odb_hash(&id, content.data(), content.size(), GIT_OBJECT_BLOB);
    listing[path] = {mode, code < 0 ? std::string() : hex(id)};
    return git_check(code, "hashing " + path);
  };
  for (const auto& [path, file] : layout.files) TITAN_TRY(add(path, file.mode, file.content));
  TITAN_TRY(add(std::string(kKustomizationFile), kPlainFileMode, layout.kustomization));
  return listing;
}

// Writes the contents that are not what the parent commit has at the same path.
Result<void> write_contents(git_repository* repository, const HostLayout& layout,
                            const TreeListing& before, const TreeListing& after) {
  for (const auto& [path, item] : after) {
    const auto old_one = before.find(path);
    if (old_one != before.end() && old_one->second.id == item.id) continue;
    const auto file = layout.files.find(path);
    const std::string_view content =
        file == layout.files.end() ? std::string_view(layout.kustomization) : file->second.content;
    git_oid id;
    TITAN_TRY(
        git_check(git_blob_create_from_buffer(&id, repository, content.data(), content.size()),
                  "writing " + path));
  }
  return {};
}

struct NewCommit {
  std::optional<git_oid> parent;
  git_oid tree;
  std::string message;
};

Result<git_oid> write_commit(git_repository* repository, const git_signature* author,
                             const NewCommit& commit) {
  TITAN_ASSIGN(const GitTree tree, read_tree(repository, commit.tree));
  GitCommit parent;
  if (commit.parent) {
    TITAN_ASSIGN(parent, read_commit(repository, *commit.parent));
  }
  const git_commit* parents[] = {parent.get()};
  constexpr const char* kUtf8 = nullptr;
  git_oid id;
  TITAN_TRY(
      git_check(git_commit_create(&id, repository, nullptr, author, author, kUtf8,
                                  commit.message.c_str(), tree.get(), parent ? 1 : 0, parents),
                "writing a commit"));
  return id;
}

Result<GitTree> root_tree(git_repository* repository, const std::optional<git_oid>& commit_id) {
  if (!commit_id) return GitTree();
  TITAN_ASSIGN(const GitCommit commit, read_commit(repository, *commit_id));
  return read_tree(repository, *git_commit_tree_id(commit.get()));
}

Result<bool> descends_from(git_repository* repository, const git_oid& commit,
                           const git_oid& ancestor) {
  if (git_oid_equal(&commit, &ancestor)) return true;
  const int answer = git_graph_descendant_of(repository, &commit, &ancestor);
  if (answer < 0) return git_error(answer, "comparing commits");
  return answer == 1;
}

// The reference that remembers the last commit known to be at this remote.
std::string reference_of(const std::string& remote) {
  constexpr std::size_t kDigits = 16;
  std::string reference = kRemoteReferences;
  reference += "/" + Digest::of(remote).hex().substr(0, kDigits);
  return reference;
}

Result<std::optional<git_oid>> known_tip(git_repository* repository, const std::string& remote) {
  git_oid id;
  const int code = git_reference_name_to_id(&id, repository, reference_of(remote).c_str());
  if (code == GIT_ENOTFOUND) return std::nullopt;
  if (code < 0) return git_error(code, "reading what the remote had");
  return id;
}

Result<void> remember_tip(git_repository* repository, const std::string& remote,
                          const git_oid& tip) {
  TITAN_ASSIGN(const auto known, known_tip(repository, remote));
  if (known && git_oid_equal(&*known, &tip)) return {};
  git_reference* reference = nullptr;
  constexpr int kReplace = 1;
  const int code = git_reference_create(&reference, repository, reference_of(remote).c_str(), &tip,
                                        kReplace, nullptr);
  git_reference_free(reference);
  return git_check(code, "noting what the remote has");
}

// Puts the local branch, which is at `local`, on top of the remote's `theirs`, and returns where
// it is then.
Result<git_oid> bring_on_top(git_repository* repository, const std::string& remote,
                             const git_oid& local, const git_oid& theirs) {
  TITAN_ASSIGN(const auto pushed, known_tip(repository, remote));
  TITAN_ASSIGN(const bool on_top, descends_from(repository, local, theirs));
  // A remote that was set back has lost commits on purpose, maybe those of other hosts: a plain
  // push of this branch would bring them back.
  TITAN_ASSIGN(const bool kept_all,
               pushed ? descends_from(repository, theirs, *pushed) : Result<bool>(true));
  if (on_top && kept_all) return local;
  TITAN_ASSIGN(const GitRepository memory, open_in_memory(repository));
  TITAN_ASSIGN(const git_oid tip,
               replay(memory.get(), {.tip = local, .onto = theirs, .pushed = pushed}));
  TITAN_TRY(copy_objects(memory.get(), repository, tip));
  // Before the remote gets them: a run that dies in between then finds its branch on top of the
  // remote's, instead of replaying its commits a second time.
  TITAN_TRY(move_branch(repository, local, tip));
  return tip;
}

enum class PushOutcome { done, lost_race };

// One attempt: reads the remote, comes on top of it, and moves its branch.
Result<PushOutcome> push_once(git_repository* repository, const std::string& remote_text) {
  TITAN_ASSIGN(const auto local, branch_tip(repository));
  if (!local) return not_found("there is no commit to push yet");
  TITAN_ASSIGN(FileRemote remote, FileRemote::open(remote_text));
  TITAN_ASSIGN(const auto theirs, remote.tip());
  git_oid tip = *local;
  if (theirs) {
    TITAN_TRY(remote.fetch(repository, *theirs));
    TITAN_ASSIGN(tip, bring_on_top(repository, remote_text, tip, *theirs));
  }
  if (!theirs || !git_oid_equal(&tip, &*theirs)) {
    auto pushed = remote.push(repository, theirs, tip);
    if (!pushed && pushed.error().code == ErrorCode::conflict) return PushOutcome::lost_race;
    if (!pushed) return std::move(pushed).error();
  } else {
    TITAN_TRY(remote.clear_dead_push());
  }
  TITAN_TRY(remember_tip(repository, remote_text, tip));
  return PushOutcome::done;
}

}  // namespace

struct Repository::State {
  LibGit2 library;  // first, so that it ends last
  std::string path;
  std::unique_ptr<FileSystem> files;  // the repository's folder
  GitRepository git;

  Result<Lock> begin_writing();
  Result<std::optional<std::string>> commit(const HostState& host_state, const CommitInfo& info);
  Result<std::string> head() const;
  Result<std::string> push(const std::string& remote);
};

Repository::Repository(std::unique_ptr<State> state) : state_(std::move(state)) {}
Repository::~Repository() = default;

Result<std::unique_ptr<Repository>> Repository::open_or_create(const std::string& path) {
  auto state = std::make_unique<State>();
  state->path = path;
  TITAN_ASSIGN(state->files, about(path, DiskFileSystem::create(path)));
  TITAN_TRY(inside(path, create_if_needed(*state->files)));
  TITAN_ASSIGN(state->git, about(path, open_bare(path)));
  return std::unique_ptr<Repository>(new Repository(std::move(state)));
}

Result<Lock> Repository::State::begin_writing() {
  TITAN_ASSIGN(Lock lock, lock_repository(*files));
  TITAN_TRY(clear_leftovers(*files));
  return lock;
}

Result<std::optional<std::string>> Repository::State::commit(const HostState& host_state,
                                                             const CommitInfo& info) {
  TITAN_ASSIGN(const HostLayout layout, lay_out(host_state));
  TITAN_TRY(model::Bookmark::parse(info.bookmark.text()));
  TITAN_ASSIGN(const GitSignature author, signature_of(info));
  TITAN_ASSIGN(const TreeListing after, listing_of(layout));

  TITAN_ASSIGN(const Lock lock, begin_writing());
  TITAN_ASSIGN(const auto tip, branch_tip(git.get()));
  TITAN_ASSIGN(const GitTree root, root_tree(git.get(), tip));
  TITAN_ASSIGN(const auto item, host_item(git.get(), root.get(), host_state.host));
  TITAN_ASSIGN(const TreeListing before, list_tree(git.get(), item));
  if (before == after) return std::nullopt;

  TITAN_ASSIGN(const GitRepository memory, open_in_memory(git.get()));
  TITAN_TRY(write_contents(memory.get(), layout, before, after));
  TITAN_ASSIGN(const git_oid folder, write_tree(memory.get(), after));
  const TreeItem new_item = {GIT_FILEMODE_TREE, hex(folder)};
  TITAN_ASSIGN(const git_oid tree, write_root(memory.get(), root.get(), host_state.host, new_item));
  const std::string message = commit_message(host_state, compare(before, after), info);
  TITAN_ASSIGN(const git_oid id, write_commit(memory.get(), author.get(), {tip, tree, message}));
  TITAN_TRY(copy_objects(memory.get(), git.get(), id));
  TITAN_TRY(move_branch(git.get(), tip, id));
  return hex(id);
}

Result<std::string> Repository::State::head() const {
  TITAN_ASSIGN(const auto tip, branch_tip(git.get()));
  if (!tip) return not_found("there is no commit yet");
  return hex(*tip);
}

Result<std::string> Repository::State::push(const std::string& remote) {
  TITAN_ASSIGN(const Lock lock, begin_writing());
  for (std::size_t attempt = 0; attempt < kPushAttemptsMax; ++attempt) {
    TITAN_ASSIGN(const PushOutcome outcome, push_once(git.get(), remote));
    if (outcome == PushOutcome::done) return head();
  }
  return unavailable("others moved or locked the branch main of the remote at each of " +
                     std::to_string(kPushAttemptsMax) + " attempts");
}

Result<std::optional<std::string>> Repository::commit(const HostState& state,
                                                      const CommitInfo& info) {
  return about(state_->path, state_->commit(state, info));
}

Result<std::string> Repository::head() const {
  return about(state_->path, state_->head());
}

Result<std::string> Repository::push(const std::string& remote) {
  return about(state_->path, state_->push(remote));
}

}  // namespace titan::gitops
