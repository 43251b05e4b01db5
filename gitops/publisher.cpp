#include "gitops/publisher.hpp"

#include <utility>

#include "gitops/remote_address.hpp"

namespace titan::gitops {

Publisher::Publisher(const std::string& git, const std::string& own_directory, Options options)
    : directory_(git), options_(std::move(options)) {
  if (git.empty() || is_remote_url(git)) {
    directory_ = own_directory;
    remote_ = git;
  }
}

Result<Repository*> Publisher::repository() {
  if (!repository_) {
    TITAN_ASSIGN(repository_, Repository::open_or_create(
                                  directory_, {.signer = signer_, .depth = options_.depth}));
  }
  return repository_.get();
}

Result<Publisher::Commit> Publisher::commit(std::span<const HostState> hosts,
                                            const CommitInfo& info) {
  TITAN_ASSIGN(Repository* const repository, this->repository());
  TITAN_ASSIGN(const std::optional<std::string> id, repository->commit(hosts, info));
  if (id) return Commit{*id, true};
  auto head = repository->head();
  if (!head && head.error().code == ErrorCode::not_found) return Commit{};
  TITAN_ASSIGN(std::string there, std::move(head));
  return Commit{std::move(there), false};
}

Result<Repository::Pushed> Publisher::push() {
  TITAN_ASSIGN(Repository* const repository, this->repository());
  if (has_remote()) return repository->push(remote_, options_.push);
  TITAN_ASSIGN(std::string head, repository->head());
  return Repository::Pushed{.id = std::move(head)};
}

Result<std::size_t> Publisher::queued() {
  if (!has_remote()) return std::size_t{0};
  TITAN_ASSIGN(Repository* const repository, this->repository());
  return repository->queued(remote_);
}

Result<void> Publisher::tidy() {
  TITAN_ASSIGN(Repository* const repository, this->repository());
  return repository->tidy(remote_);
}

}  // namespace titan::gitops
