#pragma once

#include <string>
#include <string_view>

#include "cli/env.hpp"

namespace titan::cli {

// "folder/name" taken apart; the folder of "name" is ".", of "/name" it is "/".
struct LocalPath {
  std::string folder;
  std::string name;
};
LocalPath take_apart(std::string_view path);
// `path` as seen from `folder`: itself when it is absolute.
std::string path_from(std::string_view folder, std::string_view path);

// A file as a person named it; the errors' subject is `path`.
Result<std::string> read_local_file(const Env& env, const std::string& path, std::size_t bytes_max);

}  // namespace titan::cli
