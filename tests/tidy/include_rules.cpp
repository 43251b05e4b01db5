#include <algorithm>
#include <map>
#include <optional>
#include <regex>
#include <set>

#include "tests/tidy/rules.hpp"

namespace titan::tests::tidy {
namespace {

// The floors of DESIGN: a folder, and what it may include besides itself. A folder below another
// that stands here itself is held apart from it.
const std::map<std::string, std::set<std::string>, std::less<>>& arrows() {
  static const std::map<std::string, std::set<std::string>, std::less<>> kArrows = {
      {"base", {}},
      {"model", {"base"}},
      {"store", {"model", "base"}},
      {"gitops", {"model", "base"}},
      {"render", {"model", "base"}},
      {"reconciler", {"render", "model", "base"}},
      {"client", {"model", "base"}},
      {"server-lite/front_door", {"base"}},
      {"server-lite/oidc", {"client", "model", "base"}},
      {"server-lite/web", {"client", "base"}},
      {"server-lite",
       {"server-lite/front_door", "server-lite/oidc", "server-lite/web", "store", "gitops",
        "render", "reconciler", "model", "base"}},
      {"agent", {"gitops", "render", "reconciler", "client", "model", "base"}},
      {"cli", {"client", "render", "model", "base"}},
  };
  return kArrows;
}

struct HeaderBan {
  std::string_view header;        // a prefix of what stands in the angle brackets
  std::set<std::string> folders;  // that may include it, and tests/<folder> with them
  bool in_headers;                // whether their .hpp may, too
};

const std::vector<HeaderBan>& header_bans() {
  static const std::vector<HeaderBan> kBans = {
      {"sqlite3.h", {"store"}, true},
      {"git2", {"gitops"}, true},
      {"libssh2", {"gitops"}, false},
      {"openssl/", {"client", "server-lite", "bench", "support"}, false},
      {"sodium", {"base"}, false},
      {"yaml-cpp/", {"base"}, false},
      {"CLI/", {"cli", "agent", "server-lite"}, false},
  };
  return kBans;
}

std::optional<std::string> match_of(const std::string& line, const std::regex& pattern) {
  std::smatch match;
  if (!std::regex_search(line, match, pattern)) return std::nullopt;
  return match[1].str();
}

std::string first_folder(const std::string& path) {
  return path.substr(0, path.find('/'));
}

// The folder among the arrows that `path` is in: "server-lite/front_door", but "server-lite" for
// every other file below it.
std::string floor_of(const std::string& path) {
  const auto below = path.substr(0, path.find('/', first_folder(path).size() + 1));
  return arrows().contains(below) ? below : first_folder(path);
}

// "server-lite" of "titan::server_lite", "server-lite/front_door" of "titan::front_door"; nothing
// when no folder is called so.
std::optional<std::string> floor_of_target(const std::string& target) {
  for (const auto& [floor, allowed] : arrows()) {
    auto name = floor.substr(floor.rfind('/') + 1);
    std::replace(name.begin(), name.end(), '-', '_');
    if (name == target) return floor;
  }
  return std::nullopt;
}

bool arrow_allows(std::string_view from, const std::string& to) {
  return from == to || arrows().find(from)->second.contains(to);
}

void check_includes(const SourceFile& file, const std::set<std::string>& paths, Offences& found) {
  static const std::regex kInclude(R"(^\s*#\s*include\s*"([^"]+)\")");
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    const auto included = match_of(file.lines[i], kInclude);
    if (!included) continue;
    if (!paths.contains(*included)) {
      found.push_back({file.path, i + 1, "\"" + *included + "\" is no file from the root"});
    } else if (file.is_product() && !arrow_allows(floor_of(file.path), floor_of(*included))) {
      found.push_back(
          {file.path, i + 1, floor_of(file.path) + "/ may not include \"" + *included + "\""});
    } else if ((file.folder() == "bench" || file.folder() == "fuzz") &&
               first_folder(*included) == "tests") {
      found.push_back({file.path, i + 1,
                       std::string(file.folder()) + "/ may not include \"" + *included + "\""});
    }
  }
}

void check_links(const SourceFile& file, Offences& found) {
  static const std::regex kTarget(R"(titan::([a-z][a-z_-]*))");
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    for (auto it = std::sregex_iterator(file.lines[i].begin(), file.lines[i].end(), kTarget);
         it != std::sregex_iterator(); ++it) {
      const auto linked = floor_of_target((*it)[1].str());
      if (!linked || arrow_allows(floor_of(file.path), *linked)) continue;
      found.push_back({file.path, i + 1, floor_of(file.path) + "/ may not link " + it->str()});
    }
  }
}

bool may_include(const SourceFile& file, const HeaderBan& ban) {
  const auto folder = std::string(file.folder());
  if (folder == "tests") {
    const auto below = first_folder(file.path.substr(folder.size() + 1));
    return ban.folders.contains(below);
  }
  return ban.folders.contains(folder) && (ban.in_headers || !file.is_header());
}

}  // namespace

Offences floors(const SourceTree& tree) {
  std::set<std::string> paths;
  for (const auto& file : tree) paths.insert(file.path);
  Offences found;
  for (const auto& file : tree) {
    if (file.is_cpp()) check_includes(file, paths, found);
    if (file.is_product() && file.name() == "CMakeLists.txt") check_links(file, found);
  }
  return found;
}

Offences third_party_headers(const SourceTree& tree) {
  static const std::regex kInclude(R"(^\s*#\s*include\s*<([^>]+)>)");
  Offences found;
  for (const auto& file : tree) {
    if (!file.is_cpp()) continue;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      const auto included = match_of(file.lines[i], kInclude);
      if (!included) continue;
      for (const auto& ban : header_bans()) {
        if (!included->starts_with(ban.header) || may_include(file, ban)) continue;
        found.push_back({file.path, i + 1, "<" + *included + "> may not be included here"});
      }
      if (*included == "nlohmann/json.hpp" && file.is_product() && file.is_header()) {
        found.push_back({file.path, i + 1, "headers include <nlohmann/json_fwd.hpp> instead"});
      }
    }
  }
  return found;
}

}  // namespace titan::tests::tidy
