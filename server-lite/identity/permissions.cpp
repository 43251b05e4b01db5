#include "server-lite/identity/permissions.hpp"

#include <array>
#include <string>

#include "base/assert.hpp"
#include "base/text.hpp"
#include "model/key.hpp"

namespace titan::server_lite {
namespace {

using model::Kind;
using model::Role;

// In the order of enum Area.
constexpr std::array<Permission, kAreas> kPermissions = {{
    {Area::everyone, "everything", Scope::none, {}, {}},
    {Area::signed_in, "what is yours", Scope::none, {}, {}},
    {Area::workspaces, "workspaces", Scope::workspace, Role::viewer, Role::platform},
    {Area::hosts, "hosts", Scope::anywhere, Role::viewer, Role::platform},
    {Area::host_contents, "what hosts hold", Scope::organization, Role::viewer, {}},
    {Area::own_host, "for a host", Scope::host, Role::admin, Role::admin},
    {Area::templates, "templates", Scope::anywhere, Role::viewer, Role::platform},
    {Area::blobs, "blobs", Scope::anywhere, Role::viewer, Role::platform},
    {Area::workloads, "workloads", Scope::workspace, Role::viewer, Role::developer},
    {Area::targets, "targets", Scope::workspace, Role::viewer, Role::developer},
    {Area::deployments, "deployments", Scope::workspace, Role::viewer, Role::developer},
    {Area::assignments, "assignments", Scope::workspace, Role::viewer, {}},
    {Area::secrets, "secrets", Scope::workspace, Role::viewer, Role::developer},
    {Area::tokens, "tokens", Scope::organization, Role::admin, Role::admin},
    {Area::enrollments, "enrollments", Scope::organization, Role::platform, Role::platform},
    {Area::devices, "devices", Scope::anywhere, Role::viewer, Role::platform},
    {Area::operations, "the server's own figures", Scope::operators, Role::viewer, {}},
}};

constexpr bool is_in_order() {
  for (int i = 0; i < kAreas; ++i) {
    if (kPermissions[static_cast<std::size_t>(i)].area != static_cast<Area>(i)) return false;
  }
  return true;
}
static_assert(is_in_order());

std::optional<Role> role_wanted(const Permission& permission, Act act) {
  return act == Act::read ? permission.read : permission.write;
}

// The role that counts, where the table says that it has to hold.
std::optional<Role> role_held(const Identity& who, const Permission& permission, Act act,
                              std::string_view workspace) {
  switch (permission.scope) {
    case Scope::none:
      break;
    case Scope::anywhere:
      return act == Act::read ? who.role_anywhere() : who.role_in("");
    case Scope::organization:
    case Scope::host:
      return who.role_in("");
    case Scope::workspace:
      return workspace.empty() ? who.role_anywhere() : who.role_in(workspace);
    case Scope::operators:
      if (who.organization != model::kDefaultOrganization) return std::nullopt;
      return who.role_in("");
  }
  return std::nullopt;
}

std::string place_text(Scope scope, std::string_view workspace) {
  if (scope == Scope::workspace && !workspace.empty()) return "workspace " + quote(workspace);
  if (scope == Scope::operators) return "the organization that runs the server";
  return "the organization";
}

}  // namespace

const Permission& permission_of(Area area) {
  return kPermissions[static_cast<std::size_t>(area)];
}

Area area_of(Kind kind) {
  // In the order of enum Kind.
  constexpr std::array<Area, model::kKinds.size()> kAreaOfKind = {
      Area::workspaces,  Area::hosts,       Area::templates,   Area::workloads,
      Area::targets,     Area::deployments, Area::assignments, Area::tokens,
      Area::enrollments, Area::devices,     Area::secrets};
  return kAreaOfKind[static_cast<std::size_t>(kind)];
}

Verdict decide(const Identity& who, Access access, std::string_view about) {
  if (access.area == Area::everyone) return Verdict::allowed;
  if (!who.is_known()) return Verdict::unknown;
  if (access.area == Area::signed_in) return Verdict::allowed;
  const Permission& permission = permission_of(access.area);
  if (permission.scope == Scope::host && !who.host.empty() && who.host == about) {
    return Verdict::allowed;
  }
  // It knows the digests of what its host needs, and no others.
  if (!who.host.empty() && access.area == Area::blobs && access.act == Act::read) {
    return Verdict::allowed;
  }
  if (permission.scope == Scope::workspace && !who.sees(about)) return Verdict::hidden;
  const std::optional<Role> wanted = role_wanted(permission, access.act);
  const std::optional<Role> held = role_held(who, permission, access.act, about);
  return wanted && held && *held >= *wanted ? Verdict::allowed : Verdict::denied;
}

Error refusal_of(const Identity& who, Access access, std::string_view about) {
  const Permission& permission = permission_of(access.area);
  switch (decide(who, access, about)) {
    case Verdict::allowed:
      break;
    case Verdict::unknown:
      return denied("expected \"Authorization: Bearer\" and a token that is known and not expired");
    case Verdict::hidden:
      return not_found("workspace " + quote(about) + " does not exist, or is not yours");
    case Verdict::denied: {
      const std::string what = std::string(access.act == Act::read ? "reading " : "writing ") +
                               std::string(permission.name);
      const auto wanted = role_wanted(permission, access.act);
      if (!wanted) return denied(what + " is for the server alone");
      const auto held = role_held(who, permission, access.act, about);
      return denied(what + " needs the role " + quote(model::name_of(*wanted)) + " in " +
                    place_text(permission.scope, about) + "; yours there is " +
                    (held ? quote(model::name_of(*held)) : std::string("none")));
    }
  }
  TITAN_ASSERT(false);
  return {};
}

}  // namespace titan::server_lite
