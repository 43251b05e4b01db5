#include "store/sqlite_store.hpp"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "base/file_system.hpp"
#include "store/limits.hpp"
#include "store/migration.hpp"
#include "store/sqlite_commit.hpp"
#include "store/sqlite_connection.hpp"
#include "store/sqlite_rows.hpp"
#include "store/sqlite_schema.hpp"

namespace titan::store {
namespace {

Error about(std::string subject, Error error) {
  error.subject = std::move(subject);
  return error;
}

// The real file behind symbolic links, so that each way to it leads to the same lock.
struct Place {
  std::string folder;
  std::string name;
  [[nodiscard]] std::string path() const { return folder + "/" + name; }
};

Result<Place> place_of(const std::string& path) {
  std::error_code failed;
  const auto absolute = std::filesystem::absolute(path, failed);
  if (failed) return about(path, system_error(failed.value(), "finding the file"));
  const auto real = std::filesystem::weakly_canonical(absolute, failed);
  if (failed) return about(path, system_error(failed.value(), "finding the file"));
  return Place{real.parent_path().string(), real.filename().string()};
}

Result<std::unique_ptr<FileSystem::Lock>> lock_file(FileSystem& folder, const Place& place) {
  auto lock = folder.lock(place.name + ".lock");
  if (!lock && lock.error().code == ErrorCode::conflict) {
    return about(place.path(), conflict("is in use by another titan-server"));
  }
  return lock;
}

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

// Before anything is written to it.
Result<void> check_is_ours(Connection& connection) {
  TITAN_ASSIGN(const std::int64_t id, connection.integer("PRAGMA application_id"));
  if (id == kApplicationId) return {};
  TITAN_ASSIGN(const std::int64_t tables, connection.integer("SELECT count(*) FROM sqlite_schema"));
  if (id == 0 && tables == 0) return {};
  return invalid("is an SQLite database of another program");
}

Result<void> configure(Connection& connection) {
  sqlite3_busy_timeout(connection.handle(), static_cast<int>(kBusyTimeout.count()));
  return connection.script("PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF");
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
                                                SqliteStore::Synchronous synchronous) {
  TITAN_ASSIGN(auto connection, Connection::open(file));
  TITAN_TRY(configure(*connection));
  TITAN_TRY(check_is_ours(*connection));
  TITAN_TRY(use_write_ahead_log(*connection));
  const bool full = synchronous == SqliteStore::Synchronous::full;
  TITAN_TRY(connection->script(std::string("PRAGMA synchronous = ") + (full ? "FULL" : "NORMAL") +
                               "; PRAGMA journal_size_limit = " + std::to_string(kWalBytesKept)));
  return connection;
}

Result<std::unique_ptr<Connection>> open_reader(const std::string& file) {
  TITAN_ASSIGN(auto connection, Connection::open(file));
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
  TITAN_ASSIGN(Statement row, connection.query("SELECT epoch, last_seq, last_time FROM meta"));
  TITAN_ASSIGN(const bool found, row.step());
  if (!found) return internal("the table meta is empty");
  return Meta{.epoch = row.bytes(0),
              .position = {.seq = static_cast<std::uint64_t>(row.integer(1)),
                           .time = Timestamp::from_micros(row.integer(2))}};
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

template <class Value, class Row>
Result<std::vector<Value>> parse_all(std::vector<Row> rows) {
  std::vector<Value> values;
  values.reserve(rows.size());
  for (Row& row : rows) {
    TITAN_ASSIGN(values.emplace_back(), parse(std::move(row)));
  }
  return values;
}

// The (workspace, name) after which a list begins; none when no key can come after.
struct ListStart {
  std::string workspace;
  std::string name;
};

std::optional<ListStart> start_of(const ListQuery& query) {
  const ListStart first{query.workspace.value_or(""), ""};
  if (!query.after) return first;
  const model::Key& after = *query.after;
  const model::Key lowest{query.organization, query.kind, first.workspace, ""};
  if (after < lowest) return first;
  if (after.organization != query.organization || after.kind != query.kind) return std::nullopt;
  if (query.workspace && after.workspace != *query.workspace) return std::nullopt;
  return ListStart{after.workspace, after.name};
}

}  // namespace

// The locks are the one place where titan holds a mutex across I/O: a connection is for one
// thread at a time, and all it does is I/O. Closed from the end on: the reader before the writer,
// so that the writer takes the last checkpoint, and the file's lock at last.
struct SqliteStore::State {
  std::string path;
  std::unique_ptr<FileSystem::Lock> lock;
  const Clock& clock;

