#include "agent/retry_requests.hpp"

#include <algorithm>

#include "agent/limits.hpp"
#include "base/text.hpp"

namespace titan::agent {
namespace {

constexpr const char* kFolder = "retry";
constexpr std::uint32_t kFolderMode = 0700;
constexpr std::uint32_t kRequestMode = 0600;

std::string folder_of(const std::string& workspace) {
  return std::string(kFolder) + "/" + workspace;
}

std::string path_of(const model::Key& deployment) {
  return folder_of(deployment.workspace) + "/" + deployment.name;
}

// The names of a folder that are names of titan; none when there is no such folder.
Result<std::vector<std::string>> names_in(FileSystem& files, const std::string& folder,
                                          FileSystem::Type type) {
  const auto entries = files.list(folder);
  if (!entries && entries.error().code == ErrorCode::not_found) return std::vector<std::string>();
  if (!entries) return entries.error();
  std::vector<std::string> names;
  for (const auto& entry : *entries) {
    if (entry.type == type && model::check_name("", entry.name)) names.push_back(entry.name);
  }
  return names;
}

// A folder that is not empty stays, and so does one that is gone already.
Result<void> remove_folder_if_empty(FileSystem& files, const std::string& folder) {
  auto done = files.remove_directory(folder);
  const bool stays = !done && (done.error().code == ErrorCode::conflict ||
                               done.error().code == ErrorCode::not_found);
  return stays ? Result<void>() : done;
}

}  // namespace

Result<void> RetryRequests::ask(const model::Key& deployment) {
  const std::string folder = folder_of(deployment.workspace);
  for (int i = 0; i < kRetryAskAttemptsMax; ++i) {
    TITAN_TRY(make_directories(state_, folder, kFolderMode));
    const auto written = state_.write(path_of(deployment), "", kRequestMode);
    if (written) return state_.sync_directory(folder);
    if (written.error().code != ErrorCode::not_found) return written.error();
  }
  return unavailable("the agent took other requests meanwhile, again and again");
}

Result<std::vector<model::Key>> RetryRequests::list() {
  std::vector<model::Key> found;
  TITAN_ASSIGN(const auto workspaces, names_in(state_, kFolder, FileSystem::Type::directory));
  for (const std::string& workspace : workspaces) {
    TITAN_ASSIGN(const auto names, names_in(state_, folder_of(workspace), FileSystem::Type::file));
    for (const std::string& name : names) {
      found.push_back({organization_, model::Kind::deployment, workspace, name});
    }
  }
  std::ranges::sort(found);
  return found;
}

Result<void> RetryRequests::drop(const std::vector<model::Key>& deployments) {
  if (deployments.empty()) return {};
  for (const model::Key& deployment : deployments) {
    TITAN_TRY(remove_if_present(state_, path_of(deployment)));
  }
  for (const model::Key& deployment : deployments) {
    TITAN_TRY(remove_folder_if_empty(state_, folder_of(deployment.workspace)));
  }
  return remove_folder_if_empty(state_, kFolder);
}

Result<std::vector<model::Key>> RetryRequests::take() {
  TITAN_ASSIGN(auto found, list());
  TITAN_TRY(drop(found));
  return found;
}

Result<model::Key> parse_deployment(std::string_view text, const std::string& organization) {
  const std::size_t slash = text.find('/');
  model::Key key{.organization = organization,
                 .kind = model::Kind::deployment,
                 .workspace = std::string(model::kDefaultWorkspace),
                 .name = std::string(text)};
  if (slash != std::string_view::npos) {
    key.workspace = text.substr(0, slash);
    key.name = text.substr(slash + 1);
  }
  TITAN_TRY(model::check_name("WORKSPACE", key.workspace));
  TITAN_TRY(model::check_name("DEPLOYMENT", key.name));
  return key;
}

}  // namespace titan::agent
