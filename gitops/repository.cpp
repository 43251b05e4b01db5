#include "gitops/repository.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file_system.hpp"
#include "base/text.hpp"
#include "gitops/branch.hpp"
#include "gitops/commit_writer.hpp"
#include "gitops/git_handles.hpp"
#include "gitops/history.hpp"
#include "gitops/host_layout.hpp"
#include "gitops/host_tree.hpp"
#include "gitops/limits.hpp"
#include "gitops/memory_view.hpp"
#include "gitops/object_copy.hpp"
#include "gitops/packing.hpp"
#include "gitops/pushing.hpp"
#include "gitops/remote.hpp"
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

Result<void> check_hosts(std::span<const HostState> hosts) {
  std::set<std::string_view> seen;
  for (const HostState& host : hosts) {
    TITAN_TRY(check_host(host));
    if (seen.insert(host.host).second) continue;
    return invalid("host " + quote(host.host) + " is there twice; expected each host once");
  }
  return {};
}

Result<GitTree> root_tree(git_repository* repository, const std::optional<git_oid>& commit_id) {
  if (!commit_id) return GitTree();
  TITAN_ASSIGN(const GitCommit commit, read_commit(repository, *commit_id));
  return read_tree(repository, *git_commit_tree_id(commit.get()));
}

Result<Boundary> read_boundary(FileSystem& files) {
  TITAN_ASSIGN(const auto ids, read_shallow(files));
  Boundary boundary;
  for (const std::string& id : ids) boundary.insert(object_id(id));
  return boundary;
}

}  // namespace

struct Repository::State {
  LibGit2 library;  // first, so that it ends last
  std::string path;
  Options options;
  std::unique_ptr<FileSystem> files;  // the repository's folder
  GitRepository git;
  Boundary boundary;  // where the history ends
  TreeMemory memory;

  Result<void> look();
  Result<Lock> begin_writing();
  Result<std::optional<std::string>> commit(std::span<const HostState> hosts,
                                            const CommitInfo& info);
  Result<std::optional<TreeItem>> write_folder(const MemoryView& view, const HostState& host,
                                               const std::optional<TreeItem>& old,
                                               std::vector<ChangedHost>& changed);
  Result<std::string> head() const;
  Result<Pushed> push(const std::string& remote, const PushOptions& how);
  Result<std::size_t> queued(const std::string& remote) const;
  Result<void> tidy(const std::string& remote);
};

Repository::Repository(std::unique_ptr<State> state) : state_(std::move(state)) {}
Repository::~Repository() = default;

Result<std::unique_ptr<Repository>> Repository::open_or_create(const std::string& path,
                                                               const Options& options) {
  auto state = std::make_unique<State>();
  state->path = path;
  state->options = options;
  TITAN_ASSIGN(state->files, about(path, DiskFileSystem::create(path)));
  TITAN_TRY(inside(path, create_if_needed(*state->files)));
  TITAN_TRY(about(path, state->look()));
  return std::unique_ptr<Repository>(new Repository(std::move(state)));
}

// libgit2 goes on to see packs that another process has replaced: what is looked at is opened anew.
Result<void> Repository::State::look() {
  TITAN_ASSIGN(git, open_bare(path));
  TITAN_ASSIGN(boundary, read_boundary(*files));
  return {};
}

Result<Lock> Repository::State::begin_writing() {
  TITAN_ASSIGN(Lock lock, lock_repository(*files));
  TITAN_TRY(clear_leftovers(*files));
  TITAN_TRY(look());
  return lock;
}

Result<std::optional<std::string>> Repository::State::commit(std::span<const HostState> hosts,
                                                             const CommitInfo& info) {
  TITAN_TRY(check_hosts(hosts));
  TITAN_TRY(model::Bookmark::parse(info.bookmark.text()));
  TITAN_ASSIGN(const GitSignature author, signature_of(info));

  TITAN_ASSIGN(const Lock lock, begin_writing());
  TITAN_ASSIGN(const auto tip, branch_tip(git.get()));
  TITAN_ASSIGN(const GitTree root, root_tree(git.get(), tip));
  TITAN_ASSIGN(const MemoryView view, MemoryView::open(git.get()));
  HostItems items;
  std::vector<ChangedHost> changed;
  for (const HostState& host : hosts) {
    TITAN_ASSIGN(const auto old, host_item(git.get(), root.get(), host.host));
    TITAN_ASSIGN(auto item, write_folder(view, host, old, changed));
    if (item != old) items.emplace(host.host, std::move(item));
  }
  if (changed.empty()) return std::nullopt;
  TITAN_ASSIGN(const git_oid tree, write_root(view.get(), root.get(), items));
  TITAN_ASSIGN(const git_oid id, write_commit(view.get(),
                                              {.author = author.get(),
                                               .committer = author.get(),
                                               .message = commit_message(changed, info),
                                               .tree = tree,
                                               .parent = tip},
                                              options.signer));
  TITAN_TRY(copy_objects({view.get(), boundary}, git.get(), id));
  TITAN_TRY(move_branch(git.get(), tip, id));
  return hex(id);
}

