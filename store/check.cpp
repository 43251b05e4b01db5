#include "store/check.hpp"

#include <map>
#include <optional>
#include <utility>

#include "store/limits.hpp"
#include "store/sqlite_file.hpp"
#include "store/sqlite_rows.hpp"
#include "store/sqlite_schema.hpp"

namespace titan::store {
namespace {

using model::Change;
using model::Entity;
using model::Key;

// Where the log leaves a key: the text of its state, as a digest, or that it is gone.
struct LastState {
  std::uint64_t seq = 0;
  std::optional<Digest> state = {};
};

// Of a damaged row too, whose kind may be a number that stands for nothing.
std::string subject_of(const Key& key) {
  const std::int64_t kind = number_of(key.kind);
  const bool known = kind >= 0 && kind < static_cast<std::int64_t>(model::kKinds.size());
  return known ? key.subject() : "kind " + std::to_string(kind) + ", name " + key.name;
}

std::string subject_of(const ChangeRow& row) {
  return "change " + std::to_string(row.change.seq) + ": " + subject_of(row.change.key);
}

std::optional<Digest> digest_of_text(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  return Digest::of(*text);
}

std::uint64_t seq_at(const Statement& row, int column) {
  return static_cast<std::uint64_t>(row.integer(column));
}

// One pass over the file, in one read transaction. Each check_… is one promise or a few that
// belong together; false from a check says that enough was found.
class Checker {
 public:
  Checker(Connection& connection, const FindingSink& found)
      : connection_(connection), sink_(found) {}

  Result<CheckSummary> run() {
    TITAN_TRY(connection_.run("BEGIN"));
    TITAN_TRY(read_meta());
    for (const auto part : {&Checker::check_file, &Checker::check_log, &Checker::check_entities,
                            &Checker::check_log_ends, &Checker::check_ids, &Checker::check_reports,
                            &Checker::check_blobs, &Checker::check_cursors}) {
      if (summary_.findings >= kFindingsMax) break;
      // A part that cannot be read is a finding itself, and the others may be well.
      if (auto checked = (this->*part)(); !checked) {
        if (checked.error().code != ErrorCode::internal) return checked.error();
        find("cannot be read", checked.error().message);
        summary_.cut_short = true;
      }
    }
    summary_.cut_short = summary_.cut_short || summary_.findings >= kFindingsMax;
    return summary_;
  }

 private:
  void find(const std::string& subject, const std::string& what) {
    if (summary_.findings >= kFindingsMax) return;
    ++summary_.findings;
    sink_(subject + ": " + what);
  }

  // Calls `look` with each row, until the rows or the patience end.
  template <class Look>
  Result<void> for_each(Result<Statement> query, Look look) {
    TITAN_ASSIGN(Statement row, std::move(query));
    while (summary_.findings < kFindingsMax) {
      TITAN_ASSIGN(const bool found, row.step());
      if (!found) return {};
      TITAN_TRY(look(row));
    }
    return {};
  }

  Result<void> read_meta() {
    TITAN_ASSIGN(summary_.bookmark, bookmark_of(connection_));
    TITAN_ASSIGN(Statement row,
                 connection_.query("SELECT last_time, horizon_seq, horizon_time FROM meta"));
    TITAN_TRY(row.step());
    last_time_ = row.integer(0);
    summary_.horizon = seq_at(row, 1);
    horizon_time_ = row.integer(2);
    if (!model::Bookmark::parse(summary_.bookmark.text())) {
      find("meta", "the epoch and seq " + summary_.bookmark.text() + " make no bookmark");
    }
    if (summary_.horizon > summary_.bookmark.seq) {
      find("meta", "the horizon " + std::to_string(summary_.horizon) + " is after the last seq " +
                       std::to_string(summary_.bookmark.seq));
    }
    return {};
  }

  Result<void> check_file() {
    TITAN_ASSIGN(const auto faults, faults_of(connection_, "integrity_check", kFaultsMax));
    for (const std::string& fault : faults) find("file", fault);
    return {};
  }

  Result<void> check_log() {
    std::uint64_t seq = summary_.horizon;
    std::int64_t time = horizon_time_;
    TITAN_TRY(for_each(
        connection_.query("SELECT seq, time, organization, kind, workspace, name, before, after,"
                          " actor, request_id, previous, alters FROM changes ORDER BY seq"),
        [&](const Statement& row) -> Result<void> {
          ++summary_.changes;
          const ChangeRow change = change_row(row);
          check_order(change, seq, time);
          check_chain(change, seq_at(row, 10));
          check_content(change, row.integer(11) != 0);
          seq = change.change.seq;
          time = change.change.time.micros();
          return {};
        }));
    if (seq != summary_.bookmark.seq) {
      find("log", "it ends at seq " + std::to_string(seq) + ", and the last one written was " +
                      std::to_string(summary_.bookmark.seq));
    }
    if (time > last_time_) find("log", "its last time is after that of the last write");
    return {};
  }

