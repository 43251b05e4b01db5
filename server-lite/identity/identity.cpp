#include "server-lite/identity/identity.hpp"

#include <algorithm>

namespace titan::server_lite {
namespace {

using model::Grant;
using model::Role;

template <class Counts>
std::optional<Role> greatest(const std::vector<Grant>& grants, Counts&& counts) {
  std::optional<Role> role;
  for (const Grant& grant : grants) {
    if (counts(grant) && (!role || grant.role > *role)) role = grant.role;
  }
  return role;
}

}  // namespace

std::optional<Role> Identity::role_in(std::string_view workspace) const {
  return greatest(grants, [&](const model::Grant& grant) {
    return grant.workspace.empty() || grant.workspace == workspace;
  });
}

std::optional<Role> Identity::role_anywhere() const {
  return greatest(grants, [](const model::Grant&) { return true; });
}

std::vector<std::string> Identity::workspaces() const {
  std::vector<std::string> names;
  for (const model::Grant& grant : grants) {
    if (grant.workspace.empty()) return {};
    names.push_back(grant.workspace);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace titan::server_lite
