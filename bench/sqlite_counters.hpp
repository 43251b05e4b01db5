#pragma once

#include <cstdint>

namespace titan::bench {

// What SQLite did in this process, on all connections opened after watch_sqlite().
struct SqliteCounters {
  std::int64_t steps = 0;         // of its virtual machine, by statements that have ended
  std::int64_t rows_changed = 0;  // by INSERT, UPDATE and DELETE, as sqlite3_total_changes()

  SqliteCounters operator-(const SqliteCounters& earlier) const {
    return {steps - earlier.steps, rows_changed - earlier.rows_changed};
  }
};

void watch_sqlite();
SqliteCounters sqlite_counters();

}  // namespace titan::bench
