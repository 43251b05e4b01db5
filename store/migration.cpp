#include "store/migration.hpp"

#include <string>

#include "base/assert.hpp"

namespace titan::store {
namespace {

Result<void> apply(Connection& connection, const Migration& step) {
  TITAN_ASSIGN(Transaction transaction, Transaction::begin(connection));
  TITAN_TRY(connection.script(step.sql));
  if (step.then != nullptr) TITAN_TRY(step.then(connection));
  // The header field is written by the transaction too. A pragma takes no parameters.
  TITAN_TRY(connection.script("PRAGMA user_version = " + std::to_string(step.version)));
  return transaction.commit();
}

}  // namespace

Result<void> migrate(Connection& connection, std::span<const Migration> steps) {
  TITAN_ASSIGN(const std::int64_t version, connection.integer("PRAGMA user_version"));
  const auto newest = static_cast<std::int64_t>(steps.size());
  if (version < 0 || version > newest) {
    return invalid("the file has schema version " + std::to_string(version) +
                   ", and this titan knows versions up to " + std::to_string(newest) +
                   ": it was written by a newer titan");
  }
  for (const Migration& step : steps.subspan(static_cast<std::size_t>(version))) {
    TITAN_ASSERT(step.version == &step - steps.data() + 1);
    if (auto applied = apply(connection, step); !applied) {
      return applied.error().context("migrating to schema version " + std::to_string(step.version));
    }
  }
  return {};
}

}  // namespace titan::store
