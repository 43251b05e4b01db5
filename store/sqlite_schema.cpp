#include "store/sqlite_schema.hpp"

#include <array>

#include "model/kind.hpp"
#include "model/report.hpp"
#include "store/sqlite_rows.hpp"

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
static_assert(static_cast<int>(model::Kind::token) == 7);
static_assert(static_cast<int>(model::Kind::enrollment) == 8);
static_assert(static_cast<int>(model::Kind::device) == 9);
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

// The tables whose rows get new columns are made anew, so that the small columns stand before the
// large ones: SQLite reads a row from its start. The log of version 1 was never compacted.
constexpr const char* kVersion2 = R"sql(
ALTER TABLE meta ADD COLUMN horizon_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE meta ADD COLUMN horizon_time INTEGER NOT NULL DEFAULT 0;

CREATE TABLE cursors (
  name TEXT PRIMARY KEY,
  seq INTEGER NOT NULL
) STRICT;

DROP INDEX changes_by_kind;
ALTER TABLE changes RENAME TO changes_1;
CREATE TABLE changes (
  seq INTEGER PRIMARY KEY,
  previous INTEGER NOT NULL,
  alters INTEGER NOT NULL,
  time INTEGER NOT NULL UNIQUE,
  organization TEXT NOT NULL,
  kind INTEGER NOT NULL,
  workspace TEXT NOT NULL,
  name TEXT NOT NULL,
  actor TEXT NOT NULL,
  request_id TEXT NOT NULL,
  before TEXT,
  after TEXT,
  CHECK (before IS NOT NULL OR after IS NOT NULL)
) STRICT;
INSERT INTO changes
  SELECT seq, previous, ifnull(old <> new OR (old AND new AND old_version <> new_version), 0),
    time, organization, kind, workspace, name, actor, request_id, before, after
  FROM (
    SELECT *,
      CASE WHEN json_valid(before) THEN NOT ifnull(json_extract(before, '$.delete'), 0)
        ELSE 0 END AS old,
      CASE WHEN json_valid(after) THEN NOT ifnull(json_extract(after, '$.delete'), 0)
        ELSE 0 END AS new,
      CASE WHEN json_valid(before) THEN json_extract(before, '$.version') END AS old_version,
      CASE WHEN json_valid(after) THEN json_extract(after, '$.version') END AS new_version,
      CASE WHEN before IS NULL THEN 0 ELSE ifnull(lag(seq) OVER (
        PARTITION BY organization, kind, workspace, name ORDER BY seq), 0) END AS previous
    FROM changes_1)
  ORDER BY seq;
DROP TABLE changes_1;
CREATE INDEX changes_by_kind ON changes (kind, seq);
CREATE INDEX changes_that_alter ON changes (seq) WHERE alters;
CREATE INDEX changes_by_request ON changes (request_id, seq) WHERE request_id <> '';
CREATE INDEX deletions ON changes (organization, kind, workspace, name, seq) WHERE after IS NULL;

ALTER TABLE entities RENAME TO entities_1;
CREATE TABLE entities (
  organization TEXT NOT NULL,
  kind INTEGER NOT NULL,
  workspace TEXT NOT NULL,
  name TEXT NOT NULL,
  id TEXT NOT NULL UNIQUE,
  revision INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  state TEXT NOT NULL,
  PRIMARY KEY (organization, kind, workspace, name)
) STRICT;
INSERT INTO entities
  SELECT organization, kind, workspace, name, id,
    CASE WHEN json_valid(state) THEN ifnull(json_extract(state, '$.revision'), 0) ELSE 0 END,
    ifnull(last.seq, 0), state
  FROM entities_1
  LEFT JOIN (SELECT organization, kind, workspace, name, max(seq) AS seq FROM changes
    GROUP BY organization, kind, workspace, name) AS last
    USING (organization, kind, workspace, name);
DROP TABLE entities_1;

ALTER TABLE reports RENAME TO reports_1;
CREATE TABLE reports (
  organization TEXT NOT NULL,
  host TEXT NOT NULL,
  epoch TEXT NOT NULL,
  seq INTEGER NOT NULL,
  time INTEGER NOT NULL,
  digest TEXT NOT NULL,
  report TEXT NOT NULL,
  PRIMARY KEY (organization, host)
) STRICT;
INSERT INTO reports SELECT organization, host, epoch, seq, time, '', report FROM reports_1;
DROP TABLE reports_1;
)sql";

constexpr const char* kVersion3 = "CREATE INDEX changes_by_actor ON changes (actor, seq);";

// Until then there was one organization.
constexpr const char* kVersion4 = R"sql(
CREATE TABLE blob_owners (
  organization TEXT NOT NULL,
  digest TEXT NOT NULL,
  PRIMARY KEY (organization, digest)
) STRICT, WITHOUT ROWID;
INSERT INTO blob_owners SELECT 'default', digest FROM blobs;
)sql";

// One report at a time, whatever their number. One that is damaged gets the digest of nothing: its
// host is asked for another.
Result<void> write_digests(Connection& connection) {
  std::int64_t row = 0;
  while (true) {
    std::string text;
    {
      TITAN_ASSIGN(Statement next,
                   connection.query("SELECT rowid, report FROM reports WHERE rowid > ?1"
                                    " ORDER BY rowid LIMIT 1",
                                    row));
      TITAN_ASSIGN(const bool found, next.step());
      if (!found) return {};
      row = next.integer(0);
      text = next.bytes(1);
    }
    const auto report = read_report(text);
    const Digest digest = report ? digest_of(*report) : Digest();
    TITAN_TRY(
        connection.run("UPDATE reports SET digest = ?2 WHERE rowid = ?1", row, digest.text()));
  }
}

constexpr std::array<Migration, 4> kSteps = {
    Migration{.version = 1, .sql = kVersion1},
    Migration{.version = 2, .sql = kVersion2, .then = &write_digests},
    Migration{.version = 3, .sql = kVersion3}, Migration{.version = 4, .sql = kVersion4}};

}  // namespace

std::span<const Migration> schema_steps() {
  return kSteps;
}

}  // namespace titan::store
