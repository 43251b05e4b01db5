#include <filesystem>
#include <functional>
#include <regex>
#include <set>

#include "tests/tidy/rules.hpp"

namespace titan::tests::tidy {
namespace {

// Every file, and every folder that holds one.
std::set<std::string> existing_paths(const SourceTree& tree) {
  std::set<std::string> paths;
  for (const auto& file : tree) {
    for (auto path = file.path; !path.empty();
         path.resize(path.find('/') == std::string::npos ? 0 : path.rfind('/'))) {
      paths.insert(path);
    }
  }
  return paths;
}

std::string normal(const std::filesystem::path& path) {
  auto text = path.lexically_normal().generic_string();
  if (text.ends_with('/')) text.pop_back();
  return text;
}

void for_each_match(const std::string& line, const std::regex& pattern,
                    const std::function<void(const std::string&)>& handle) {
  for (auto it = std::sregex_iterator(line.begin(), line.end(), pattern);
       it != std::sregex_iterator(); ++it) {
    handle((*it)[1].str());
  }
}

void check_line(const SourceFile& file, std::size_t index, const std::set<std::string>& paths,
                Offences& found) {
  // [text](path#heading), not https://… or #heading
  static const std::regex kLink(R"(\]\(([^)#:\s]+)(#[^)\s]*)?\))");
  // `folder/file`, without wildcards and placeholders
  static const std::regex kPath(R"(`((?:[\w.-]+/)+[\w.-]*)`)");
  const auto& line = file.lines[index];
  const auto folder = std::filesystem::path(file.path).parent_path();
  const auto complain = [&](const std::string& path) {
    found.push_back({file.path, index + 1, "\"" + path + "\" does not exist"});
  };
  for_each_match(line, kLink, [&](const std::string& target) {
    const auto path = normal(folder / target);
    if (path != "." && !paths.contains(path)) complain(target);
  });
  for_each_match(line, kPath, [&](const std::string& named) {
    const auto top = named.substr(0, named.find('/'));
    if (paths.contains(top) && !paths.contains(normal(named))) complain(named);
  });
}

}  // namespace

Offences folders_without_readme(const SourceTree& tree) {
  const auto paths = existing_paths(tree);
  std::set<std::string> folders;
  for (const auto& file : tree) {
    const auto folder = std::string(file.folder());
    if (folder.empty() || folder.front() == '.') continue;
    folders.insert(folder);
    const auto parent = std::filesystem::path(file.path).parent_path().generic_string();
    if (folder == "boards") folders.insert(parent);
  }
  Offences found;
  for (const auto& folder : folders) {
    if (!paths.contains(folder + "/README.md")) found.push_back({folder, 0, "has no README.md"});
  }
  return found;
}

Offences broken_references(const SourceTree& tree) {
  const auto paths = existing_paths(tree);
  Offences found;
  for (const auto& file : tree) {
    if (!file.path.ends_with(".md")) continue;
    bool in_code = false;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      const bool is_fence = file.lines[i].starts_with("```");
      in_code = in_code != is_fence;
      if (!in_code && !is_fence) check_line(file, i, paths, found);
    }
  }
  return found;
}

}  // namespace titan::tests::tidy
