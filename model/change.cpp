#include "model/change.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.hpp"
#include "model/field_reader.hpp"

namespace titan::model {
namespace {

using nlohmann::json;

// In the order of enum Operation.
constexpr std::array<std::string_view, 3> kNames = {"CREATED", "UPDATED", "DELETED"};

Result<Operation> parse_operation(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Operation>(i);
  }
  return invalid(quote(name) + " is not an operation: expected CREATED, UPDATED or DELETED");
}

std::optional<Entity> read_state(FieldReader& reader, const char* field) {
  const json* state = reader.object(field);
  if (state == nullptr) return std::nullopt;
  auto entity = parse_entity(*state);
  if (entity) return *std::move(entity);
  Error error = std::move(entity).error();
  error.field = reader.path_of(field) + "." + error.field;
  reader.refuse(std::move(error));
  return std::nullopt;
}

void require_state(FieldReader& reader, const char* field, bool given, bool wanted) {
  if (given == wanted) return;
  reader.refuse(field, wanted ? "must be given" : "does not go with this operation");
}

}  // namespace

std::string_view name_of(Operation operation) {
  return kNames[static_cast<std::size_t>(operation)];
}

const Entity* desired_state(const std::optional<Entity>& state) {
  return state && !state->deleting ? &*state : nullptr;
}

bool alters_desired_state(const Change& change) {
  const Entity* before = desired_state(change.before);
  const Entity* after = desired_state(change.after);
  if (before == nullptr || after == nullptr) return before != after;
  return before->id != after->id || before->version != after->version;
}

json json_of(const Change& change) {
  return {{"seq", change.seq},
          {"time", change.time.text()},
          {"key", change.key.text()},
          {"operation", name_of(change.operation)},
          {"before", change.before ? json_of(*change.before) : json()},
          {"after", change.after ? json_of(*change.after) : json()},
          {"actor", change.actor},
          {"requestId", change.request_id}};
}

Result<Change> parse_change(const json& object) {
  FieldReader reader(object, "");
  reader.require({"seq", "time", "key", "operation"});
  Change change{.seq = reader.number("seq"),
                .time = reader.timestamp("time"),
                .key = reader.parsed<Key>("key", &Key::parse),
                .operation = reader.parsed<Operation>("operation", &parse_operation),
                .before = read_state(reader, "before"),
                .after = read_state(reader, "after"),
                .actor = reader.text("actor"),
                .request_id = reader.text("requestId")};
  require_state(reader, "before", change.before.has_value(),
                change.operation != Operation::created);
  require_state(reader, "after", change.after.has_value(), change.operation != Operation::deleted);
  TITAN_TRY(reader.finish());
  return change;
}

}  // namespace titan::model
