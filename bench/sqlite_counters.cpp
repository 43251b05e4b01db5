#include "bench/sqlite_counters.hpp"

#include <sqlite3.h>

#include <map>
#include <mutex>

namespace titan::bench {
namespace {

// An extension of SQLite that every new connection gets has nowhere else to count.
struct Counted {
  std::mutex mutex;  // guards the rest
  SqliteCounters sum;
  std::map<sqlite3*, std::int64_t> rows_of;  // counted already, by connection
};

Counted& counted() {
  static Counted counted;
  return counted;
}

int statement_ended(unsigned, void*, void* ended, void*) {
  auto* statement = static_cast<sqlite3_stmt*>(ended);
  sqlite3* connection = sqlite3_db_handle(statement);
  const std::int64_t rows = sqlite3_total_changes64(connection);
  const std::lock_guard lock(counted().mutex);
  counted().sum.steps += sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 1);
  counted().sum.rows_changed += rows - counted().rows_of[connection];
  counted().rows_of[connection] = rows;
  return 0;
}

int connection_opened(sqlite3* connection, char**, const sqlite3_api_routines*) {
  {
    const std::lock_guard lock(counted().mutex);
    counted().rows_of[connection] = 0;
  }
  return sqlite3_trace_v2(connection, SQLITE_TRACE_PROFILE, &statement_ended, nullptr);
}

}  // namespace

void watch_sqlite() {
  // The type that SQLite's documentation asks for.
  sqlite3_auto_extension(reinterpret_cast<void (*)()>(&connection_opened));
}

SqliteCounters sqlite_counters() {
  const std::lock_guard lock(counted().mutex);
  return counted().sum;
}

}  // namespace titan::bench
