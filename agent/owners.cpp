#include "agent/owners.hpp"

#include <charconv>
#include <optional>

#include "agent/limits.hpp"
#include "base/text.hpp"

namespace titan::agent {
namespace {

std::optional<std::uint32_t> number_of(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// The fields of each line of a file like passwd(5); of none when there is no file.
Result<std::vector<std::vector<std::string>>> lines_of(FileSystem& root, const std::string& path) {
  const auto text = root.read(path, kOwnersBytesMax);
  std::vector<std::vector<std::string>> lines;
  if (!text && text.error().code == ErrorCode::not_found) return lines;
  if (!text) return text.error();
  for (const std::string& line : split(*text, '\n')) lines.push_back(split(line, ':'));
  return lines;
}

}  // namespace

Result<void> Owners::load() {
  users_.clear();
  groups_of_users_.clear();
  groups_.clear();
  TITAN_ASSIGN(const auto users, lines_of(root_, "etc/passwd"));
  for (const auto& line : users) {
    if (line.size() < 4) continue;
    const auto user = number_of(line[2]);
    const auto group = number_of(line[3]);
    if (!user || !group) continue;
    users_.try_emplace(line[0], Owner{*user, *group});
    groups_of_users_.try_emplace(*user, *group);
  }
  TITAN_ASSIGN(const auto groups, lines_of(root_, "etc/group"));
  for (const auto& line : groups) {
    if (line.size() < 3) continue;
    if (const auto group = number_of(line[2])) groups_.try_emplace(line[0], *group);
  }
  loaded_ = true;
  return {};
}

Result<Owner> Owners::find(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view user = text.substr(0, colon);
  if (!loaded_) TITAN_TRY(load());
  Owner owner;
  if (const auto number = number_of(user)) {
    const auto group = groups_of_users_.find(*number);
    owner = {*number, group == groups_of_users_.end() ? *number : group->second};
  } else {
    const auto found = users_.find(user);
    if (found == users_.end()) {
      return not_found("there is no user " + quote(user) + " on this host");
    }
    owner = found->second;
  }
  if (colon == std::string_view::npos) return owner;
  const std::string_view group = text.substr(colon + 1);
  if (const auto number = number_of(group)) {
    owner.group = *number;
    return owner;
  }
  const auto found = groups_.find(group);
  if (found == groups_.end()) {
    return not_found("there is no group " + quote(group) + " on this host");
  }
  owner.group = found->second;
  return owner;
}

}  // namespace titan::agent
