#include "agent/generation_store.hpp"

namespace titan::agent {
namespace {

constexpr const char* kFolder = "generations";
constexpr int kFolderDepth = 3;  // workspace, deployment, digest

std::string folder_of(const model::Key& deployment, const Digest& digest) {
  return std::string(kFolder) + "/" + deployment.workspace + "/" + deployment.name + "/" +
         digest.hex();
}

}  // namespace

Result<std::string> GenerationStore::unpack(const model::Key& deployment, const Digest& digest,
                                            const std::vector<const model::RenderedFile*>& files) {
  const std::string folder = folder_of(deployment, digest);
  if (!is_whole(folder, files)) {
    TITAN_TRY(remove_tree(folder));
    const std::string temporary = temporary_path(folder);
    TITAN_TRY(remove_tree(temporary));
    TITAN_TRY(write(temporary, files));
    TITAN_TRY(state_.rename(temporary, folder));
    TITAN_TRY(state_.sync_directory(parent_of(folder)));
  }
  TITAN_ASSIGN(const std::string root, state_.absolute_path());
  return root + "/" + folder;
}

bool GenerationStore::is_whole(const std::string& folder,
                               const std::vector<const model::RenderedFile*>& files) {
  for (const model::RenderedFile* file : files) {
    const std::string path = folder + "/" + file->path;
    const auto info = state_.info(path);
    if (!info || info->type != FileSystem::Type::file || info->mode != file->mode) return false;
    const auto content = state_.read(path, file->content.size());
    if (!content || *content != file->content) return false;
  }
  return true;
}

Result<void> GenerationStore::write(const std::string& folder,
                                    const std::vector<const model::RenderedFile*>& files) {
  TITAN_TRY(make_directories(state_, folder));
  for (const model::RenderedFile* file : files) {
    const std::string path = folder + "/" + file->path;
    TITAN_TRY(make_directories(state_, parent_of(path)));
    TITAN_TRY(state_.write_unflushed(path, file->content, file->mode));
  }
  return state_.flush();
}

Result<void> GenerationStore::remove_tree(const std::string& folder) {
  const auto found = state_.info(folder);
  if (!found && found.error().code == ErrorCode::not_found) return {};
  if (!found) return found.error();
  if (found->type != FileSystem::Type::directory) return state_.remove_file(folder);
  // Files first, then the folders that are found on the way, the innermost first.
  std::vector<std::string> folders = {folder};
  for (std::size_t i = 0; i < folders.size(); ++i) {
    const std::string current = folders[i];
    TITAN_ASSIGN(const auto entries, state_.list(current));
    for (const FileSystem::Entry& entry : entries) {
      const std::string path = current + "/" + entry.name;
      if (entry.type == FileSystem::Type::directory) {
        folders.push_back(path);
      } else {
        TITAN_TRY(state_.remove_file(path));
      }
    }
  }
  for (auto one = folders.rbegin(); one != folders.rend(); ++one) {
    TITAN_TRY(state_.remove_directory(*one));
  }
  return {};
}

Result<void> GenerationStore::keep_only(const std::map<model::Key, std::set<Digest>>& digests) {
  std::set<std::string> wanted;
  for (const auto& [key, of_deployment] : digests) {
    for (const Digest& digest : of_deployment) {
      for (std::string folder = folder_of(key, digest); !folder.empty();
           folder = parent_of(folder)) {
        wanted.insert(folder);
      }
    }
  }
  const auto found = state_.info(kFolder);
  if (!found && found.error().code == ErrorCode::not_found) return {};
  if (!found) return found.error();
  if (!wanted.contains(kFolder)) return remove_tree(kFolder);
  return sweep(kFolder, wanted, 0);
}

Result<void> GenerationStore::sweep(const std::string& path, const std::set<std::string>& wanted,
                                    int depth) {
  TITAN_ASSIGN(const auto entries, state_.list(path));
  for (const FileSystem::Entry& entry : entries) {
    const std::string inner = path + "/" + entry.name;
    if (!wanted.contains(inner)) {
      TITAN_TRY(remove_tree(inner));
    } else if (depth + 1 < kFolderDepth) {
      TITAN_TRY(sweep(inner, wanted, depth + 1));
    }
  }
  return {};
}

}  // namespace titan::agent
