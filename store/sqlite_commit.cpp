#include "store/sqlite_commit.hpp"

#include <algorithm>
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

// `revision`: the current one; none: nothing is there. `id`: of what is there.
Result<void> check_expected(const Mutation& mutation, std::optional<std::uint64_t> revision,
                            const std::string& id) {
  if (!mutation.entity && !revision) return not_found("it does not exist");
  if (!mutation.expected_revision) return {};
  const std::uint64_t expected = *mutation.expected_revision;
  const std::uint64_t found = revision.value_or(0);
  if (expected == found) {
    if (mutation.expected_id.empty() || mutation.expected_id == id) return {};
    return conflict("it is another one: that with the id " + mutation.expected_id +
                    " was deleted, and its name is used again");
  }
  const std::string at = "at revision " + std::to_string(found);
  const std::string wanted = "expected revision " + std::to_string(expected);
  if (!revision) return conflict("it does not exist; " + wanted);
  if (expected == 0) return conflict("it exists already, " + at);
  return conflict("it is " + at + "; " + wanted);
}

std::string quoted(Timestamp time) {
  return '"' + time.text() + '"';
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
  if (prepared.wanted && mutation.expected_revision == 0U) {
    TITAN_ASSIGN(const bool is_new, create(mutation.key, prepared, writing));
    if (is_new) return {};  // else find() says what is there
  }
  TITAN_ASSIGN(const std::optional<Found> found, find(mutation, prepared, writing));
  if (!found) {
    TITAN_TRY(create(mutation.key, prepared, writing));
    return {};
  }
  if (!prepared.wanted) return remove(mutation.key, *found, prepared, writing);
  if (!prepared.alters_state) return {};
  return update(mutation.key, *found, prepared, writing);
}

// What the mutation meets, if it may be carried out. Then `prepared.seen` is what is there.
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
  const std::string id = exists ? row.bytes(3) : std::string();
  if (const auto expected = check_expected(mutation, revision, id); !expected) {
    return refuse(about(key, expected.error()));
  }
  if (!exists) return std::optional<Found>();
  const Found found{.row = row.integer(0), .seq = static_cast<std::uint64_t>(row.integer(1))};
  auto& seen = prepared.seen;
  if (seen && seen->entity.revision == *revision && seen->entity.id == id) {
    if (seen->text.empty()) seen->text = row.bytes(4);
    return std::optional(found);
  }
  seen = StoredEntity{.text = row.bytes(4)};
  auto entity = parse(EntityRow{key, seen->text});
  if (!entity) return refuse(entity.error());
  seen->entity = std::move(*entity);
  prepared.relate();
  return std::optional(found);
}

// Whether nothing was there.
Result<bool> CommitJob::create(const Key& key, PreparedMutation& prepared, Writing& writing) {
  if (prepared.seen) {
    prepared.seen.reset();
    prepared.relate();
  }
  const auto written = next(model::Operation::created, writing);
  prepared.stamps[kCreatedTime] = prepared.stamps[kModifiedTime] = quoted(written.time);
  const std::string text = prepared.text.fill(prepared.stamps);
  TITAN_TRY(writing.connection.run(
      "INSERT INTO entities (organization, kind, workspace, name, id, revision, seq, state)"
      " VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?7)"
      " ON CONFLICT (organization, kind, workspace, name) DO NOTHING",
      key.organization, number_of(key.kind), key.workspace, key.name, prepared.new_id,
      number(written.seq), text));
  if (writing.connection.rows_changed() == 0) return false;
  prepared.written = written;
  TITAN_TRY(log(key, prepared, 0, nullptr, &text, writing));
  return true;
}

Result<void> CommitJob::update(const Key& key, const Found& found, PreparedMutation& prepared,
                               Writing& writing) {
  prepared.written = next(model::Operation::updated, writing);
  prepared.stamps[kModifiedTime] = quoted(prepared.written->time);
  const std::string text = prepared.text.fill(prepared.stamps);
  TITAN_TRY(writing.connection.run(
      "UPDATE entities SET revision = ?2, seq = ?3, state = ?4 WHERE rowid = ?1", found.row,
      number(prepared.wanted->revision), number(prepared.written->seq), text));
  return log(key, prepared, found.seq, &prepared.seen->text, &text, writing);
}

Result<void> CommitJob::remove(const Key& key, const Found& found, PreparedMutation& prepared,
                               Writing& writing) {
  prepared.written = next(model::Operation::deleted, writing);
  TITAN_TRY(writing.connection.run("DELETE FROM entities WHERE rowid = ?1", found.row));
  return log(key, prepared, found.seq, &prepared.seen->text, nullptr, writing);
}

PreparedMutation::Written CommitJob::next(model::Operation operation, Writing& writing) {
  return {.operation = operation, .seq = ++writing.position.seq, .time = writing.next_time()};
}

Result<void> CommitJob::log(const Key& key, const PreparedMutation& prepared,
                            std::uint64_t previous, const std::string* before,
                            const std::string* after, Writing& writing) {
  return writing.connection.run(
      "INSERT INTO changes (seq, previous, alters, time, organization, kind, workspace, name,"
      " actor, request_id, before, after)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
      number(prepared.written->seq), number(previous), std::int64_t{prepared.alters_desired},
      prepared.written->time.micros(), key.organization, number_of(key.kind), key.workspace,
      key.name, prepared_.batch.actor, prepared_.batch.request_id, before, after);
}

void CommitJob::add_changes(std::vector<Change>& all) {
  for (std::size_t i = 0; i < prepared_.mutations.size(); ++i) {
    PreparedMutation& mutation = prepared_.mutations[i];
    if (!mutation.written) continue;
    const auto& written = *mutation.written;
    Change& change = all.emplace_back();
    change.seq = written.seq;
    change.time = written.time;
    change.key = prepared_.batch.mutations[i].key;
    change.operation = written.operation;
    change.actor = prepared_.batch.actor;
    change.request_id = prepared_.batch.request_id;
    if (mutation.seen) change.before = std::move(mutation.seen->entity);
    if (!mutation.wanted) continue;
    change.after = *std::move(mutation.wanted);
    change.after->modified_time = written.time;
    if (!change.before) change.after->created_time = written.time;
  }
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
  const std::string quoted_time = quoted(time);
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

BlobJob::BlobJob(const BlobName& name, std::string_view bytes)
    : WriteJob(1 + bytes.size() / 1024), name_(name), bytes_(bytes) {}

Result<void> BlobJob::write(Writing& writing) {
  TITAN_TRY(writing.connection.run("INSERT OR IGNORE INTO blobs (digest, bytes) VALUES (?1, ?2)",
                                   name_.digest.text(), Blob{bytes_}));
  TITAN_TRY(writing.connection.run(
      "INSERT OR IGNORE INTO blob_owners (organization, digest) VALUES (?1, ?2)",
      name_.organization, name_.digest.text()));
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