  // Seqs are taken when a write is durable, so there are no gaps.
  void check_order(const ChangeRow& row, std::uint64_t seq_before, std::int64_t time_before) {
    const std::uint64_t seq = row.change.seq;
    const std::string subject = "change " + std::to_string(seq);
    if (seq <= summary_.horizon) {
      find(subject, "it is before the horizon " + std::to_string(summary_.horizon));
    } else if (seq != seq_before + 1) {
      find(subject, "the change before it is " + std::to_string(seq_before) + ", expected " +
                        std::to_string(seq - 1));
    }
    if (row.change.time.micros() <= time_before) {
      find(subject, "its time " + row.change.time.text() + " is not after that of the one before");
    }
  }

  // What was before is what the change before left.
  void check_chain(const ChangeRow& row, std::uint64_t previous) {
    const std::string subject = subject_of(row);
    const auto [entry, is_first] = last_.try_emplace(row.change.key);
    LastState& last = entry->second;
    const auto before = digest_of_text(row.before);
    if (!is_first && before != last.state) {
      find(subject, "what was before is not what change " + std::to_string(last.seq) + " left");
    }
    if (is_first && before && summary_.horizon == 0) {
      find(subject, "the log never says how it came to be");
    }
    if (!is_first && row.before && previous != last.seq) {
      find(subject, "it names change " + std::to_string(previous) +
                        " as the one before, expected " + std::to_string(last.seq));
    }
    last = {.seq = row.change.seq, .state = digest_of_text(row.after)};
  }

  void check_content(const ChangeRow& row, bool alters) {
    auto change = parse(row);
    if (!change) return find(subject_of(row), change.error().message);
    check_stamps(*change, subject_of(row));
    if (alters != model::alters_desired_state(*change)) {
      find(subject_of(row), std::string("it is marked as if hosts ") +
                                (alters ? "had to hear of it" : "need not hear of it"));
    }
  }

  void check_stamps(const Change& change, const std::string& subject) {
    if (!change.after) return;
    const Entity& after = *change.after;
    const std::uint64_t revision = change.before ? change.before->revision : 0;
    if (after.revision != revision + 1) {
      find(subject, "it makes revision " + std::to_string(after.revision) + " of revision " +
                        std::to_string(revision));
    }
    if (after.modified_time != change.time) find(subject, "modifiedTime is not its time");
    if (change.before && change.before->id != after.id) find(subject, "it changes the id");
  }

  Result<void> check_entities() {
    return for_each(
        connection_.query("SELECT organization, kind, workspace, name, state, id, revision, seq"
                          " FROM entities ORDER BY organization, kind, workspace, name"),
        [&](const Statement& row) -> Result<void> {
          ++summary_.entities;
          const EntityRow entity_columns = entity_row(row);
          check_is_as_logged(entity_columns, seq_at(row, 7));
          const auto entity = parse(entity_columns);
          if (!entity) {
            find(subject_of(entity_columns.key), entity.error().message);
            return {};
          }
          check_columns(*entity, row.bytes(5), seq_at(row, 6));
          TITAN_TRY(check_references(*entity));
          return check_template_blobs(*entity);
        });
  }

  // Leaves in last_ what the log knows and the entities do not.
  void check_is_as_logged(const EntityRow& row, std::uint64_t seq) {
    const std::string subject = subject_of(row.key);
    const auto found = last_.find(row.key);
    if (found == last_.end()) {
      if (summary_.horizon == 0) find(subject, "the log does not know it");
      return;
    }
    const LastState last = found->second;
    last_.erase(found);
    const std::string change = "change " + std::to_string(last.seq);
    if (!last.state) return find(subject, "it is there, and " + change + " deleted it");
    if (last.state != Digest::of(row.state)) {
      find(subject, "its state is not what " + change + " left");
    }
    if (seq != last.seq) {
      find(subject, "it names change " + std::to_string(seq) + " as its last, expected " +
                        std::to_string(last.seq));
    }
  }

  void check_columns(const Entity& entity, const std::string& id, std::uint64_t revision) {
    const std::string subject = entity.key().subject();
    if (entity.id != id) find(subject, "its id is " + entity.id + ", and the column says " + id);
    if (entity.revision != revision) {
      find(subject, "it is at revision " + std::to_string(entity.revision) +
                        ", and the column says " + std::to_string(revision));
    }
    const bool needs_reason =
        entity.status == model::Status::error || entity.status == model::Status::missing;
    if (needs_reason && entity.reason.empty()) {
      find(subject, "its status is " + std::string(name_of(entity.status)) + " without a reason");
    }
  }

  Result<void> check_references(const Entity& entity) {
    if (entity.status == model::Status::missing) return {};
    // The server takes an assignment away some time after what it names.
    if (entity.kind() == model::Kind::assignment) return {};
    std::vector<model::Reference> references = references_of(entity);
    if (!entity.workspace.empty()) {
      references.push_back({.field = "workspace",
                            .key = {.organization = entity.organization,
                                    .kind = model::Kind::workspace,
                                    .name = entity.workspace}});
    }
    for (const model::Reference& reference : references) {
      TITAN_ASSIGN(const bool there, is_there(reference.key));
      if (there) continue;
      find(entity.key().subject(), reference.field + ": " + reference.key.subject() +
                                       " does not exist, and the status is not MISSING");
    }
    return {};
  }

