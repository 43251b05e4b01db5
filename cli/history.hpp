#pragma once

#include <cstddef>
#include <vector>

#include "base/result.hpp"
#include "client/client.hpp"
#include "model/change.hpp"
#include "model/entity.hpp"

namespace titan::cli {

// The last changes of an entity, oldest first, at most `count`. The log is read forwards only, so
// this looks at the last day before the entity was written last, or at less where the log of its
// kind is so busy that a day has more than kHistoryPagesMax pages.
Result<std::vector<model::Change>> last_changes(const model::Entity& entity, std::size_t count,
                                                client::Client& client);

}  // namespace titan::cli
