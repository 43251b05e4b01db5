#pragma once

#include <optional>
#include <string_view>

#include "base/error.hpp"
#include "model/kind.hpp"
#include "model/role.hpp"
#include "server-lite/identity/identity.hpp"

// Who may do what: one table, in permissions.cpp, and the one function that reads it. Every route
// names its line of the table (Route::access), and whoever writes several entities at once asks for
// each of them.
namespace titan::server_lite {

// What a request is about.
enum class Area {
  everyone,       // asked by anybody
  signed_in,      // asked by whoever is known; what is answered depends on who that is
  workspaces,     // each is judged as one, by its name
  hosts,          //
  host_contents,  // what hosts hold and should hold, of all workspaces
  own_host,       // what a host says and asks of itself; an admin may speak for it
  templates,      //
  blobs,          // of templates; a device may read them, too
  workloads,
  targets,
  deployments,
  assignments,
  secrets,  // reading shows digests alone
  tokens,
  enrollments,
  devices,
  operations,  // how the server itself is
};
inline constexpr int kAreas = static_cast<int>(Area::operations) + 1;

enum class Act { read, write };

struct Access {
  Area area = Area::everyone;
  Act act = Act::read;
};

// Where a role must hold for an area.
enum class Scope {
  none,          // nobody is asked for a role
  anywhere,      // reading: anywhere in the organization; writing: in the whole of it
  organization,  // in the whole organization
  workspace,     // in the workspace that is asked about
  host,          // of the host that asks, or in the whole organization
  operators,     // in the whole of the organization `default`, which runs the server
};

// A line of the table. Without a role nobody may, whoever it is.
struct Permission {
  Area area = Area::everyone;
  std::string_view name = {};  // "host contents", for messages
  Scope scope = Scope::none;
  std::optional<model::Role> read = {};
  std::optional<model::Role> write = {};
};
const Permission& permission_of(Area area);

// The area that the entities of a kind belong to.
Area area_of(model::Kind kind);

enum class Verdict {
  allowed,
  unknown,  // it has to say who it is: 401
  hidden,   // it may not know whether that exists: 404
  denied,   // 403
};
// `about`: the workspace that is asked about, or the host, with the area `own_host`; empty when
// there is none, as in a list across all workspaces, which shows what `who` may see.
Verdict decide(const Identity& who, Access access, std::string_view about);
// Why not, in a sentence. REQUIRES: the verdict was not `allowed`.
Error refusal_of(const Identity& who, Access access, std::string_view about);

}  // namespace titan::server_lite
