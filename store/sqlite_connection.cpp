#include "store/sqlite_connection.hpp"

#include <cerrno>
#include <utility>

#include "base/assert.hpp"

namespace titan::store {
namespace {

// SQLite tells a full disk from other failed writes, but not a quota or a limit on file sizes.
// For these the last errno of the file, or of the write-ahead log beside it, has to be asked for:
// sqlite3_system_errno() is not set when a commit fails.
bool is_out_of_space(sqlite3* handle) {
  for (const int which : {SQLITE_FCNTL_FILE_POINTER, SQLITE_FCNTL_JOURNAL_POINTER}) {
    sqlite3_file* file = nullptr;
    sqlite3_file_control(handle, "main", which, &file);
    if (file == nullptr || file->pMethods == nullptr) continue;
    int last = 0;
    file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &last);
    if (last == EDQUOT || last == EFBIG) return true;
  }
  return false;
}

int access_flags(OpenOptions::Access access) {
  switch (access) {
    case OpenOptions::Access::read_only:
      return SQLITE_OPEN_READONLY;
    case OpenOptions::Access::create:
      return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    default:
      return SQLITE_OPEN_READWRITE;
  }
}

ErrorCode error_code(sqlite3* handle, int code) {
  if (code == SQLITE_IOERR_WRITE && is_out_of_space(handle)) return ErrorCode::exhausted;
  switch (code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_TOOBIG:
    case SQLITE_NOMEM:
      return ErrorCode::exhausted;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      return ErrorCode::unavailable;
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY:
      return ErrorCode::denied;
    default:
      return ErrorCode::internal;
  }
}

}  // namespace

Error failure(sqlite3* handle, int code) {
  const char* file = sqlite3_db_filename(handle, "main");
  return {.code = error_code(handle, code),
          .message = std::string("SQLite: ") + sqlite3_errmsg(handle) + " (code " +
                     std::to_string(code) + ")",
          .subject = file == nullptr ? "" : file};
}

Statement::Statement(Statement&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)),
      bound_(other.bound_),
      copies_(other.copies_) {}

Statement::~Statement() {
  if (handle_ == nullptr) return;
  sqlite3_reset(handle_);  // repeats the error of step(), which was told already
  sqlite3_clear_bindings(handle_);
}

Result<bool> Statement::step() {
  const int code = bound_ == SQLITE_OK ? sqlite3_step(handle_) : bound_;
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return failure(sqlite3_db_handle(handle_), code);
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(handle_, column);
}

std::string Statement::bytes(int column) const {
  const void* bytes = sqlite3_column_blob(handle_, column);
  if (bytes == nullptr) return {};
  return {static_cast<const char*>(bytes),
          static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}

void Statement::bind(int index, std::int64_t value) {
  const int code = sqlite3_bind_int64(handle_, index, value);
  if (bound_ == SQLITE_OK) bound_ = code;
}

void Statement::bind(int index, std::string_view text) {
  // An empty view may have no address, which SQLite would take for NULL.
  const char* start = text.data() == nullptr ? "" : text.data();
  const int code = sqlite3_bind_text64(handle_, index, start, text.size(),
                                       copies_ ? SQLITE_TRANSIENT : SQLITE_STATIC, SQLITE_UTF8);
  if (bound_ == SQLITE_OK) bound_ = code;
}

void Statement::bind(int index, const std::string* text) {
  if (text != nullptr) bind(index, std::string_view(*text));  // unbound is NULL
}

void Statement::bind(int index, Blob blob) {
  const char* start = blob.bytes.data() == nullptr ? "" : blob.bytes.data();
  const int code = sqlite3_bind_blob64(handle_, index, start, blob.bytes.size(),
                                       copies_ ? SQLITE_TRANSIENT : SQLITE_STATIC);
  if (bound_ == SQLITE_OK) bound_ = code;
}

Result<std::unique_ptr<Connection>> Connection::open(const std::string& file,
                                                     const OpenOptions& options) {
  std::unique_ptr<Connection> connection(new Connection);
  // The callers keep to one thread at a time, so SQLite needs no mutex of its own.
  const int flags = access_flags(options.access) | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const char* vfs = options.vfs.empty() ? nullptr : options.vfs.c_str();
  const int code = sqlite3_open_v2(file.c_str(), &connection->handle_, flags, vfs);
  if (code == SQLITE_OK) return connection;
  if (connection->handle_ == nullptr) return exhausted("SQLite has no memory to open " + file);
  Error error = failure(connection->handle_, code);
  error.subject = file;
  return error;
}

Connection::~Connection() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(handle_);
}

Result<Statement> Connection::prepare(std::string_view sql) {
  auto found = statements_.find(sql);
  if (found == statements_.end()) {
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) return failure(handle_, code);
    found = statements_.emplace(sql, statement).first;
  }
  // Two uses of one statement at once would take each other's rows.
  TITAN_ASSERT(sqlite3_stmt_busy(found->second) == 0);
  return Statement(found->second);
}

Result<std::int64_t> Connection::integer(std::string_view sql) {
  TITAN_ASSIGN(Statement statement, query(sql));
  TITAN_ASSIGN(const bool row, statement.step());
  if (!row) return internal("no row from " + std::string(sql));
  return statement.integer(0);
}

Result<void> Connection::script(const std::string& sql) {
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failure(handle_, code);
  return {};
}

Result<Transaction> Transaction::begin(Connection& connection) {
  TITAN_TRY(connection.run("BEGIN IMMEDIATE"));
  return Transaction(connection);
}

Result<Transaction> Transaction::begin_read(Connection& connection) {
  TITAN_TRY(connection.run("BEGIN"));
  return Transaction(connection);
}

Transaction::Transaction(Transaction&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)) {}

Transaction::~Transaction() {
  // After some errors, a full disk among them, SQLite has rolled back by itself.
  if (connection_ == nullptr || !connection_->in_transaction()) return;
  static_cast<void>(connection_->run("ROLLBACK"));
}

Result<void> Transaction::commit() {
  TITAN_TRY(connection_->run("COMMIT"));
  connection_ = nullptr;
  return {};
}

}  // namespace titan::store