// What is to stand in the place of `old`: itself, when nothing differs.
Result<std::optional<TreeItem>> Repository::State::write_folder(const MemoryView& view,
                                                                const HostState& host,
                                                                const std::optional<TreeItem>& old,
                                                                std::vector<ChangedHost>& changed) {
  TITAN_ASSIGN(const TreeListing before, list_host(git.get(), old));
  TreeListing after;
  if (!host.is_gone) {
    TITAN_ASSIGN(after, write_host(view, host, before, memory));
  }
  if (before == after) return old;
  changed.push_back({host, compare(before, after)});
  if (host.is_gone) return std::nullopt;
  TITAN_ASSIGN(const git_oid folder, write_host_folder(view, old, before, after));
  return TreeItem{kFolderMode, hex(folder)};
}

Result<std::string> Repository::State::head() const {
  TITAN_ASSIGN(const auto tip, branch_tip(git.get()));
  if (!tip) return not_found("there is no commit yet");
  return hex(*tip);
}

Result<Repository::Pushed> Repository::State::push(const std::string& remote,
                                                   const PushOptions& how) {
  TITAN_ASSIGN(const Lock lock, begin_writing());
  TITAN_ASSIGN(const auto local, branch_tip(git.get()));
  if (!local) return not_found("there is no commit to push yet");
  Pushing pushing(git.get(), *files, boundary,
                  {.remote = remote,
                   .access = how.access,
                   .signer = options.signer,
                   .depth = options.depth,
                   .stop_on_rewrite = how.on_rewrite == OnRewrite::stop});
  TITAN_ASSIGN(const Pushing::Done done, pushing.run());
  return Pushed{hex(done.tip), done.was_rewritten};
}

Result<std::size_t> Repository::State::queued(const std::string& remote) const {
  TITAN_ASSIGN(const auto tip, branch_tip(git.get()));
  if (!tip) return std::size_t{0};
  TITAN_ASSIGN(const auto known, known_tip(git.get(), remote));
  std::vector<git_oid> hidden;
  if (known) hidden.push_back(*known);
  TITAN_ASSIGN(const auto commits, commits_between({git.get(), boundary}, *tip, hidden));
  return commits.size();
}

Result<void> Repository::State::tidy(const std::string& remote) {
  TITAN_ASSIGN(const bool is_time, wants_packing(*files));
  if (!is_time) return {};
  TITAN_ASSIGN(const Lock lock, begin_writing());
  Packing how{.depth = options.depth, .has_remote = !remote.empty()};
  if (how.has_remote) {
    TITAN_ASSIGN(how.pushed, known_tip(git.get(), remote));
  }
  TITAN_TRY(pack({git.get(), boundary}, *files, how));
  return look();
}

Result<std::optional<std::string>> Repository::commit(std::span<const HostState> hosts,
                                                      const CommitInfo& info) {
  return about(state_->path, state_->commit(hosts, info));
}

Result<std::string> Repository::head() const {
  return about(state_->path, state_->head());
}

Result<Repository::Pushed> Repository::push(const std::string& remote, const PushOptions& options) {
  return about(state_->path, state_->push(remote, options));
}

Result<std::size_t> Repository::queued(const std::string& remote) const {
  return about(state_->path, state_->queued(remote));
}

Result<std::optional<std::string>> remote_head(const std::string& remote,
                                               const RemoteOptions& access) {
  const LibGit2 library;
  TITAN_ASSIGN(const auto opened, open_remote(remote, access));
  TITAN_ASSIGN(const auto tip, opened->tip());
  TITAN_TRY(opened->leave());
  if (!tip) return std::nullopt;
  return hex(*tip);
}

Result<void> Repository::tidy(const std::string& remote) {
  return about(state_->path, state_->tidy(remote));
}

}  // namespace titan::gitops
