#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/timestamp.hpp"
#include "model/bookmark.hpp"
#include "store/store.hpp"

namespace titan::server_lite {

// A row of the change log, as answers name it that tell when something became what it is.
struct ChangeNote {
  model::Bookmark bookmark = {};
  Timestamp time = {};
  std::string actor = {};
  std::string request_id = {};
};

// The change `seq` of the store, whose epoch is `epoch`. None: the log no longer holds it, or it
// is 0. Errors: those of the store.
Result<std::optional<ChangeNote>> note_of_change(store::Store& store, const std::string& epoch,
                                                 std::uint64_t seq);
// null for none.
nlohmann::json json_of(const std::optional<ChangeNote>& note);

}  // namespace titan::server_lite
