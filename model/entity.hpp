#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/timestamp.hpp"
#include "model/key.hpp"
#include "model/labels.hpp"
#include "model/spec.hpp"
#include "model/stage.hpp"
#include "model/status.hpp"

namespace titan::model {

// One entity of any kind. A plain value: the store keeps it, the server answers with it, the
// command line prints it. docs/spec/ has a page per kind.
struct Entity {
  std::string id = {};  // UUID, given by the store, never reused
  std::string name = {};
  std::string organization = std::string(kDefaultOrganization);  // `organizationId` in JSON
  std::string workspace = {};                                    // empty for kinds in no workspace
  Timestamp created_time = {};
  Timestamp modified_time = {};
  std::uint64_t revision = 0;  // +1 at each write
  std::uint64_t version = 0;   // +1 when the spec changes
  Spec spec = {};
  Status status = Status::initialized;
  std::vector<std::string> reason = {};  // never empty with ERROR or MISSING
  Tags tags = {};
  std::vector<Stage> stages = {};  // of a deployment: reported of its version, and of the next
  bool deleting = false;           // `delete` in JSON: deletion was asked for
  Timestamp deleted_time = {};     // zero unless the status is DELETED
  bool operator==(const Entity&) const = default;

  [[nodiscard]] Kind kind() const { return static_cast<Kind>(spec.index()); }
  [[nodiscard]] Key key() const { return {organization, kind(), workspace, name}; }
};

// The entity as flat camelCase JSON, with every field; `deletedTime` only when it is not zero, and
// `stages` only when there are some.
nlohmann::json json_of(const Entity& entity);

// Reads and validates an entity: every field's type and form, and that no field is unknown; what
// an entity refers to is not looked up. `kind` and `name` must be there; a missing workspace is
// `default` for kinds in a workspace; all other fields have the defaults above.
// invalid: `field` names the place, and the message what was found and what was expected.
Result<Entity> parse_entity(const nlohmann::json& json);

// The entities that `entity` names in its spec, with the field that names each.
struct Reference {
  std::string field;
  Key key;
};
std::vector<Reference> references_of(const Entity& entity);

}  // namespace titan::model
