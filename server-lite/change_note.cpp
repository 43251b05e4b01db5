#include "server-lite/change_note.hpp"

#include <nlohmann/json.hpp>

namespace titan::server_lite {

Result<std::optional<ChangeNote>> note_of_change(store::Store& store, const std::string& epoch,
                                                 std::uint64_t seq) {
  std::optional<ChangeNote> none;
  if (seq == 0) return none;
  const auto changes = store.changes(seq - 1, 1);
  if (!changes && changes.error().code == ErrorCode::expired) return none;
  if (!changes) return changes.error();
  if (changes->empty() || changes->front().seq != seq) return none;
  const model::Change& change = changes->front();
  return std::optional(ChangeNote{.bookmark = {epoch, seq},
                                  .time = change.time,
                                  .actor = change.actor,
                                  .request_id = change.request_id});
}

nlohmann::json json_of(const std::optional<ChangeNote>& note) {
  if (!note) return {};
  return {{"bookmark", note->bookmark.text()},
          {"time", note->time.text()},
          {"actor", note->actor},
          {"requestId", note->request_id}};
}

}  // namespace titan::server_lite
