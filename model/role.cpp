#include "model/role.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/text.hpp"

namespace titan::model {
namespace {

// In the order of enum Role.
constexpr std::array<std::string_view, 4> kNames = {"viewer", "developer", "platform", "admin"};

}  // namespace

std::string_view name_of(Role role) {
  return kNames[static_cast<std::size_t>(role)];
}

Result<Role> parse_role(std::string_view text) {
  const auto found = std::find(kNames.begin(), kNames.end(), text);
  if (found != kNames.end()) return static_cast<Role>(found - kNames.begin());
  const std::vector<std::string> names(kNames.begin(), kNames.end());
  return invalid(quote(text) + " is not a role: expected one of " + join(names, ", ") +
                 did_you_mean(text, names));
}

}  // namespace titan::model
