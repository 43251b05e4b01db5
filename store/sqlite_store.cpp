#include "store/sqlite_store.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <mutex>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/file_system.hpp"
#include "base/text.hpp"
#include "store/limits.hpp"
#include "store/migration.hpp"
#include "store/sqlite_commit.hpp"
#include "store/sqlite_connection.hpp"
#include "store/sqlite_file.hpp"
#include "store/sqlite_list.hpp"
#include "store/sqlite_prepare.hpp"
#include "store/sqlite_rows.hpp"
#include "store/sqlite_schema.hpp"
#include "store/sqlite_writer.hpp"

namespace titan::store {
namespace {

// SQLite gives the files beside it the mode of this one.
Result<void> make_private_file(FileSystem& folder, const std::string& name) {
  const auto info = folder.info(name);
  if (info) {
    if (info->type != FileSystem::Type::file) return about(name, invalid("is no regular file"));
    if ((info->mode & 077U) == 0) return {};
    return folder.set_mode(name, 0600);
  }
  if (info.error().code != ErrorCode::not_found) return info.error();
  TITAN_TRY(folder.write(name, "", 0600));
  return folder.sync_directory("");
}

Result<void> use_write_ahead_log(Connection& connection) {
  TITAN_ASSIGN(Statement mode, connection.query("PRAGMA journal_mode = WAL"));
  TITAN_ASSIGN(const bool found, mode.step());
  const std::string chosen = found ? mode.bytes(0) : "";
  if (chosen == "wal") return {};
  return internal("this file system cannot hold a write-ahead log: SQLite chose the journal \"" +
                  chosen + "\"");
}

Result<std::unique_ptr<Connection>> open_writer(const std::string& file,
                                                const SqliteStore::Options& options) {
  TITAN_ASSIGN(auto connection, Connection::open(file, {.vfs = options.vfs}));
  TITAN_TRY(configure(*connection));
  // Before anything is written to it.
  TITAN_TRY(check_is_ours(*connection));
  TITAN_TRY(use_write_ahead_log(*connection));
  const bool full = options.synchronous == SqliteStore::Synchronous::full;
  TITAN_TRY(connection->script(std::string("PRAGMA synchronous = ") + (full ? "FULL" : "NORMAL") +
                               "; PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = " +
                               std::to_string(kWalBytesKept)));
  return connection;
}

Result<std::unique_ptr<Connection>> open_reader(const std::string& file, const std::string& vfs) {
  TITAN_ASSIGN(auto connection, Connection::open(file, {.vfs = vfs}));
  TITAN_TRY(configure(*connection));
  TITAN_TRY(connection->script("PRAGMA wal_autocheckpoint = 0; PRAGMA query_only = ON"));
  sqlite3_db_config(connection->handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  return connection;
}

struct Meta {
  std::string epoch;
  Position position;
};

// The epoch of a new store is made here, the one of an existing store stays.
Result<Meta> load_meta(Connection& connection, Random& random) {
  TITAN_TRY(
      connection.run("INSERT OR IGNORE INTO meta (only_row, epoch, last_seq, last_time)"
                     " VALUES (1, ?1, 0, 0)",
                     make_token(random)));
  TITAN_ASSIGN(Statement row,
               connection.query("SELECT epoch, last_seq, last_time, horizon_seq FROM meta"));
  TITAN_ASSIGN(const bool found, row.step());
  if (!found) return internal("the table meta is empty");
  return Meta{.epoch = row.bytes(0),
              .position = {.seq = static_cast<std::uint64_t>(row.integer(1)),
                           .time = Timestamp::from_micros(row.integer(2)),
                           .horizon = static_cast<std::uint64_t>(row.integer(3))}};
}

Result<void> check_limit(std::size_t limit) {
  if (limit >= 1 && limit <= kPageMax) return {};
  return invalid_field(
      "limit", "found " + std::to_string(limit) + ", expected 1 to " + std::to_string(kPageMax));
}

// Steps through the statement; `row` makes a value of each row.
template <class Row>
Result<std::vector<Row>> rows_of(Result<Statement> query, Row (*row)(const Statement&)) {
  TITAN_ASSIGN(Statement statement, std::move(query));
  std::vector<Row> rows;
  while (true) {
    TITAN_ASSIGN(const bool found, statement.step());
    if (!found) return rows;
    rows.push_back(row(statement));
  }
}

// The start of reading the log after a seq.
Result<Transaction> begin_after(Connection& reader, std::uint64_t seq) {
  TITAN_ASSIGN(Transaction transaction, Transaction::begin_read(reader));
  TITAN_ASSIGN(const LogRange log, log_range(reader));
  TITAN_TRY(check_not_compacted(seq, log));
  return transaction;
}

// Every parameter stands in every condition; a unary plus keeps a column from choosing the index.
std::string condition_of(const ChangeFilter& filter) {
  const std::string kind = filter.kind ? "kind = ?1" : "?1 = 0";
  const std::string actor = filter.actor.empty() ? "?2 = ''" : "actor = ?2";
  std::string condition =
      (filter.actor.empty() || !filter.kind ? kind : "+" + kind) + " AND " + actor;
  condition += filter.organization.empty() ? " AND ?6 = ''" : " AND organization = ?6";
  for (const model::Kind one : filter.no_kinds) {
    condition += " AND +kind <> " + std::to_string(number_of(one));
  }
  condition += filter.workspaces.empty()
                   ? " AND ?7 = ''"
                   : " AND (workspace = '' OR workspace IN (SELECT value FROM json_each(?7)))";
  return condition;
}

// Names of workspaces need no escapes.
std::string json_list(const std::vector<std::string>& names) {
  return names.empty() ? std::string() : "[\"" + join(names, "\",\"") + "\"]";
}

// ?2: the organization that asks; empty: whoever has it.
constexpr std::string_view kHasIt =
    " AND (?2 = '' OR EXISTS (SELECT 1 FROM blob_owners"
    " WHERE organization = ?2 AND blob_owners.digest = blobs.digest))";

template <class Value, class Row>
Result<std::vector<Value>> parse_all(std::vector<Row> rows) {
  std::vector<Value> values;
  values.reserve(rows.size());
  for (Row& row : rows) {
    TITAN_ASSIGN(values.emplace_back(), parse(std::move(row)));
  }
  return values;
}

std::uint64_t size_of(const std::string& file) {
  std::error_code fault;
  const std::uintmax_t size = std::filesystem::file_size(file, fault);
  return fault ? 0 : size;
}

// Blobs whose bytes were compared with their digest already. Safe to share between threads.
class IntactBlobs {
 public:
  [[nodiscard]] bool contains(const Digest& digest) const {
    const std::lock_guard lock(mutex_);
    return digests_.contains(digest);
  }
  void insert(const Digest& digest) {
    const std::lock_guard lock(mutex_);
    if (digests_.size() >= kIntactBlobsMax) digests_.clear();
    digests_.insert(digest);
  }

 private:
  mutable std::mutex mutex_;  // guards the next
  std::set<Digest> digests_;
};

// SQLite's integers have a sign; no seq is greater.
std::int64_t seq_bound(std::uint64_t seq) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(seq, INT64_MAX));
}

}  // namespace

