#pragma once

#include <span>

#include "base/result.hpp"
#include "store/sqlite_connection.hpp"

// Internal to store/.
namespace titan::store {

// One step of the schema: the SQL that brings a file from the version before to `version`, and what
// SQL alone cannot do, which runs after it. A step that was released never changes; a new schema is
// a new step.
struct Migration {
  std::int64_t version = 0;
  const char* sql = "";
  Result<void> (*then)(Connection& connection) = nullptr;
};

// Brings the file from the version it says (PRAGMA user_version; 0 when new) to that of the last
// step. Each step is one transaction together with its version, so an interrupted migration goes
// on where it stopped. REQUIRES: the versions of `steps` are 1, 2, 3, …
// invalid: the file's version is newer than the last step. An error of a step names its version.
Result<void> migrate(Connection& connection, std::span<const Migration> steps);

}  // namespace titan::store
