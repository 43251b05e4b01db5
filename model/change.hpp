#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "base/timestamp.hpp"
#include "model/entity.hpp"

namespace titan::model {

// What one accepted write did to an entity.
enum class Operation { created, updated, deleted };

std::string_view name_of(Operation operation);  // "CREATED"

// One accepted write: a row of the change log. `before` is empty for CREATED, `after` for
// DELETED.
struct Change {
  std::uint64_t seq = 0;  // strictly increasing, never reused
  Timestamp time = {};    // server time, strictly increasing too
  Key key = {};
  Operation operation = Operation::created;
  std::optional<Entity> before = {};
  std::optional<Entity> after = {};
  std::string actor = {};
  std::string request_id = {};
  bool operator==(const Change&) const = default;
};

// What hosts are told of a state: null when there is none, or when it is being deleted.
const Entity* desired_state(const std::optional<Entity>& state);
// Whether the change altered what hosts should have: an entity appeared, vanished (or began to be
// deleted), or has another spec. A status or a tag is no such change.
bool alters_desired_state(const Change& change);

nlohmann::json json_of(const Change& change);
// invalid, naming the field: seq, time, key and operation must be there, and the states that go
// with the operation.
Result<Change> parse_change(const nlohmann::json& json);

}  // namespace titan::model
