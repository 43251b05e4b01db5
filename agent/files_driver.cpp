#include "agent/files_driver.hpp"

#include <algorithm>
#include <string_view>

#include "base/assert.hpp"

namespace titan::agent {
namespace {

constexpr std::string_view kRootFolder = "root/";

Error about(Error error, const std::string& path) {
  error.subject = path;
  return error;
}

}  // namespace

std::map<std::string, const model::RenderedFile*> placed_files(
    const std::vector<model::RenderedFile>& rendered) {
  std::map<std::string, const model::RenderedFile*> placed;
  for (const model::RenderedFile& file : rendered) {
    if (!file.path.starts_with(kRootFolder)) continue;
    placed.emplace(file.path.substr(kRootFolder.size()), &file);
  }
  return placed;
}

std::vector<reconciler::FileState> file_states(const std::vector<model::RenderedFile>& rendered) {
  std::vector<reconciler::FileState> states;
  for (const auto& [path, file] : placed_files(rendered)) {
    states.push_back({path, file->mode, Digest::of(file->content)});
  }
  return states;
}

Result<std::vector<std::string>> missing_folders(FileSystem& root, const std::string& path) {
  std::vector<std::string> missing;
  for (std::string folder = parent_of(path); !folder.empty(); folder = parent_of(folder)) {
    const auto info = root.info(folder);
    if (info) break;
    if (info.error().code != ErrorCode::not_found) return about(info.error(), folder);
    missing.push_back(folder);
  }
  std::reverse(missing.begin(), missing.end());
  return missing;
}

Result<void> remove_files(FileSystem& root, const reconciler::Step& step) {
  for (const std::string& path : step.removals) {
    // An apply that was cut off may have left its temporary file, too.
    for (const std::string& left : {temporary_path(path), path}) {
      const auto removed = remove_if_present(root, left);
      if (!removed) return about(removed.error(), left);
    }
  }
  return {};
}

Result<void> write_files(FileSystem& root, const reconciler::Step& step,
                         const std::map<std::string, const model::RenderedFile*>& content,
                         const std::map<std::string, std::string>& links) {
  for (const reconciler::FileState& file : step.writes) {
    const auto source = content.find(file.path);
    TITAN_ASSERT(source != content.end());
    const auto folder = make_directories(root, parent_of(file.path));
    if (!folder) return about(folder.error(), file.path);
    const auto link = links.find(file.path);
    const auto written =
        link != links.end() ? link_atomically(root, file.path, link->second)
                            : write_atomically(root, file.path, source->second->content, file.mode);
    if (!written) return about(written.error(), file.path);
  }
  return {};
}

Result<void> remove_empty_folders(FileSystem& root, std::set<std::string>& folders) {
  const std::set<std::string> all = folders;
  for (auto folder = all.rbegin(); folder != all.rend(); ++folder) {
    const auto removed = root.remove_directory(*folder);
    if (removed) TITAN_TRY(root.sync_directory(parent_of(*folder)));
    const bool settled = removed || removed.error().code == ErrorCode::not_found ||
                         removed.error().code == ErrorCode::conflict;
    if (!settled) return about(removed.error(), *folder);
    folders.erase(*folder);
  }
  return {};
}

}  // namespace titan::agent