// Closed from the end on: the readers before the writer, so that the writer takes the last
// checkpoint, and the file's lock at last.
struct SqliteStore::State {
  const std::string path;
  const std::unique_ptr<FileSystem::Lock> lock;
  const std::string epoch;
  SqliteWriter writer;
  IdSource ids;
  // Their mutexes are the one place where titan holds one across I/O: a connection is for one
  // thread at a time, and all it does is I/O. A list parses while it reads, so it has a connection
  // of its own, and nobody else waits for it.
  Reader reader;
  // For what commit() looks at beforehand: many writers at once shall not hold up who only reads.
  Reader preparing;
  Reader lists;
  IntactBlobs intact = {};
};

SqliteStore::SqliteStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
SqliteStore::~SqliteStore() = default;

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::string& path, const Clock& clock,
                                                       Random& random, Options options) {
  TITAN_ASSIGN(const Place place, place_of(path));
  const auto about_path = [&](Error error) { return about(path, std::move(error)); };
  auto folder = DiskFileSystem::open(place.folder);
  if (!folder) return about_path(folder.error());
  TITAN_ASSIGN(auto lock, lock_file(**folder, place));
  if (auto made = make_private_file(**folder, place.name); !made) return about_path(made.error());

  auto writer = open_writer(place.path(), options);
  if (!writer) return about_path(writer.error());
  if (auto migrated = migrate(**writer, schema_steps()); !migrated) {
    return about_path(migrated.error());
  }
  auto meta = load_meta(**writer, random);
  if (!meta) return about_path(meta.error());
  auto reader = open_reader(place.path(), options.vfs);
  if (!reader) return about_path(reader.error());
  auto preparing = open_reader(place.path(), options.vfs);
  if (!preparing) return about_path(preparing.error());
  auto lists = open_reader(place.path(), options.vfs);
  if (!lists) return about_path(lists.error());

  return std::unique_ptr<SqliteStore>(
      new SqliteStore(std::unique_ptr<State>(new State{place.path(),
                                                       std::move(lock),
                                                       meta->epoch,
                                                       {std::move(*writer), meta->position, clock},
                                                       IdSource(random),
                                                       {{}, std::move(*reader)},
                                                       {{}, std::move(*preparing)},
                                                       {{}, std::move(*lists)}})));
}

