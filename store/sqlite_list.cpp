#include "store/sqlite_list.hpp"

#include <algorithm>
#include <utility>

#include "store/limits.hpp"
#include "store/sqlite_rows.hpp"

namespace titan::store {
namespace {

using model::Entity;
using model::Key;

// The keys (workspace, name) that a list shows: those after the start, up to the last workspace.
struct KeyRange {
  std::string workspace;
  std::string name;
  std::string last_workspace;
};

// Greater than every name.
constexpr const char* kAfterAllNames = "~";

// None when no key can come after where the query starts.
std::optional<KeyRange> range_of(const ListQuery& query) {
  const KeyRange all{query.workspace.value_or(""), "", query.workspace.value_or(kAfterAllNames)};
  if (!query.after) return all;
  const Key& after = *query.after;
  const Key lowest{query.organization, query.kind, all.workspace, ""};
  if (after < lowest) return all;
  if (after.organization != query.organization || after.kind != query.kind) return std::nullopt;
  if (query.workspace && after.workspace != *query.workspace) return std::nullopt;
  return KeyRange{after.workspace, after.name, all.last_workspace};
}

bool asks_for_deleted(const ListQuery& query) {
  return std::ranges::find(query.filter.statuses, model::Status::deleted) !=
         query.filter.statuses.end();
}

// All three give workspace, name, seq, time, state in the order of keys, of the keys in the range
// ?3 to ?5. The last two look at what came after ?6, or up to it.
constexpr std::string_view kNow =
    "SELECT workspace, name, seq, 0, state FROM entities"
    " WHERE organization = ?1 AND kind = ?2 AND (workspace, name) > (?3, ?4) AND workspace <= ?5"
    " ORDER BY workspace, name";
// A key may come twice: what was deleted since, and what has its name now.
constexpr std::string_view kEarlier =
    "SELECT workspace, name, seq, 0, state FROM entities"
    " WHERE organization = ?1 AND kind = ?2 AND (workspace, name) > (?3, ?4) AND workspace <= ?5"
    " UNION ALL"
    " SELECT workspace, name, min(seq), 0, NULL FROM changes"
    " WHERE organization = ?1 AND kind = ?2 AND (workspace, name) > (?3, ?4) AND workspace <= ?5"
    " AND after IS NULL AND seq > ?6 GROUP BY workspace, name"
    " ORDER BY workspace, name";
constexpr std::string_view kDeleted =
    "SELECT workspace, name, seq, time, before FROM changes"
    " WHERE organization = ?1 AND kind = ?2 AND (workspace, name) > (?3, ?4) AND workspace <= ?5"
    " AND after IS NULL AND seq <= ?6 ORDER BY workspace, name, seq";

// One list, while the read transaction is open.
class Lister {
 public:
  Lister(Connection& connection, const ListQuery& query, std::uint64_t at)
      : connection_(connection), query_(query), at_(at), page_{.at = at} {}

  Result<Page> run(const KeyRange& range, std::string_view sql) {
    TITAN_ASSIGN(Statement rows, open(range, sql));
    std::optional<Key> last;
    std::size_t looked_at = 0;
    while (true) {
      TITAN_ASSIGN(const bool found, rows.step());
      if (!found) return std::move(page_);
      Key key{query_.organization, query_.kind, rows.bytes(0), rows.bytes(1)};
      // A page ends between keys, for a key is all that says where it ended.
      const bool full = page_.items.size() >= query_.limit || looked_at >= kListScanMax;
      if (full && last != key) {
        page_.next = std::move(last);
        return std::move(page_);
      }
      TITAN_TRY(look_at(key, rows));
      last = std::move(key);
      ++looked_at;
    }
  }

