#include "model/path_pattern.hpp"

#include <utility>

#include "base/text.hpp"
#include "model/limits.hpp"

namespace titan::model {
namespace {

constexpr std::string_view kAnyFolders = "**";

// "*" takes as little as it can, and one more whenever what follows does not fit: only the last
// "*" has to be tried again.
bool name_matches(std::string_view pattern, std::string_view name) {
  std::size_t at = 0;
  std::size_t from = 0;
  std::size_t star = std::string_view::npos;
  std::size_t taken = 0;
  while (from < name.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      taken = from;
    } else if (at < pattern.size() && (pattern[at] == '?' || pattern[at] == name[from])) {
      ++at;
      ++from;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      from = ++taken;
    } else {
      return false;
    }
  }
  while (at < pattern.size() && pattern[at] == '*') ++at;
  return at == pattern.size();
}

}  // namespace

Result<PathPattern> PathPattern::parse(std::string_view text) {
  if (text.size() > kPathPatternBytesMax) {
    return exhausted("the pattern is longer than " + std::to_string(kPathPatternBytesMax) +
                     " bytes");
  }
  if (text.starts_with('!')) {
    return invalid(quote(text) +
                   " begins with \"!\", which takes nothing back here; leave out the "
                   "pattern that is too wide");
  }
  if (text.find_first_of("[]\\") != std::string_view::npos) {
    return invalid(quote(text) +
                   R"( holds "[", "]" or "\"; expected names with "*", "?" and "**")");
  }
  PathPattern pattern;
  pattern.text_ = text;
  std::string_view rest = text;
  pattern.folders_only_ = rest.ends_with('/');
  if (pattern.folders_only_) rest.remove_suffix(1);
  bool is_anchored = rest.find('/') != std::string_view::npos;
  if (rest.starts_with('/')) rest.remove_prefix(1);
  if (!is_anchored) pattern.names_.emplace_back(kAnyFolders);
  for (std::string& name : split(rest, '/')) {
    if (name.empty() || name == "." || name == "..") {
      return invalid(quote(text) + " has an empty name, \".\" or \"..\" in it");
    }
    pattern.names_.push_back(std::move(name));
  }
  return pattern;
}

// By the table of "the first i names of the pattern fit the first j of the path": no pattern makes
// that slow.
bool PathPattern::matches(std::string_view path, bool is_folder) const {
  if (folders_only_ && !is_folder) return false;
  const std::vector<std::string> parts = split(path, '/');
  std::vector<bool> fits(parts.size() + 1, false);
  fits[0] = true;
  for (const std::string& name : names_) {
    std::vector<bool> next(parts.size() + 1, false);
    if (name == kAnyFolders) {
      bool any = false;
      for (std::size_t j = 0; j <= parts.size(); ++j) next[j] = any = any || fits[j];
    } else {
      for (std::size_t j = 0; j < parts.size(); ++j) {
        next[j + 1] = fits[j] && name_matches(name, parts[j]);
      }
    }
    fits = std::move(next);
  }
  return fits[parts.size()];
}

bool PathPattern::covers(std::string_view file) const {
  if (matches(file, false)) return true;
  for (std::size_t at = file.find('/'); at != std::string_view::npos; at = file.find('/', at + 1)) {
    if (matches(file.substr(0, at), true)) return true;
  }
  return false;
}

}  // namespace titan::model