void SqliteStore::listen(Listener listener) {
  state_->writer.listen(std::move(listener));
}

Result<std::vector<model::Change>> SqliteStore::commit(const Batch& batch) {
  TITAN_ASSIGN(PreparedBatch prepared, prepare(batch, state_->preparing, state_->ids));
  const auto job = std::make_shared<CommitJob>(std::move(prepared));
  TITAN_TRY(state_->writer.run(job));
  return std::move(job->changes);
}

Result<model::Entity> SqliteStore::get(const model::Key& key) {
  std::optional<EntityRow> row;
  {
    const std::lock_guard lock(state_->reader.mutex);
    TITAN_ASSIGN(row, find_entity(*state_->reader.connection, key));
  }
  if (!row) return about(key.subject(), not_found("it does not exist"));
  return parse(*row);
}

Result<Page> SqliteStore::list(const ListQuery& query) {
  TITAN_TRY(check_limit(query.limit));
  const std::lock_guard lock(state_->lists.mutex);
  return list_page(*state_->lists.connection, query, state_->writer.seq());
}

bool ChangeFilter::matches(const model::Key& key, std::string_view by) const {
  return (!kind || key.kind == *kind) && (actor.empty() || by == actor) &&
         (organization.empty() || key.organization == organization) &&
         std::ranges::find(no_kinds, key.kind) == no_kinds.end() &&
         (workspaces.empty() || key.workspace.empty() ||
          std::ranges::find(workspaces, key.workspace) != workspaces.end());
}

Result<std::vector<model::Change>> SqliteStore::changes(std::uint64_t after_seq, std::size_t limit,
                                                        const ChangeFilter& filter) {
  TITAN_TRY(check_limit(limit));
  std::vector<ChangeRow> rows;
  {
    const std::lock_guard lock(state_->reader.mutex);
    Connection& reader = *state_->reader.connection;
    TITAN_ASSIGN(const Transaction transaction, begin_after(reader, after_seq));
    TITAN_ASSIGN(rows, rows_of(reader.query("SELECT seq, time, organization, kind, workspace, name,"
                                            " before, after, actor, request_id FROM changes"
                                            " WHERE " +
                                                condition_of(filter) +
                                                " AND seq > ?3 AND seq <= ?4"
                                                " ORDER BY seq LIMIT ?5",
                                            filter.kind ? number_of(*filter.kind) : 0, filter.actor,
                                            seq_bound(after_seq), seq_bound(state_->writer.seq()),
                                            static_cast<std::int64_t>(limit), filter.organization,
                                            json_list(filter.workspaces)),
                               &change_row));
  }
  return parse_all<model::Change>(std::move(rows));
}

Result<std::vector<SpecChange>> SqliteStore::spec_changes(std::uint64_t after_seq,
                                                          std::size_t limit) {
  TITAN_TRY(check_limit(limit));
  std::vector<SpecChangeRow> rows;
  {
    const std::lock_guard lock(state_->reader.mutex);
    Connection& reader = *state_->reader.connection;
    TITAN_ASSIGN(const Transaction transaction, begin_after(reader, after_seq));
    TITAN_ASSIGN(rows, rows_of(reader.query("SELECT seq, time, organization, kind, workspace, name,"
                                            " before FROM changes"
                                            " WHERE alters AND seq > ?1 AND seq <= ?2"
                                            " ORDER BY seq LIMIT ?3",
                                            seq_bound(after_seq), seq_bound(state_->writer.seq()),
                                            static_cast<std::int64_t>(limit)),
                               &spec_change_row));
  }
  return parse_all<SpecChange>(std::move(rows));
}

