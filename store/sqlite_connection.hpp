#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

// Internal to store/: SQLite's C interface with owners and Results, and no more than titan needs.
namespace titan::store {

// Bytes to bind as a BLOB; everything else that looks like text is bound as TEXT.
struct Blob {
  std::string_view bytes;
};

// The use of one prepared statement of a Connection, with its parameters bound. When it is
// destroyed the statement is reset, which ends the read it holds open, and goes back for the next
// use. Must not outlive the connection.
class Statement {
 public:
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  // Runs to the next row; false at the end.
  Result<bool> step();
  // Columns of the row, from 0.
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string bytes(int column) const;  // TEXT or BLOB
  [[nodiscard]] bool is_null(int column) const;

 private:
  friend class Connection;
  explicit Statement(sqlite3_stmt* handle) : handle_(handle) {}
  void bind(int index, std::int64_t value);
  void bind(int index, std::string_view text);
  void bind(int index, const std::string* text);  // null: NULL
  void bind(int index, Blob blob);

  sqlite3_stmt* handle_;   // owned by the connection
  int bound_ = SQLITE_OK;  // the first failure to bind, told by step()
  bool copies_ = true;     // what is bound; else it is borrowed
};

struct OpenOptions {
  enum class Access {
    read_write,  // the file must exist
    read_only,   // likewise; nothing that the file says changes by it
    create,      // as read_write, and made when there is none
  };
  Access access = Access::read_write;
  std::string vfs = {};  // the file layer, by the name it is registered with; empty: the system's
};

// One connection to a file, and its prepared statements. For one thread at a time.
class Connection {
 public:
  // Errors: see failure().
  static Result<std::unique_ptr<Connection>> open(const std::string& file,
                                                  const OpenOptions& options = {});
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // The statement with its parameters ?1, ?2, … bound to the values (copied): std::int64_t, text,
  // a pointer to text, or Blob. It is prepared once and kept.
  template <class... Values>
  Result<Statement> query(std::string_view sql, const Values&... values) {
    TITAN_ASSIGN(Statement statement, prepare(sql));
    int index = 0;
    (statement.bind(++index, values), ...);
    return statement;
  }
  // The same for a statement without rows, run to its end.
  template <class... Values>
  Result<void> run(std::string_view sql, const Values&... values) {
    TITAN_ASSIGN(Statement statement, prepare(sql));
    statement.copies_ = false;  // the values outlive the only step
    int index = 0;
    (statement.bind(++index, values), ...);
    TITAN_TRY(statement.step());
    return {};
  }
  // The first column of the first row; internal when there is no row.
  Result<std::int64_t> integer(std::string_view sql);
  // A script of several statements, without parameters.
  Result<void> script(const std::string& sql);

  // A statement inside of BEGIN and COMMIT failed, and SQLite rolled back by itself or not.
  [[nodiscard]] bool in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }
  // Rows that the last INSERT, UPDATE or DELETE touched.
  [[nodiscard]] std::int64_t rows_changed() const { return sqlite3_changes64(handle_); }
  [[nodiscard]] sqlite3* handle() const { return handle_; }

 private:
  Connection() = default;
  Result<Statement> prepare(std::string_view sql);

  sqlite3* handle_ = nullptr;
  std::map<std::string, sqlite3_stmt*, std::less<>> statements_;
};

// Rolled back when destroyed before commit().
class Transaction {
 public:
  // BEGIN IMMEDIATE: for writing.
  static Result<Transaction> begin(Connection& connection);
  // All that is read in it is of one moment; it need not be committed.
  static Result<Transaction> begin_read(Connection& connection);
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  // After an error nothing of it is in the file, and it is rolled back.
  Result<void> commit();

 private:
  explicit Transaction(Connection& connection) : connection_(&connection) {}
  Connection* connection_;  // null once moved from or committed
};

// The Error for the last failure on a connection, with the file as its subject. Disk full, a file
// size limit or quota: exhausted. I/O error, locked: unavailable. Read-only or no right: denied.
// Damaged or no database, and all else: internal.
Error failure(sqlite3* handle, int code);

}  // namespace titan::store
