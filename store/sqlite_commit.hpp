#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "store/sqlite_connection.hpp"
#include "store/store.hpp"

// Internal to store/: how a batch gets into the file.
namespace titan::store {

// A batch with all that needs no database done: sizes and keys checked, entities and reports as
// they will be read back. Borrows the batch.
struct PreparedBatch {
  const Batch& batch;
  std::vector<std::optional<model::Entity>> wanted = {};  // of each mutation; none: delete
  std::vector<std::string> reports = {};                  // text of each observation's report
};
// Errors: invalid and exhausted, as Store::commit() says.
Result<PreparedBatch> prepare(const Batch& batch);

// How far the writes have come: the next seq and time are greater.
struct Position {
  std::uint64_t seq = 0;
  Timestamp time = {};
};

struct Written {
  std::vector<model::Change> changes = {};
  Position position = {};
};

// Writes the batch in one transaction on `connection`, from `position` on.
// Errors: as Store::commit() says; after one the file is as it was.
Result<Written> write(const PreparedBatch& prepared, Connection& connection, Position position,
                      const Clock& clock, Random& random);

}  // namespace titan::store
