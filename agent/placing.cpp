#include "agent/placing.hpp"

#include <algorithm>
#include <string_view>

namespace titan::agent {
namespace {

bool is_below_one_of(const std::set<std::string>& paths, const std::string& path) {
  for (std::string folder = parent_of(path); !folder.empty(); folder = parent_of(folder)) {
    if (paths.contains(folder)) return true;
  }
  return false;
}

// Also of what was gone already: who removed it may have been killed before this.
Result<void> flush_removal(FileSystem& root, const std::string& path) {
  const auto flushed = root.sync_directory(parent_of(path));
  const bool is_no_folder = !flushed && (flushed.error().code == ErrorCode::not_found ||
                                         flushed.error().code == ErrorCode::conflict);
  return is_no_folder ? Result<void>() : flushed;
}

}  // namespace

std::map<std::string, const model::RenderedFile*> placed_files(
    const std::vector<model::RenderedFile>& rendered) {
  std::map<std::string, const model::RenderedFile*> placed;
  for (const model::RenderedFile& file : rendered) {
    if (!file.path.starts_with(model::kRootFolder)) continue;
    placed.emplace(file.path.substr(model::kRootFolder.size()), &file);
  }
  return placed;
}

std::vector<reconciler::FileState> file_states(const std::vector<model::RenderedFile>& rendered) {
  std::vector<reconciler::FileState> states;
  for (const auto& [path, file] : placed_files(rendered)) {
    states.push_back({path, file->mode, Digest::of(file->content), file->owner});
  }
  return states;
}

Result<std::vector<std::string>> missing_folders(FileSystem& root, const std::string& path) {
  std::vector<std::string> missing;
  for (std::string folder = parent_of(path); !folder.empty(); folder = parent_of(folder)) {
    const auto info = root.info(folder);
    if (info && info->type == FileSystem::Type::directory) break;
    if (!info && info.error().code != ErrorCode::not_found) return about(folder, info.error());
    missing.push_back(folder);
  }
  std::reverse(missing.begin(), missing.end());
  return missing;
}

Result<void> remove_files(FileSystem& root, const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    // An apply that was cut off may have left its temporary file, too.
    for (const std::string& left : {temporary_path(path), path}) {
      const auto removed = root.remove_file(left);
      // A folder has taken the file's place already, when this was cut off before.
      const bool settled = removed || removed.error().code == ErrorCode::not_found ||
                           removed.error().code == ErrorCode::conflict;
      if (!settled) return about(left, removed.error());
    }
    TITAN_TRY(flush_removal(root, path));
  }
  return {};
}

Result<void> remove_empty_folders(FileSystem& root, std::set<std::string>& folders) {
  const std::set<std::string> all = folders;
  for (auto folder = all.rbegin(); folder != all.rend(); ++folder) {
    const auto removed = root.remove_directory(*folder);
    const bool is_gone = removed || removed.error().code == ErrorCode::not_found;
    if (!is_gone && removed.error().code != ErrorCode::conflict) {
      return about(*folder, removed.error());
    }
    if (is_gone) TITAN_TRY(flush_removal(root, *folder));
    folders.erase(*folder);
  }
  return {};
}

Result<void> Placing::write_beside(const FileToPlace& file) {
  if (file.link) return link_beside(root_, file.path, *file.link);
  TITAN_TRY(titan::write_beside(root_, file.path, file.content, file.mode, Flush::later));
  if (file.owner.empty()) return {};
  TITAN_ASSIGN(const Owner owner, owners_.find(file.owner));
  return root_.set_owner(temporary_path(file.path), owner.user, owner.group);
}

Result<void> Placing::stage(std::vector<FileToPlace> files, const std::set<std::string>& removals) {
  files_ = std::move(files);
  staged_.clear();
  for (const FileToPlace& file : files_) {
    if (is_below_one_of(removals, file.path)) continue;
    const std::string parent = parent_of(file.path);
    auto written = parent.empty() ? Result<void>() : make_directories(root_, parent);
    if (written) {
      staged_.insert(file.path);
      written = write_beside(file);
    }
    if (!written) return about(file.path, written.error());
  }
  return {};
}

bool Placing::abandon() {
  bool is_clean = true;
  for (const std::string& path : staged_) {
    const auto removed = root_.remove_file(temporary_path(path));
    is_clean = is_clean && (removed || removed.error().code == ErrorCode::not_found);
  }
  staged_.clear();
  return is_clean;
}

// A folder that was the deployment's own, and is empty by now, makes way for the file.
Result<void> Placing::move(const FileToPlace& file, std::set<std::string>& own_folders) {
  const std::string temporary = temporary_path(file.path);
  auto moved = root_.rename(temporary, file.path);
  if (moved || moved.error().code != ErrorCode::conflict) return moved;
  std::set<std::string> inside;
  for (auto folder = own_folders.lower_bound(file.path); folder != own_folders.end(); ++folder) {
    if (*folder == file.path || folder->starts_with(file.path + "/")) inside.insert(*folder);
  }
  const std::set<std::string> all = inside;
  TITAN_TRY(remove_empty_folders(root_, inside));
  for (const std::string& folder : all) {
    if (!inside.contains(folder)) own_folders.erase(folder);
  }
  return root_.rename(temporary, file.path);
}

Result<void> Placing::switch_over(std::set<std::string>& own_folders) {
  std::set<std::string> folders;
  for (const FileToPlace& file : files_) {
    Result<void> placed;
    if (!staged_.contains(file.path)) {
      const std::string parent = parent_of(file.path);
      if (!parent.empty()) placed = make_directories(root_, parent);
      if (placed) placed = write_beside(file);
    }
    // What was not staged could not be flushed with the others.
    if (placed && !staged_.contains(file.path)) placed = root_.flush();
    if (placed) placed = move(file, own_folders);
    if (!placed) return about(file.path, placed.error());
    staged_.erase(file.path);
    folders.insert(parent_of(file.path));
  }
  for (const std::string& folder : folders) TITAN_TRY(root_.sync_directory(folder));
  return {};
}

}  // namespace titan::agent
