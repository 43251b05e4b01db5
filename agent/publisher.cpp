#include "agent/publisher.hpp"

#include <utility>

namespace titan::agent {

Publisher::Publisher(const std::string& git, const std::string& state_directory) : directory_(git) {
  if (git.empty() || git.find("://") != std::string::npos) {
    directory_ = state_directory + "/git";
    remote_ = git;
  }
}

Result<gitops::Repository*> Publisher::repository() {
  if (!repository_) {
    TITAN_ASSIGN(repository_, gitops::Repository::open_or_create(directory_));
  }
  return repository_.get();
}

Result<Publisher::Commit> Publisher::commit(const gitops::HostState& state,
                                            const gitops::CommitInfo& info) {
  TITAN_ASSIGN(gitops::Repository* const repository, this->repository());
  TITAN_ASSIGN(const std::optional<std::string> id, repository->commit(state, info));
  if (id) return Commit{*id, true};
  TITAN_ASSIGN(std::string head, repository->head());
  return Commit{std::move(head), false};
}

Result<std::string> Publisher::push() {
  TITAN_ASSIGN(gitops::Repository* const repository, this->repository());
  if (!has_remote()) return repository->head();
  return repository->push(remote_);
}

}  // namespace titan::agent
