#pragma once

#include <string>
#include <vector>

#include "base/timestamp.hpp"
#include "cli/device_states.hpp"
#include "model/entity.hpp"

namespace titan::cli {

// Which columns a table of entities has beside those of its kind.
struct ColumnOptions {
  bool wide = false;
  bool workspace = false;  // first of all
  bool deleted = false;    // when it was deleted, in place of its age
  // Of hosts, when wide: how their devices are; borrowed. null: that is not shown.
  const DeviceStates* devices = nullptr;
};

std::vector<std::string> headers_of(model::Kind kind, const ColumnOptions& options);
// As many cells as headers_of() gives. `now` is what ages are counted to.
std::vector<std::string> cells_of(const model::Entity& entity, const ColumnOptions& options,
                                  Timestamp now);

}  // namespace titan::cli
