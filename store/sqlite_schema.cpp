#include "store/sqlite_schema.hpp"

#include <array>

#include "model/kind.hpp"

namespace titan::store {
namespace {

// Kinds stand in the file as their numbers, so that its order is the order of keys.
static_assert(static_cast<int>(model::Kind::workspace) == 0);
static_assert(static_cast<int>(model::Kind::host) == 1);
static_assert(static_cast<int>(model::Kind::template_) == 2);
static_assert(static_cast<int>(model::Kind::workload) == 3);
static_assert(static_cast<int>(model::Kind::target) == 4);
static_assert(static_cast<int>(model::Kind::deployment) == 5);
static_assert(static_cast<int>(model::Kind::assignment) == 6);
static_assert(kApplicationId == 1953068142);

constexpr const char* kVersion1 = R"sql(
PRAGMA application_id = 1953068142;

CREATE TABLE meta (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  epoch TEXT NOT NULL,
  last_seq INTEGER NOT NULL,
  last_time INTEGER NOT NULL
) STRICT;

CREATE TABLE entities (
  organization TEXT NOT NULL,
  kind INTEGER NOT NULL,
  workspace TEXT NOT NULL,
  name TEXT NOT NULL,
  id TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL,
  PRIMARY KEY (organization, kind, workspace, name)
) STRICT;

CREATE TABLE changes (
  seq INTEGER PRIMARY KEY,
  time INTEGER NOT NULL UNIQUE,
  organization TEXT NOT NULL,
  kind INTEGER NOT NULL,
  workspace TEXT NOT NULL,
  name TEXT NOT NULL,
  before TEXT,
  after TEXT,
  actor TEXT NOT NULL,
  request_id TEXT NOT NULL,
  CHECK (before IS NOT NULL OR after IS NOT NULL)
) STRICT;
CREATE INDEX changes_by_kind ON changes (kind, seq);

CREATE TABLE reports (
  organization TEXT NOT NULL,
  host TEXT NOT NULL,
  epoch TEXT NOT NULL,
  seq INTEGER NOT NULL,
  time INTEGER NOT NULL,
  report TEXT NOT NULL,
  PRIMARY KEY (organization, host)
) STRICT;

CREATE TABLE blobs (
  digest TEXT PRIMARY KEY,
  bytes BLOB NOT NULL
) STRICT;
)sql";

constexpr std::array<Migration, 1> kSteps = {Migration{.version = 1, .sql = kVersion1}};

}  // namespace

std::span<const Migration> schema_steps() {
  return kSteps;
}

}  // namespace titan::store
