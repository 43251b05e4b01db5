#include "gitops/template_source.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/text.hpp"
#include "gitops/git_handles.hpp"
#include "gitops/remote_address.hpp"
#include "gitops/template_tree.hpp"

namespace titan::gitops {
namespace {

Error about_repository(Error error) {
  error.field = "repository";
  return error;
}

bool is_below(const std::filesystem::path& path, const std::filesystem::path& folder) {
  const auto [end, rest] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return end == folder.end();
}

// Where the path leads, once links are followed, it has to stay below the folder, too.
Result<GitRepository> open(const std::string& remote, const std::string& folder) {
  TITAN_ASSIGN(const std::string path, path_of_remote(remote));
  std::error_code failed;
  const auto below = std::filesystem::canonical(folder, failed);
  const auto real = failed ? std::filesystem::path() : std::filesystem::canonical(path, failed);
  if (failed) return unavailable("the repository is not there: " + failed.message());
  if (!is_below(real, below)) return denied("it is a link that leads out of " + quote(folder));
  git_repository* made = nullptr;
  const int code =
      git_repository_open_ext(&made, real.c_str(), GIT_REPOSITORY_OPEN_NO_SEARCH, nullptr);
  GitRepository repository(made);
  if (code == GIT_ENOTFOUND) return unavailable("there is no Git repository");
  TITAN_TRY(git_check(code, "opening the repository"));
  // A file `.git`, or `commondir` in it, may say that it is elsewhere.
  for (const char* place : {git_repository_path(made), git_repository_commondir(made)}) {
    const auto there = std::filesystem::canonical(place, failed);
    if (failed) return unavailable("the repository is not there: " + failed.message());
    if (!is_below(there, below)) return denied("it leads out of " + quote(folder));
  }
  return repository;
}

}  // namespace

struct LocalTemplateSource::State {
  LibGit2 library = {};
  Options options = {};
};

LocalTemplateSource::LocalTemplateSource(Options options) : state_(std::make_unique<State>()) {
  state_->options = std::move(options);
  std::string& below = state_->options.repositories;
  while (below.size() > 1 && below.ends_with('/')) below.pop_back();
}

LocalTemplateSource::~LocalTemplateSource() = default;

Result<void> LocalTemplateSource::check(const model::TemplateGit& git) const {
  auto path = path_of_remote(git.repository);
  if (!path) return about_repository(std::move(path).error());
  const std::string& below = state_->options.repositories;
  if (below.empty()) {
    return about_repository(
        invalid("this server reads no repositories of its own machine: it was not started with "
                "--template-repositories"));
  }
  const std::filesystem::path given(*path);
  if (!given.is_absolute()) {
    return about_repository(invalid(quote(*path) + " is no absolute path on the server's machine"));
  }
  if (!is_below(given.lexically_normal(), std::filesystem::path(below).lexically_normal())) {
    return about_repository(invalid(quote(*path) + " is not below " + quote(below) +
                                    ", where this server reads repositories"));
  }
  return {};
}

Result<std::string> LocalTemplateSource::tip(const model::TemplateGit& git) {
  TITAN_TRY(check(git));
  TITAN_ASSIGN(const GitRepository repository, open(git.repository, state_->options.repositories));
  TITAN_ASSIGN(const git_oid commit, commit_of_ref(repository.get(), git.ref));
  return hex(commit);
}

Result<TemplateReading> LocalTemplateSource::read(const model::TemplateGit& git,
                                                  const std::string& commit) {
  TITAN_TRY(check(git));
  TITAN_ASSIGN(const GitRepository repository, open(git.repository, state_->options.repositories));
  return read_template(repository.get(), object_id(commit), git.path);
}

}  // namespace titan::gitops
