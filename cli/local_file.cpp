#include "cli/local_file.hpp"

#include <utility>

namespace titan::cli {

LocalPath take_apart(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {".", std::string(path)};
  return {std::string(path.substr(0, slash == 0 ? 1 : slash)), std::string(path.substr(slash + 1))};
}

std::string path_from(std::string_view folder, std::string_view path) {
  if (path.starts_with('/') || folder.empty() || folder == ".") return std::string(path);
  return std::string(folder) + (folder.ends_with('/') ? "" : "/") + std::string(path);
}

Result<std::string> read_local_file(const Env& env, const std::string& path,
                                    std::size_t bytes_max) {
  const LocalPath place = take_apart(path);
  auto folder = env.open_folder(place.folder);
  if (!folder) return about(path, std::move(folder).error());
  auto content = (*folder)->read(place.name, bytes_max);
  if (!content) return about(path, std::move(content).error());
  return content;
}

}  // namespace titan::cli
