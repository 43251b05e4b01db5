#pragma once

#include <cstdint>

#include "base/result.hpp"
#include "store/sqlite_connection.hpp"
#include "store/store.hpp"

// Internal to store/: how SqliteStore answers list().
namespace titan::store {

// Which part of the log can be read: of the same moment as all else in one read transaction.
struct LogRange {
  std::uint64_t horizon = 0;
  Timestamp horizon_time = {};
  std::uint64_t last_seq = 0;
};
Result<LogRange> log_range(Connection& connection);
// expired, unless all changes after `seq` are there.
Result<void> check_not_compacted(std::uint64_t seq, const LogRange& range);

// As Store::list(), in one read transaction. `head`: the moment that a new list shows, unless the
// log begins after it. REQUIRES: the limit is in range.
Result<Page> list_page(Connection& connection, const ListQuery& query, std::uint64_t head);

}  // namespace titan::store
