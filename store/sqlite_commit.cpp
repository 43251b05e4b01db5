#include "store/sqlite_commit.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "store/sqlite_rows.hpp"

namespace titan::store {
namespace {

using model::Change;
using model::Entity;
using model::Key;

std::size_t weight_of(const Batch& batch) {
  return 1 + batch.mutations.size() + batch.observations.size();
}

Error about(const Key& key, Error error) {
  error.subject = key.subject();
  return error;
}

bool same_state(const Entity& left, const Entity& right) {
  return left.spec == right.spec && left.status == right.status && left.reason == right.reason &&
         left.tags == right.tags && left.deleting == right.deleting;
}

// `revision`: the current one; none: nothing is there.
Result<void> check_expected(const Mutation& mutation, std::optional<std::uint64_t> revision) {
  if (!mutation.entity && !revision) return not_found("it does not exist");
  if (!mutation.expected_revision) return {};
  const std::uint64_t expected = *mutation.expected_revision;
  const std::uint64_t found = revision.value_or(0);
  if (expected == found) return {};
  const std::string at = "at revision " + std::to_string(found);
  const std::string wanted = "expected revision " + std::to_string(expected);
  if (!revision) return conflict("it does not exist; " + wanted);
  if (expected == 0) return conflict("it exists already, " + at);
  return conflict("it is " + at + "; " + wanted);
}

std::int64_t number(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}

}  // namespace

CommitJob::CommitJob(PreparedBatch prepared)
    : WriteJob(weight_of(prepared.batch)), prepared_(std::move(prepared)) {}

bool CommitJob::may_fail_halfway() const {
  // Observations are never refused; a single mutation is before anything is written.
  return prepared_.batch.mutations.size() + (prepared_.batch.cursor ? 1 : 0) > 1;
}

std::vector<Change> CommitJob::take_changes() {
  const auto at = [&](std::size_t index) {
    return std::make_move_iterator(group_changes->begin() + static_cast<std::ptrdiff_t>(index));
  };
  return {at(first_change), at(end_change)};
}

Result<void> CommitJob::write(Writing& writing) {
  const Batch& batch = prepared_.batch;
  for (std::size_t i = 0; i < batch.mutations.size(); ++i) {
    TITAN_TRY(apply(batch.mutations[i], prepared_.mutations[i], writing));
  }
  if (batch.cursor) TITAN_TRY(move(*batch.cursor, writing));
  for (std::size_t i = 0; i < batch.observations.size(); ++i) {
    TITAN_TRY(apply(batch.observations[i], prepared_.reports[i], writing));
  }
  return {};
}

Result<void> CommitJob::apply(const Mutation& mutation, PreparedMutation& prepared,
                              Writing& writing) {
  TITAN_ASSIGN(std::optional<Found> found, find(mutation, prepared, writing));
  if (!found) return create(prepared, writing);
  if (!prepared.wanted) return remove(std::move(*found), writing);
  if (same_state(found->stored.entity, *prepared.wanted)) return {};
  return update(std::move(*found), prepared, writing);
}

// What the mutation meets, if it may be carried out.
Result<std::optional<Found>> CommitJob::find(const Mutation& mutation, PreparedMutation& prepared,
                                             Writing& writing) {
  const Key& key = mutation.key;
  TITAN_ASSIGN(Statement row, writing.connection.query(
                                  "SELECT rowid, seq, revision, id, state FROM entities"
                                  " WHERE organization = ?1 AND kind = ?2"
                                  " AND workspace = ?3 AND name = ?4",
                                  key.organization, number_of(key.kind), key.workspace, key.name));
  TITAN_ASSIGN(const bool exists, row.step());
  const auto revision = exists ? std::optional<std::uint64_t>(row.integer(2)) : std::nullopt;
  if (const auto expected = check_expected(mutation, revision); !expected) {
    return refuse(about(key, expected.error()));
  }
  if (!exists) return std::optional<Found>();
  Found found{.row = row.integer(0), .seq = static_cast<std::uint64_t>(row.integer(1))};
  auto& seen = prepared.seen;
  if (seen && seen->entity.revision == *revision && seen->entity.id == row.bytes(3)) {
    found.stored = std::move(*seen);
    if (found.stored.text.empty()) found.stored.text = row.bytes(4);
    return std::optional(std::move(found));
  }
  found.stored.text = row.bytes(4);
  auto entity = parse(EntityRow{key, found.stored.text});
  if (!entity) return refuse(entity.error());
  found.stored.entity = std::move(*entity);
  return std::optional(std::move(found));
}

Result<void> CommitJob::create(PreparedMutation& prepared, Writing& writing) {
  Entity entity = std::move(*prepared.wanted);
  const Key key = entity.key();
  Change change = next_change(key, model::Operation::created, writing);
  entity.id = make_uuid(writing.random);
  entity.created_time = entity.modified_time = change.time;
  entity.revision = entity.version = 1;
  const std::string text = prepared.text.fill(stamps_of(entity));
  TITAN_TRY(writing.connection.run(
      "INSERT INTO entities (organization, kind, workspace, name, id, revision, seq, state)"
      " VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?7)",
      key.organization, number_of(key.kind), key.workspace, key.name, entity.id, number(change.seq),
      text));
  change.after = std::move(entity);
  return log(std::move(change), 0, nullptr, &text, writing);
}

Result<void> CommitJob::update(Found found, PreparedMutation& prepared, Writing& writing) {
  const Entity& before = found.stored.entity;
  Entity entity = std::move(*prepared.wanted);
  Change change = next_change(entity.key(), model::Operation::updated, writing);
  entity.id = before.id;
  entity.created_time = before.created_time;
  entity.modified_time = change.time;
  entity.revision = before.revision + 1;
  entity.version = before.version + (entity.spec == before.spec ? 0 : 1);
  const std::string text = prepared.text.fill(stamps_of(entity));
  TITAN_TRY(writing.connection.run(
      "UPDATE entities SET revision = ?2, seq = ?3, state = ?4 WHERE rowid = ?1", found.row,
      number(entity.revision), number(change.seq), text));
  change.before = std::move(found.stored.entity);
  change.after = std::move(entity);
  return log(std::move(change), found.seq, &found.stored.text, &text, writing);
}

Result<void> CommitJob::remove(Found found, Writing& writing) {
  Change change = next_change(found.stored.entity.key(), model::Operation::deleted, writing);
  TITAN_TRY(writing.connection.run("DELETE FROM entities WHERE rowid = ?1", found.row));
  change.before = std::move(found.stored.entity);
  return log(std::move(change), found.seq, &found.stored.text, nullptr, writing);
}

Change CommitJob::next_change(const Key& key, model::Operation operation, Writing& writing) {
  return {.seq = ++writing.position.seq,
          .time = writing.next_time(),
          .key = key,
          .operation = operation,
          .actor = prepared_.batch.actor,
          .request_id = prepared_.batch.request_id};
}

Result<void> CommitJob::log(Change change, std::uint64_t previous, const std::string* before,
                            const std::string* after, Writing& writing) {
  TITAN_TRY(writing.connection.run(
      "INSERT INTO changes (seq, previous, alters, time, organization, kind, workspace, name,"
      " actor, request_id, before, after)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
      number(change.seq), number(previous), std::int64_t{model::alters_desired_state(change)},
      change.time.micros(), change.key.organization, number_of(change.key.kind),
      change.key.workspace, change.key.name, change.actor, change.request_id, before, after));
  writing.changes.push_back(std::move(change));
  return {};
}

Result<void> CommitJob::apply(const Observation& observation,
                              std::optional<PreparedReport>& prepared, Writing& writing) {
  Connection& connection = writing.connection;
  if (!prepared) {
    return connection.run("DELETE FROM reports WHERE organization = ?1 AND host = ?2",
                          observation.organization, observation.host);
  }
  Timestamp before_time;
  {
    TITAN_ASSIGN(Statement before,
                 connection.query("SELECT time FROM reports WHERE organization = ?1 AND host = ?2",
                                  observation.organization, observation.host));
    TITAN_ASSIGN(const bool exists, before.step());
    if (exists) before_time = Timestamp::from_micros(before.integer(0));
  }
  if (before_time != prepared->seen_time) {
    // Another report came in between. One that is damaged is replaced like none.
    TITAN_ASSIGN(auto row, find_report(connection, observation.organization, observation.host));
    const auto before = row ? parse(std::move(*row)) : Result<StoredReport>(not_found(""));
    prepared->text = text_after(prepared->report, before ? &*before : nullptr);
  }
  const Timestamp time = writing.next_time();
  const std::string quoted_time = "\"" + time.text() + "\"";
  return connection.run(
      "INSERT INTO reports (organization, host, epoch, seq, time, digest, report)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE"
      " SET epoch = ?3, seq = ?4, time = ?5, digest = ?6, report = ?7",
      observation.organization, observation.host, observation.bookmark.epoch,
      number(observation.bookmark.seq), time.micros(), prepared->digest.text(),
      prepared->text.fill({&quoted_time, 1}));
}

Result<void> CommitJob::move(const Cursor& cursor, Writing& writing) {
  if (cursor.seq > writing.position.seq) {
    Error error = invalid("seq " + std::to_string(cursor.seq) + " is after the last change, " +
                          std::to_string(writing.position.seq));
    error.subject = "cursor " + cursor.name;
    return refuse(std::move(error));
  }
  return writing.connection.run(
      "INSERT INTO cursors (name, seq) VALUES (?1, ?2)"
      " ON CONFLICT DO UPDATE SET seq = ?2 WHERE seq < ?2",
      cursor.name, number(cursor.seq));
}

BlobJob::BlobJob(const Digest& digest, std::string_view bytes)
    : WriteJob(1 + bytes.size() / 1024), digest_(digest), bytes_(bytes) {}

Result<void> BlobJob::write(Writing& writing) {
  TITAN_TRY(writing.connection.run("INSERT OR IGNORE INTO blobs (digest, bytes) VALUES (?1, ?2)",
                                   digest_.text(), Blob{bytes_}));
  is_new_ = writing.connection.rows_changed() > 0;
  return {};
}

CompactJob::CompactJob(std::uint64_t seq, std::size_t limit)
    : WriteJob(limit), seq_(seq), limit_(limit) {}

Result<void> CompactJob::write(Writing& writing) {
  Connection& connection = writing.connection;
  horizon_ = writing.position.horizon;
  std::int64_t last = 0;
  std::int64_t time = 0;
  {
    TITAN_ASSIGN(
        Statement oldest,
        connection.query("SELECT max(seq), max(time) FROM (SELECT seq, time FROM changes"
                         " WHERE seq <= min(?1, ifnull((SELECT min(seq) FROM cursors), ?1))"
                         " ORDER BY seq LIMIT ?2)",
                         number(std::min<std::uint64_t>(seq_, INT64_MAX)), number(limit_)));
    TITAN_TRY(oldest.step());
    if (oldest.is_null(0)) return {};
    last = oldest.integer(0);
    time = oldest.integer(1);
  }
  TITAN_TRY(connection.run("DELETE FROM changes WHERE seq <= ?1", last));
  TITAN_TRY(connection.run("UPDATE meta SET horizon_seq = ?1, horizon_time = ?2", last, time));
  horizon_ = writing.position.horizon = static_cast<std::uint64_t>(last);
  return {};
}

}  // namespace titan::store
