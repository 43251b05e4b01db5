#include "tests/tidy/source_tree.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace titan::tests::tidy {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 10> kProductFolders = {
    "base",       "model",  "store",       "gitops", "render",
    "reconciler", "client", "server-lite", "agent",  "cli"};

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

// Nothing when Git is missing or this is not its work tree.
std::vector<std::string> paths_from_git(const std::string& root, ProcessRunner& processes) {
  // A checkout may belong to another user than the one who tests it, as in a container.
  const auto listing =
      processes.run({.arguments = {"git", "-c", "safe.directory=*", "-C", root, "ls-files", "-z",
                                   "--cached", "--others", "--exclude-standard"}});
  if (!listing || listing->exit_code != 0) return {};
  return split(listing->output, '\0');
}

std::vector<std::string> paths_from_disk(const fs::path& root) {
  std::vector<std::string> paths;
  std::error_code error;
  for (auto entry = fs::recursive_directory_iterator(root, error);
       entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    const auto path = entry->path().lexically_relative(root).generic_string();
    const bool hidden = path.front() == '.' && path != ".ci";
    if (entry->is_directory() && (path == "build" || hidden)) entry.disable_recursion_pending();
    if (entry->is_regular_file()) paths.push_back(path);
  }
  return paths;
}

}  // namespace

SourceFile::SourceFile(std::string path_given, std::string text_given)
    : path(std::move(path_given)), text(std::move(text_given)), lines(split(text, '\n')) {}

std::string_view SourceFile::folder() const {
  const auto slash = path.find('/');
  return slash == std::string::npos ? std::string_view{} : std::string_view(path).substr(0, slash);
}

std::string_view SourceFile::name() const {
  return std::string_view(path).substr(path.rfind('/') + 1);
}

bool SourceFile::is_code() const {
  return is_cpp() || path.ends_with(".cmake") || name() == "CMakeLists.txt" ||
         path.ends_with(".sh") || text.starts_with("#!");
}

bool SourceFile::is_cpp() const {
  return path.ends_with(".cpp") || is_header();
}

bool SourceFile::is_header() const {
  return path.ends_with(".hpp");
}

bool SourceFile::is_product() const {
  return std::find(kProductFolders.begin(), kProductFolders.end(), folder()) !=
         kProductFolders.end();
}

std::string report(const Offences& offences) {
  std::ostringstream out;
  for (const auto& offence : offences) {
    out << offence.path << ":" << offence.line << ": " << offence.message << "\n";
  }
  return out.str();
}

Result<SourceTree> read_source_tree(const std::string& root, ProcessRunner& processes) {
  auto paths = paths_from_git(root, processes);
  if (paths.empty()) paths = paths_from_disk(root);
  if (paths.empty()) return not_found("no file of the project is below " + root);
  std::sort(paths.begin(), paths.end());
  SourceTree tree;
  for (const auto& path : paths) {
    const auto file = fs::path(root) / path;
    if (!fs::is_regular_file(file)) continue;  // deleted, and Git was not told yet
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    if (!in) return unavailable("cannot read " + path);
    if (text.str().find('\0') == std::string::npos) tree.emplace_back(path, text.str());
  }
  return tree;
}

}  // namespace titan::tests::tidy
