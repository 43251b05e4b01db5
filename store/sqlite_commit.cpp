#include "store/sqlite_commit.hpp"

#include <algorithm>
#include <utility>

#include "store/limits.hpp"
#include "store/sqlite_rows.hpp"

namespace titan::store {
namespace {

using model::Change;
using model::Entity;
using model::Key;

Error about(const Key& key, Error error) {
  error.subject = key.subject();
  return error;
}

Result<void> check_size(std::string_view what, std::size_t count) {
  if (count <= kBatchMutationsMax) return {};
  return exhausted("a batch of " + std::to_string(count) + " " + std::string(what) + "; at most " +
                   std::to_string(kBatchMutationsMax) + " are written together");
}

Result<void> check_length(std::string_view text) {
  if (text.size() <= kStateBytesMax) return {};
  return exhausted("it takes " + std::to_string(text.size()) + " bytes as JSON; at most " +
                   std::to_string(kStateBytesMax) + " are stored");
}

// What the entity is once it was stored and read: JSON replaces bytes that are not UTF-8, and an
// entity that is not valid must not get in, since every list with it would fail from then on.
Result<Entity> as_read_back(const Entity& entity, const Key& key) {
  const std::string text = text_of(entity);
  if (const auto sized = check_length(text); !sized) return about(key, sized.error());
  auto read = read_entity(text);
  if (!read) return about(key, read.error().context("this cannot be stored"));
  if (read->key() != key) {
    return about(key, invalid("the entity is " + read->key().subject() +
                              "; expected one with the key of the mutation"));
  }
  return read;
}

// The text of the report, after the same check; empty to forget the host.
Result<std::string> checked_text(const Observation& observation) {
  if (!observation.report) return std::string();
  const auto refuse = [&](Error error) {
    error.subject = "host " + observation.host;
    return error;
  };
  std::string text = text_of(*observation.report);
  if (const auto sized = check_length(text); !sized) return refuse(sized.error());
  const auto read = read_report(text);
  if (!read) return refuse(read.error().context("this report cannot be stored"));
  return text;
}

bool same_state(const Entity& left, const Entity& right) {
  return left.spec == right.spec && left.status == right.status && left.reason == right.reason &&
         left.tags == right.tags && left.deleting == right.deleting;
}

struct Stored {
  Entity entity;
  std::string text;
};

Result<void> check_expected(const Mutation& mutation, const std::optional<Stored>& stored) {
  if (!mutation.entity && !stored) return about(mutation.key, not_found("it does not exist"));
  if (!mutation.expected_revision) return {};
  const std::uint64_t expected = *mutation.expected_revision;
  const std::uint64_t found = stored ? stored->entity.revision : 0;
  if (expected == found) return {};
  const std::string at = "at revision " + std::to_string(found);
  const std::string wanted = "expected revision " + std::to_string(expected);
  if (found == 0) return about(mutation.key, conflict("it does not exist; " + wanted));
  if (expected == 0) return about(mutation.key, conflict("it exists already, " + at));
  return about(mutation.key, conflict("it is " + at + "; " + wanted));
}

// The writes of one batch inside one transaction.
class BatchWriter {
 public:
  BatchWriter(const Batch& batch, Connection& connection, Position position, const Clock& clock,
              Random& random)
      : batch_(batch),
        connection_(connection),
        clock_(clock),
        random_(random),
        written_{.position = position} {}

  Result<void> apply(const Mutation& mutation, const std::optional<Entity>& wanted) {
    TITAN_ASSIGN(const std::optional<Stored> stored, find(mutation.key));
    TITAN_TRY(check_expected(mutation, stored));
    if (!wanted) return remove(mutation.key, *stored);
    if (!stored) return create(mutation.key, *wanted);
    if (same_state(stored->entity, *wanted)) return {};
    return update(mutation.key, *stored, *wanted);
  }

  Result<void> apply(const Observation& observation, const std::string& report) {
    if (!observation.report) {
      return connection_.run("DELETE FROM reports WHERE organization = ?1 AND host = ?2",
                             observation.organization, observation.host);
    }
    return connection_.run(
        "INSERT INTO reports (organization, host, epoch, seq, time, report)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
        " ON CONFLICT DO UPDATE SET epoch = ?3, seq = ?4, time = ?5, report = ?6",
        observation.organization, observation.host, observation.bookmark.epoch,
        static_cast<std::int64_t>(observation.bookmark.seq), next_time().micros(), report);
  }

  Result<Written> finish() {
    TITAN_TRY(connection_.run(
        "UPDATE meta SET last_seq = ?1, last_time = ?2"
        " WHERE last_time <> ?2",
        static_cast<std::int64_t>(written_.position.seq), written_.position.time.micros()));
    return std::move(written_);
  }

