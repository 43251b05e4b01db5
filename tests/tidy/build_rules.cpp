#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "tests/tidy/rules.hpp"

namespace titan::tests::tidy {
namespace {

using FilesByPath = std::map<std::string, const SourceFile*, std::less<>>;

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

std::string joined(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : folder + "/" + name;
}

std::set<std::string> words_of(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '(' || c == ')'; }, ' ');
  std::istringstream stream(text);
  std::set<std::string> words;
  for (std::string word; stream >> word;) words.insert(word);
  return words;
}

// The CMakeLists.txt in the folder of `path`, or the nearest above it.
const SourceFile* build_file_of(const std::string& path, const FilesByPath& files) {
  for (auto folder = parent_of(path);; folder = parent_of(folder)) {
    const auto found = files.find(joined(folder, "CMakeLists.txt"));
    if (found != files.end()) return found->second;
    if (folder.empty()) return nullptr;
  }
}

bool is_built(const SourceFile& source, const FilesByPath& files) {
  const auto* build_file = build_file_of(source.path, files);
  if (build_file == nullptr) return false;
  const auto folder = parent_of(build_file->path);
  const auto relative = folder.empty() ? source.path : source.path.substr(folder.size() + 1);
  const auto words = words_of(build_file->text);
  return words.contains(relative) || (relative == "main.cpp" && words.contains("titan_program"));
}

bool is_named_by_a_module(const SourceFile& source, const SourceTree& tree) {
  return std::any_of(tree.begin(), tree.end(), [&](const SourceFile& file) {
    return file.path.ends_with(".cmake") && file.text.find(source.path) != std::string::npos;
  });
}

std::set<std::string> included_paths(const SourceTree& tree) {
  static const std::regex kInclude(R"(^\s*#\s*include\s*"([^"]+)\")");
  std::set<std::string> paths;
  for (const auto& file : tree) {
    if (!file.is_cpp()) continue;
    for (const auto& line : file.lines) {
      std::smatch match;
      if (std::regex_search(line, match, kInclude)) paths.insert(match[1].str());
    }
  }
  return paths;
}

}  // namespace

Offences orphans(const SourceTree& tree) {
  FilesByPath files;
  for (const auto& file : tree) files.emplace(file.path, &file);
  const auto included = included_paths(tree);
  Offences found;
  for (const auto& file : tree) {
    if (file.path.ends_with(".cpp") && !is_built(file, files) &&
        !is_named_by_a_module(file, tree)) {
      found.push_back({file.path, 0, "no CMakeLists.txt names it"});
    }
    if (file.is_header() && !included.contains(file.path)) {
      found.push_back({file.path, 0, "no file includes it"});
    }
  }
  return found;
}

Result<Offences> unformatted(const SourceTree& tree, const std::string& root,
                             ProcessRunner& processes) {
  Command command = {.arguments = {"clang-format", "--style=file", "--dry-run", "-Werror"},
                     .directory = root,
                     .timeout = std::chrono::minutes(2)};
  for (const auto& file : tree) {
    if (file.is_cpp()) command.arguments.push_back(file.path);
  }
  TITAN_ASSIGN(const auto outcome, processes.run(command));
  if (outcome.exit_code == 0) return Offences{};
  // "store/store.cpp:12:3: error: code should be clang-formatted [-Wclang-format-violations]"
  static const std::regex kPlace(R"(^(.+):(\d+):\d+: error:)");
  Offences found;
  std::istringstream errors(outcome.errors);
  for (std::string line; std::getline(errors, line);) {
    std::smatch match;
    if (!std::regex_search(line, match, kPlace)) continue;
    // One place per file is enough: the remedy is the same.
    if (!found.empty() && found.back().path == match[1].str()) continue;
    found.push_back({match[1].str(), std::stoul(match[2].str()), "run ./dev fmt"});
  }
  if (found.empty()) return internal("clang-format failed: " + outcome.errors);
  return found;
}

}  // namespace titan::tests::tidy