Result<CommittedRange> SqliteStore::committed(std::string_view request_id) {
  const std::lock_guard lock(state_->reader.mutex);
  TITAN_ASSIGN(Statement row,
               state_->reader.connection->query("SELECT min(seq), max(seq) FROM changes"
                                                " WHERE request_id = ?1 AND request_id <> ''",
                                                request_id));
  TITAN_TRY(row.step());
  if (row.is_null(0)) {
    return about("request " + std::string(request_id), not_found("the log holds nothing of it"));
  }
  return CommittedRange{.first_seq = static_cast<std::uint64_t>(row.integer(0)),
                        .last_seq = static_cast<std::uint64_t>(row.integer(1))};
}

Result<std::uint64_t> SqliteStore::seq_before(Timestamp moment) {
  const std::lock_guard lock(state_->reader.mutex);
  Connection& reader = *state_->reader.connection;
  const std::uint64_t head = state_->writer.seq();
  TITAN_ASSIGN(const Transaction transaction, Transaction::begin_read(reader));
  TITAN_ASSIGN(const LogRange log, log_range(reader));
  if (log.horizon > 0 && moment <= log.horizon_time) {
    return expired("the changes since " + moment.text() +
                   " are no longer kept; the log begins after " + log.horizon_time.text());
  }
  TITAN_ASSIGN(Statement row,
               reader.query("SELECT seq FROM changes WHERE time < ?1 ORDER BY time DESC LIMIT 1",
                            moment.micros()));
  TITAN_ASSIGN(const bool found, row.step());
  if (!found) return log.horizon;
  return std::min(static_cast<std::uint64_t>(row.integer(0)), std::max(head, log.horizon));
}

Result<model::Bookmark> SqliteStore::head() {
  return model::Bookmark{.epoch = state_->epoch, .seq = state_->writer.seq()};
}

Result<std::uint64_t> SqliteStore::horizon() {
  return state_->writer.horizon();
}

Result<std::uint64_t> SqliteStore::cursor(std::string_view name) {
  const std::lock_guard lock(state_->reader.mutex);
  TITAN_ASSIGN(Statement row,
               state_->reader.connection->query("SELECT seq FROM cursors WHERE name = ?1", name));
  TITAN_ASSIGN(const bool found, row.step());
  return found ? static_cast<std::uint64_t>(row.integer(0)) : 0;
}

Result<std::uint64_t> SqliteStore::compact(std::uint64_t seq, std::size_t limit) {
  TITAN_TRY(check_limit(limit));
  const auto job = std::make_shared<CompactJob>(seq, limit);
  TITAN_TRY(state_->writer.run(job));
  return job->horizon();
}

// By the page, so that others who read come in between.
Result<std::vector<ReportHead>> SqliteStore::report_heads() {
  std::vector<ReportHead> heads;
  while (true) {
    const ReportHead last = heads.empty() ? ReportHead() : heads.back();
    std::vector<ReportHeadRow> rows;
    {
      const std::lock_guard lock(state_->reader.mutex);
      TITAN_ASSIGN(rows,
                   rows_of(state_->reader.connection->query(
                               "SELECT organization, host, epoch, seq, time, digest"
                               " FROM reports WHERE (organization, host) > (?1, ?2)"
                               " ORDER BY organization, host LIMIT ?3",
                               last.organization, last.host, static_cast<std::int64_t>(kPageMax)),
                           &report_head_row));
    }
    if (rows.empty()) return heads;
    TITAN_ASSIGN(std::vector<ReportHead> parsed, parse_all<ReportHead>(std::move(rows)));
    std::ranges::move(parsed, std::back_inserter(heads));
  }
}