 private:
  Result<std::optional<Stored>> find(const Key& key) {
    TITAN_ASSIGN(Statement statement,
                 connection_.query("SELECT organization, kind, workspace, name, state"
                                   " FROM entities WHERE organization = ?1 AND kind = ?2"
                                   " AND workspace = ?3 AND name = ?4",
                                   key.organization, number_of(key.kind), key.workspace, key.name));
    TITAN_ASSIGN(const bool found, statement.step());
    if (!found) return std::optional<Stored>();
    EntityRow row = entity_row(statement);
    TITAN_ASSIGN(Entity entity, parse(row));
    return std::optional(Stored{std::move(entity), std::move(row.state)});
  }

  Result<void> create(const Key& key, Entity entity) {
    Change change = next_change(key, model::Operation::created);
    entity.id = make_uuid(random_);
    entity.created_time = entity.modified_time = change.time;
    entity.revision = entity.version = 1;
    const std::string text = text_of(entity);
    TITAN_TRY(connection_.run(
        "INSERT INTO entities (organization, kind, workspace, name, id, state)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        key.organization, number_of(key.kind), key.workspace, key.name, entity.id, text));
    change.after = std::move(entity);
    return log(std::move(change), nullptr, &text);
  }

  Result<void> update(const Key& key, const Stored& stored, Entity entity) {
    Change change = next_change(key, model::Operation::updated);
    entity.id = stored.entity.id;
    entity.created_time = stored.entity.created_time;
    entity.modified_time = change.time;
    entity.revision = stored.entity.revision + 1;
    entity.version = stored.entity.version + (entity.spec == stored.entity.spec ? 0 : 1);
    const std::string text = text_of(entity);
    TITAN_TRY(connection_.run("UPDATE entities SET state = ?2 WHERE id = ?1", entity.id, text));
    change.before = stored.entity;
    change.after = std::move(entity);
    return log(std::move(change), &stored.text, &text);
  }

  Result<void> remove(const Key& key, const Stored& stored) {
    Change change = next_change(key, model::Operation::deleted);
    TITAN_TRY(connection_.run("DELETE FROM entities WHERE id = ?1", stored.entity.id));
    change.before = stored.entity;
    return log(std::move(change), &stored.text, nullptr);
  }

  Timestamp next_time() {
    const std::int64_t after_last = written_.position.time.micros() + 1;
    written_.position.time = Timestamp::from_micros(std::max(clock_.wall().micros(), after_last));
    return written_.position.time;
  }

  Change next_change(const Key& key, model::Operation operation) {
    return {.seq = ++written_.position.seq,
            .time = next_time(),
            .key = key,
            .operation = operation,
            .actor = batch_.actor,
            .request_id = batch_.request_id};
  }

  Result<void> log(Change change, const std::string* before, const std::string* after) {
    TITAN_TRY(connection_.run(
        "INSERT INTO changes (seq, time, organization, kind, workspace, name, before, after,"
        " actor, request_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        static_cast<std::int64_t>(change.seq), change.time.micros(), change.key.organization,
        number_of(change.key.kind), change.key.workspace, change.key.name, before, after,
        change.actor, change.request_id));
    written_.changes.push_back(std::move(change));
    return {};
  }

  const Batch& batch_;
  Connection& connection_;
  const Clock& clock_;
  Random& random_;
  Written written_;
};

}  // namespace

Result<PreparedBatch> prepare(const Batch& batch) {
  TITAN_TRY(check_size("mutations", batch.mutations.size()));
  TITAN_TRY(check_size("observations", batch.observations.size()));
  PreparedBatch prepared{.batch = batch};
  for (const Mutation& mutation : batch.mutations) {
    auto& wanted = prepared.wanted.emplace_back();
    if (mutation.entity) {
      TITAN_ASSIGN(wanted, as_read_back(*mutation.entity, mutation.key));
    }
  }
  for (const Observation& observation : batch.observations) {
    TITAN_ASSIGN(prepared.reports.emplace_back(), checked_text(observation));
  }
  return prepared;
}

Result<Written> write(const PreparedBatch& prepared, Connection& connection, Position position,
                      const Clock& clock, Random& random) {
  const Batch& batch = prepared.batch;
  TITAN_ASSIGN(Transaction transaction, Transaction::begin(connection));
  BatchWriter writer(batch, connection, position, clock, random);
  for (std::size_t i = 0; i < batch.mutations.size(); ++i) {
    TITAN_TRY(writer.apply(batch.mutations[i], prepared.wanted[i]));
  }
  for (std::size_t i = 0; i < batch.observations.size(); ++i) {
    TITAN_TRY(writer.apply(batch.observations[i], prepared.reports[i]));
  }
  TITAN_ASSIGN(Written written, writer.finish());
  TITAN_TRY(transaction.commit());
  return written;
}

}  // namespace titan::store
