#include "model/key.hpp"

#include <algorithm>
#include <vector>

#include "base/text.hpp"
#include "model/limits.hpp"

namespace titan::model {
namespace {

bool is_lower_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytesMax && is_lower_alphanumeric(name.front()) &&
         is_lower_alphanumeric(name.back()) && std::all_of(name.begin(), name.end(), [](char c) {
           return is_lower_alphanumeric(c) || c == '-' || c == '.';
         });
}

}  // namespace

std::string Key::short_text() const {
  return workspace.empty() ? name : workspace + "/" + name;
}

std::string Key::text() const {
  return organization + "/" + std::string(singular_of(kind)) + "/" + short_text();
}

std::string Key::subject() const {
  return std::string(singular_of(kind)) + " " + short_text();
}

Result<Key> Key::parse(std::string_view text) {
  const auto refuse = [&] {
    return invalid(quote(text) +
                   " is not a key: expected ORGANIZATION/KIND/NAME or "
                   "ORGANIZATION/KIND/WORKSPACE/NAME");
  };
  if (text.size() > 4 * (kNameBytesMax + 1)) return refuse();
  const std::vector<std::string> parts = split(text, '/');
  if (parts.size() < 3) return refuse();
  const auto kind = parse_kind_word(parts[1]);
  if (!kind || parts[1] != singular_of(*kind)) return refuse();
  if (parts.size() != (in_workspace(*kind) ? 4 : 3)) return refuse();
  Key key{.organization = parts[0], .kind = *kind, .name = parts.back()};
  if (in_workspace(*kind)) key.workspace = parts[2];
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i != 1 && !is_name(parts[i])) return refuse();
  }
  return key;
}

Result<void> check_name(std::string_view field, std::string_view name) {
  if (is_name(name)) return {};
  return invalid_field(std::string(field),
                       quote(name) +
                           " is not a name: expected 1 to 63 of a-z, 0-9, '-' and '.', with a "
                           "letter or digit first and last");
}

}  // namespace titan::model