Result<std::vector<StoredReport>> SqliteStore::reports(std::string_view organization,
                                                       std::string_view after, std::size_t limit) {
  TITAN_TRY(check_limit(limit));
  std::vector<ReportRow> rows;
  {
    const std::lock_guard lock(state_->reader.mutex);
    TITAN_ASSIGN(rows, rows_of(state_->reader.connection->query(
                                   "SELECT organization, host, epoch, seq, time, report"
                                   " FROM reports WHERE (organization, host) > (?1, ?2)"
                                   " ORDER BY organization, host LIMIT ?3",
                                   organization, after, static_cast<std::int64_t>(limit)),
                               &report_row));
  }
  return parse_all<StoredReport>(std::move(rows));
}

Result<StoredReport> SqliteStore::report(std::string_view organization, std::string_view host) {
  std::optional<ReportRow> row;
  {
    const std::lock_guard lock(state_->reader.mutex);
    TITAN_ASSIGN(row, find_report(*state_->reader.connection, organization, host));
  }
  if (!row) return about("host " + std::string(host), not_found("it has no report"));
  return parse(std::move(*row));
}

Result<bool> SqliteStore::put_blob(const BlobName& name, std::string_view bytes) {
  const Digest& digest = name.digest;
  if (bytes.size() > kBlobBytesMax) {
    return about("blob " + digest.text(),
                 exhausted("it has " + std::to_string(bytes.size()) + " bytes; at most " +
                           std::to_string(kBlobBytesMax) + " are stored"));
  }
  if (const Digest found = Digest::of(bytes); found != digest) {
    return about("blob " + digest.text(), invalid("the bytes have the digest " + found.text()));
  }
  const auto job = std::make_shared<BlobJob>(name, bytes);
  TITAN_TRY(state_->writer.run(job));
  return job->is_new();
}

Result<std::string> SqliteStore::get_blob(const BlobName& name) {
  const Digest& digest = name.digest;
  std::string bytes;
  {
    const std::lock_guard lock(state_->reader.mutex);
    TITAN_ASSIGN(Statement statement,
                 state_->reader.connection->query(
                     "SELECT bytes FROM blobs WHERE digest = ?1" + std::string(kHasIt),
                     digest.text(), name.organization));
    TITAN_ASSIGN(const bool found, statement.step());
    if (!found) return about("blob " + digest.text(), not_found("it does not exist"));
    bytes = statement.bytes(0);
  }
  // A digest of 4 MiB takes longer than all the rest.
  if (state_->intact.contains(digest)) return bytes;
  if (const Digest found = Digest::of(bytes); found != digest) {
    return about("blob " + digest.text(),
                 internal("what is stored is damaged: it has the digest " + found.text()));
  }
  state_->intact.insert(digest);
  return bytes;
}

Result<bool> SqliteStore::has_blob(const BlobName& name) {
  const std::lock_guard lock(state_->reader.mutex);
  TITAN_ASSIGN(Statement statement,
               state_->reader.connection->query(
                   "SELECT 1 FROM blobs WHERE digest = ?1" + std::string(kHasIt),
                   name.digest.text(), name.organization));
  return statement.step();
}

// From one to the next, by the index: there are few of them, and many entities of each.
Result<std::vector<std::string>> SqliteStore::organizations() {
  const std::lock_guard lock(state_->reader.mutex);
  std::vector<std::string> names;
  while (true) {
    TITAN_ASSIGN(Statement next,
                 state_->reader.connection->query("SELECT min(organization) FROM entities"
                                                  " WHERE organization > ?1",
                                                  names.empty() ? std::string() : names.back()));
    TITAN_TRY(next.step());
    if (next.is_null(0)) return names;
    names.push_back(next.bytes(0));
  }
}

Result<void> SqliteStore::check() {
  const std::lock_guard lock(state_->reader.mutex);
  TITAN_ASSIGN(Statement statement, state_->reader.connection->query("SELECT epoch FROM meta"));
  TITAN_ASSIGN(const bool found, statement.step());
  if (found && statement.bytes(0) == state_->epoch) return {};
  return about(state_->path, internal("the file is not the one that was opened"));
}

Figures SqliteStore::figures() {
  SqliteWriter& writer = state_->writer;
  return {.data_bytes = size_of(state_->path),
          .journal_bytes = size_of(state_->path + "-wal"),
          .write_groups = writer.groups(),
          .writes = writer.jobs(),
          .writes_waiting = writer.waiting()};
}

}  // namespace titan::store