  Result<bool> is_there(const Key& key) {
    TITAN_ASSIGN(Statement row,
                 connection_.query("SELECT 1 FROM entities WHERE organization = ?1 AND kind = ?2"
                                   " AND workspace = ?3 AND name = ?4",
                                   key.organization, number_of(key.kind), key.workspace, key.name));
    return row.step();
  }

  Result<void> check_template_blobs(const Entity& entity) {
    const auto* spec = std::get_if<model::TemplateSpec>(&entity.spec);
    if (spec == nullptr) return {};
    for (const model::TemplateFile& file : spec->files) {
      TITAN_ASSIGN(Statement row, connection_.query("SELECT length(bytes) FROM blobs"
                                                    " WHERE digest = ?1",
                                                    file.digest.text()));
      TITAN_ASSIGN(const bool there, row.step());
      if (!there) {
        find(entity.key().subject(),
             "the content of " + file.path + " is not there: blob " + file.digest.text());
      } else if (seq_at(row, 0) != file.size) {
        find(entity.key().subject(), file.path + " has " + std::to_string(row.integer(0)) +
                                         " bytes, expected " + std::to_string(file.size));
      }
    }
    return {};
  }

  Result<void> check_log_ends() {
    for (const auto& [key, last] : last_) {
      if (last.state) {
        find(subject_of(key),
             "it is not there, and change " + std::to_string(last.seq) + " did not delete it");
      }
    }
    return {};
  }

  // The index over the ids says so too, unless it is what is damaged.
  Result<void> check_ids() {
    return for_each(
        connection_.query("SELECT id, count(*) FROM (SELECT id FROM entities NOT INDEXED)"
                          " GROUP BY id HAVING count(*) > 1"),
        [&](const Statement& row) -> Result<void> {
          find("id " + row.bytes(0), std::to_string(row.integer(1)) + " entities have it");
          return {};
        });
  }

  Result<void> check_reports() {
    return for_each(
        connection_.query("SELECT organization, host, epoch, seq, time, report, digest FROM reports"
                          " ORDER BY organization, host"),
        [&](const Statement& row) -> Result<void> {
          ++summary_.reports;
          const std::string subject = "report of host " + row.bytes(1);
          if (row.integer(4) > last_time_) find(subject, "it is from after the last write");
          const auto stored = parse(report_row(row));
          if (!stored) {
            find(subject, stored.error().message);
          } else if (digest_of(stored->report).text() != row.bytes(6)) {
            find(subject, "its digest is " + digest_of(stored->report).text() +
                              ", and the column says " + row.bytes(6));
          }
          return {};
        });
  }

  Result<void> check_blobs() {
    return for_each(connection_.query("SELECT digest, bytes FROM blobs ORDER BY digest"),
                    [&](const Statement& row) -> Result<void> {
                      ++summary_.blobs;
                      const std::string found = Digest::of(row.bytes(1)).text();
                      if (found != row.bytes(0)) {
                        find("blob " + row.bytes(0), "the bytes have the digest " + found);
                      }
                      return {};
                    });
  }

  Result<void> check_cursors() {
    return for_each(connection_.query("SELECT name, seq FROM cursors ORDER BY name"),
                    [&](const Statement& row) -> Result<void> {
                      ++summary_.cursors;
                      if (seq_at(row, 1) > summary_.bookmark.seq) {
                        find("cursor " + row.bytes(0),
                             "it is at " + std::to_string(row.integer(1)) +
                                 ", after the last seq " + std::to_string(summary_.bookmark.seq));
                      }
                      return {};
                    });
  }

  Connection& connection_;
  const FindingSink& sink_;
  CheckSummary summary_;
  std::int64_t last_time_ = 0;
  std::int64_t horizon_time_ = 0;
  std::map<Key, LastState> last_;  // by the log, of keys that no entity was found for yet
};

Result<void> check_version(Connection& connection) {
  TITAN_ASSIGN(const std::int64_t version, connection.integer("PRAGMA user_version"));
  const auto newest = static_cast<std::int64_t>(schema_steps().size());
  if (version == newest) return {};
  return invalid("has schema version " + std::to_string(version) + ", and " +
                 std::to_string(newest) + " can be checked: start titan-server on it once");
}

}  // namespace

Result<CheckSummary> check_database(const std::string& database, const FindingSink& found,
                                    const std::string& vfs) {
  TITAN_ASSIGN(const auto connection, open_for_reading(database, vfs));
  auto summary = [&]() -> Result<CheckSummary> {
    TITAN_TRY(check_version(*connection));
    return Checker(*connection, found).run();
  }();
  if (!summary && summary.error().subject.empty()) {
    Error error = summary.error();
    error.subject = database;
    return error;
  }
  return summary;
}

}  // namespace titan::store