  std::mutex write_mutex;              // guards the next three
  std::unique_ptr<Connection> writer;  // every write and checkpoint
  Position position;                   // of the last commit
  Random& random;

  std::mutex read_mutex;               // guards the next
  std::unique_ptr<Connection> reader;  // every read

  std::string epoch;
  std::atomic<std::uint64_t> head_seq;
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

  auto writer = open_writer(place.path(), options.synchronous);
  if (!writer) return about_path(writer.error());
  if (auto migrated = migrate(**writer, schema_steps()); !migrated) {
    return about_path(migrated.error());
  }
  auto meta = load_meta(**writer, random);
  if (!meta) return about_path(meta.error());
  auto reader = open_reader(place.path());
  if (!reader) return about_path(reader.error());

  return std::unique_ptr<SqliteStore>(
      new SqliteStore(std::unique_ptr<State>(new State{.path = place.path(),
                                                       .lock = std::move(lock),
                                                       .clock = clock,
                                                       .write_mutex = {},
                                                       .writer = std::move(*writer),
                                                       .position = meta->position,
                                                       .random = random,
                                                       .read_mutex = {},
                                                       .reader = std::move(*reader),
                                                       .epoch = meta->epoch,
                                                       .head_seq = meta->position.seq})));
}

Result<std::vector<model::Change>> SqliteStore::commit(const Batch& batch) {
  TITAN_ASSIGN(const PreparedBatch prepared, prepare(batch));
  const std::lock_guard lock(state_->write_mutex);
  TITAN_ASSIGN(Written written,
               write(prepared, *state_->writer, state_->position, state_->clock, state_->random));
  state_->position = written.position;
  state_->head_seq = written.position.seq;
  return std::move(written.changes);
}

Result<model::Entity> SqliteStore::get(const model::Key& key) {
  std::vector<EntityRow> rows;
  {
    const std::lock_guard lock(state_->read_mutex);
    TITAN_ASSIGN(rows, rows_of(state_->reader->query(
                                   "SELECT organization, kind, workspace, name, state"
                                   " FROM entities WHERE organization = ?1 AND kind = ?2"
                                   " AND workspace = ?3 AND name = ?4",
                                   key.organization, number_of(key.kind), key.workspace, key.name),
                               &entity_row));
  }
  if (rows.empty()) return about(key.subject(), not_found("it does not exist"));
  return parse(rows.front());
}

Result<std::vector<model::Entity>> SqliteStore::list(const ListQuery& query) {
  TITAN_TRY(check_limit(query.limit));
  const auto start = start_of(query);
  if (!start) return std::vector<model::Entity>();
  const auto limit = static_cast<std::int64_t>(query.limit);
  const std::string_view sql =
      query.workspace ? "SELECT organization, kind, workspace, name, state FROM entities"
                        " WHERE organization = ?1 AND kind = ?2 AND workspace = ?3 AND name > ?4"
                        " ORDER BY name LIMIT ?5"
                      : "SELECT organization, kind, workspace, name, state FROM entities"
                        " WHERE organization = ?1 AND kind = ?2 AND (workspace, name) > (?3, ?4)"
                        " ORDER BY workspace, name LIMIT ?5";
  std::vector<EntityRow> rows;
  {
    const std::lock_guard lock(state_->read_mutex);
    TITAN_ASSIGN(rows, rows_of(state_->reader->query(sql, query.organization, number_of(query.kind),
                                                     start->workspace, start->name, limit),
                               &entity_row));
  }
  return parse_all<model::Entity>(std::move(rows));
}

Result<std::vector<model::Change>> SqliteStore::changes(std::uint64_t after_seq, std::size_t limit,
                                                        std::optional<model::Kind> kind) {
  TITAN_TRY(check_limit(limit));
  constexpr std::uint64_t kSeqMax = INT64_MAX;
  const auto after = static_cast<std::int64_t>(std::min(after_seq, kSeqMax));
  const auto count = static_cast<std::int64_t>(limit);
  std::vector<ChangeRow> rows;
  {
    const std::lock_guard lock(state_->read_mutex);
    Connection& reader = *state_->reader;
    TITAN_ASSIGN(
        rows, rows_of(kind ? reader.query("SELECT seq, time, organization, kind, workspace, name,"
                                          " before, after, actor, request_id FROM changes"
                                          " WHERE kind = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
                                          number_of(*kind), after, count)
                           : reader.query("SELECT seq, time, organization, kind, workspace, name,"
                                          " before, after, actor, request_id FROM changes"
                                          " WHERE seq > ?1 ORDER BY seq LIMIT ?2",
                                          after, count),
                      &change_row));
  }
  return parse_all<model::Change>(std::move(rows));
}

Result<std::uint64_t> SqliteStore::seq_before(Timestamp moment) {
  const std::lock_guard lock(state_->read_mutex);
  TITAN_ASSIGN(
      Statement statement,
      state_->reader->query("SELECT seq FROM changes WHERE time < ?1 ORDER BY time DESC LIMIT 1",
                            moment.micros()));
  TITAN_ASSIGN(const bool found, statement.step());
  return found ? static_cast<std::uint64_t>(statement.integer(0)) : 0;
}

Result<model::Bookmark> SqliteStore::head() {
  return model::Bookmark{.epoch = state_->epoch, .seq = state_->head_seq};
}

Result<std::vector<StoredReport>> SqliteStore::reports() {
  std::vector<ReportRow> rows;
  {
    const std::lock_guard lock(state_->read_mutex);
    TITAN_ASSIGN(rows,
                 rows_of(state_->reader->query("SELECT organization, host, epoch, seq, time, report"
                                               " FROM reports ORDER BY organization, host"),
                         &report_row));
  }
  return parse_all<StoredReport>(std::move(rows));
}

Result<StoredReport> SqliteStore::report(std::string_view organization, std::string_view host) {
  std::vector<ReportRow> rows;
  {
    const std::lock_guard lock(state_->read_mutex);
    TITAN_ASSIGN(
        rows, rows_of(state_->reader->query("SELECT organization, host, epoch, seq, time, report"
                                            " FROM reports WHERE organization = ?1 AND host = ?2",
                                            organization, host),
                      &report_row));
  }
  if (rows.empty()) return about("host " + std::string(host), not_found("it has no report"));
  TITAN_ASSIGN(std::vector<StoredReport> parsed, parse_all<StoredReport>(std::move(rows)));
  return std::move(parsed.front());
}

Result<bool> SqliteStore::put_blob(const Digest& digest, std::string_view bytes) {
  if (bytes.size() > kBlobBytesMax) {
    return about("blob " + digest.text(),
                 exhausted("it has " + std::to_string(bytes.size()) + " bytes; at most " +
                           std::to_string(kBlobBytesMax) + " are stored"));
  }
  if (const Digest found = Digest::of(bytes); found != digest) {
    return about("blob " + digest.text(), invalid("the bytes have the digest " + found.text()));
  }
  const std::lock_guard lock(state_->write_mutex);
  TITAN_TRY(state_->writer->run("INSERT OR IGNORE INTO blobs (digest, bytes) VALUES (?1, ?2)",
                                digest.text(), Blob{bytes}));
  return state_->writer->rows_changed() > 0;
}

Result<std::string> SqliteStore::get_blob(const Digest& digest) {
  std::string bytes;
  {
    const std::lock_guard lock(state_->read_mutex);
    TITAN_ASSIGN(Statement statement,
                 state_->reader->query("SELECT bytes FROM blobs WHERE digest = ?1", digest.text()));
    TITAN_ASSIGN(const bool found, statement.step());
    if (!found) return about("blob " + digest.text(), not_found("it does not exist"));
    bytes = statement.bytes(0);
  }
  if (const Digest found = Digest::of(bytes); found != digest) {
    return about("blob " + digest.text(),
                 internal("what is stored is damaged: it has the digest " + found.text()));
  }
  return bytes;
}

Result<bool> SqliteStore::has_blob(const Digest& digest) {
  const std::lock_guard lock(state_->read_mutex);
  TITAN_ASSIGN(Statement statement,
               state_->reader->query("SELECT 1 FROM blobs WHERE digest = ?1", digest.text()));
  return statement.step();
}

Result<void> SqliteStore::check() {
  const std::lock_guard lock(state_->read_mutex);
  TITAN_ASSIGN(Statement statement, state_->reader->query("SELECT epoch FROM meta"));
  TITAN_ASSIGN(const bool found, statement.step());
  if (found && statement.bytes(0) == state_->epoch) return {};
  return about(state_->path, internal("the file is not the one that was opened"));
}

}  // namespace titan::store