 private:
  Result<Statement> open(const KeyRange& range, std::string_view sql) {
    const auto at = static_cast<std::int64_t>(at_);
    const auto kind = number_of(query_.kind);
    if (sql == kNow) {
      return connection_.query(sql, query_.organization, kind, range.workspace, range.name,
                               range.last_workspace);
    }
    return connection_.query(sql, query_.organization, kind, range.workspace, range.name,
                             range.last_workspace, at);
  }

  Result<void> look_at(const Key& key, const Statement& row) {
    TITAN_ASSIGN(const std::optional<std::string> state, state_of(row));
    if (!state) return {};
    TITAN_ASSIGN(Entity entity, parse(EntityRow{key, *state}));
    if (const std::int64_t deleted = row.integer(3); deleted != 0) {
      entity.status = model::Status::deleted;
      entity.deleted_time = Timestamp::from_micros(deleted);
    }
    if (query_.filter.matches(entity)) page_.items.push_back(std::move(entity));
    return {};
  }

  // The state at the moment asked for; none: nothing was there.
  Result<std::optional<std::string>> state_of(const Statement& row) {
    const auto seq = static_cast<std::uint64_t>(row.integer(2));
    if (seq <= at_ || row.integer(3) != 0) return std::optional(row.bytes(4));
    return state_before(seq);
  }

  // Goes back from the change `seq` to the first one after the moment: what it found is what was
  // there. None of these can be compacted, since the moment is not before the horizon.
  Result<std::optional<std::string>> state_before(std::uint64_t seq) {
    while (true) {
      TITAN_ASSIGN(Statement change,
                   connection_.query("SELECT previous, before FROM changes WHERE seq = ?1",
                                     static_cast<std::int64_t>(seq)));
      TITAN_ASSIGN(const bool found, change.step());
      if (!found) return internal("the change " + std::to_string(seq) + " is not in the log");
      const auto previous = static_cast<std::uint64_t>(change.integer(0));
      if (previous > at_) {
        seq = previous;
        continue;
      }
      if (change.is_null(1)) return std::optional<std::string>();
      return std::optional(change.bytes(1));
    }
  }

  Connection& connection_;
  const ListQuery& query_;
  const std::uint64_t at_;
  Page page_;
};

}  // namespace

Result<LogRange> log_range(Connection& connection) {
  TITAN_ASSIGN(Statement row,
               connection.query("SELECT horizon_seq, horizon_time, last_seq FROM meta"));
  TITAN_ASSIGN(const bool found, row.step());
  if (!found) return internal("the table meta is empty");
  return LogRange{.horizon = static_cast<std::uint64_t>(row.integer(0)),
                  .horizon_time = Timestamp::from_micros(row.integer(1)),
                  .last_seq = static_cast<std::uint64_t>(row.integer(2))};
}

Result<void> check_not_compacted(std::uint64_t seq, const LogRange& range) {
  if (seq >= range.horizon) return {};
  return expired("the changes after " + std::to_string(seq) +
                 " are no longer kept; the log goes back to " + std::to_string(range.horizon));
}

Result<Page> list_page(Connection& connection, const ListQuery& query, std::uint64_t head) {
  const bool deleted = asks_for_deleted(query);
  if (deleted && query.filter.statuses.size() > 1) {
    return invalid_field("status", "DELETED goes alone");
  }
  TITAN_ASSIGN(const Transaction transaction, Transaction::begin_read(connection));
  TITAN_ASSIGN(const LogRange log, log_range(connection));
  const std::uint64_t at = query.at.value_or(std::max(std::min(head, log.last_seq), log.horizon));
  if (at > log.last_seq) {
    return invalid_field("at", "found " + std::to_string(at) +
                                   ", which is after the last change, " +
                                   std::to_string(log.last_seq));
  }
  TITAN_TRY(check_not_compacted(at, log));
  const auto range = range_of(query);
  if (!range) return Page{.at = at};
  return Lister(connection, query, at)
      .run(*range, deleted              ? kDeleted
                   : at == log.last_seq ? kNow
                                        : kEarlier);
}

}  // namespace titan::store
