#include "server-lite/proposal_text.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.hpp"
#include "model/field_reader.hpp"
#include "server-lite/limits.hpp"

namespace titan::server_lite {
namespace {

using model::Key;
using model::Kind;
using nlohmann::json;
using Operation = ProposedChange::Operation;

// What the path says and the body leaves out goes into the body; where both say it, they agree.
Result<void> agree(json& body, const char* field, std::string_view path_says) {
  json& place = body[field];
  if (place.is_null()) {
    place = path_says;
  } else if (place != path_says) {
    return invalid_field(field, "expected " + quote(path_says) + ", as in the path, found " +
                                    (place.is_string() ? quote(place.get<std::string>())
                                                       : std::string("something else")));
  }
  return {};
}

Result<bool> wants_deletion(const json& body) {
  const auto wanted = body.find("delete");
  if (wanted == body.end() || wanted->is_null()) return false;
  if (wanted->is_boolean()) return wanted->get<bool>();
  return invalid_field("delete", "expected true or false, found " + model::found_text(*wanted));
}

Result<Operation> parse_operation(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, Operation>, 4> kOperations = {
      {{"CREATE", Operation::create},
       {"UPDATE", Operation::update},
       {"APPLY", Operation::apply},
       {"DELETE", Operation::remove}}};
  for (const auto& [name, operation] : kOperations) {
    if (name == text) return operation;
  }
  return invalid("expected CREATE, UPDATE, APPLY or DELETE, found " + quote(text));
}

Result<Kind> parse_changeable_kind(std::string_view text) {
  TITAN_ASSIGN(const Kind kind, model::parse_kind(text));
  if (kind == Kind::assignment) return invalid("assignments are the server's own to write");
  return kind;
}

Result<ProposedChange> parse_removal(const json& object, const std::string& organization) {
  model::FieldReader reader(object, "");
  reader.ignore("operation");
  reader.require({"kind", "name"});
  ProposedChange change{.operation = Operation::remove,
                        .key = {.organization = organization,
                                .kind = reader.parsed<Kind>("kind", &parse_changeable_kind),
                                .workspace = reader.text("workspace"),
                                .name = reader.text("name")},
                        .force = reader.boolean("force"),
                        .if_revision = reader.optional_number("revision")};
  TITAN_TRY(reader.finish());
  const bool has_workspace = !change.key.workspace.empty();
  if (!model::in_workspace(change.key.kind)) {
    if (has_workspace) return invalid_field("workspace", "entities of this kind are in none");
  } else if (!has_workspace) {
    change.key.workspace = model::kDefaultWorkspace;
  }
  TITAN_TRY(model::check_name("name", change.key.name));
  return change;
}

Result<ProposedChange> parse_put(const json& object, Operation operation,
                                 const std::string& organization) {
  model::FieldReader reader(object, "");
  reader.ignore("operation");
  const json* body = reader.object("entity");
  const auto revision = reader.optional_number("revision");
  TITAN_TRY(reader.finish());
  if (body == nullptr) return invalid_field("entity", "must be given");
  const auto named = body->find("kind");
  if (named == body->end() || !named->is_string()) {
    return invalid_field("entity.kind", "must be given");
  }
  const auto kind = parse_changeable_kind(named->get<std::string>());
  if (!kind) return invalid_field("entity.kind", kind.error().message);
  auto change = parse_proposed_entity(
      *body, {.organization = organization, .kind = *kind, .name = ""}, operation);
  if (!change) {
    Error error = change.error();
    error.field = error.field.empty() ? "entity" : "entity." + error.field;
    return error;
  }
  change->if_revision = revision;
  return change;
}

Result<ProposedChange> parse_proposed_change(const json& object, const std::string& organization) {
  if (!object.is_object()) {
    return invalid("expected an object, found " + model::found_text(object));
  }
  const auto named = object.find("operation");
  const auto operation =
      parse_operation(named != object.end() && named->is_string() ? named->get<std::string>() : "");
  if (!operation) return invalid_field("operation", operation.error().message);
  return *operation == Operation::remove ? parse_removal(object, organization)
                                         : parse_put(object, *operation, organization);
}

}  // namespace

Result<ProposedChange> parse_proposed_entity(json body, const Key& key, Operation operation) {
  if (!body.is_object()) return invalid_field("body", "expected an object");
  TITAN_ASSIGN(const bool deletion, wants_deletion(body));
  for (const char* written_by_server :
       {"id", "organizationId", "createdTime", "modifiedTime", "deletedTime", "revision", "version",
        "status", "reason", "stages", "delete"}) {
    body.erase(written_by_server);
  }
  TITAN_TRY(agree(body, "kind", model::name_of(key.kind)));
  if (!key.workspace.empty()) TITAN_TRY(agree(body, "workspace", key.workspace));
  if (!key.name.empty()) TITAN_TRY(agree(body, "name", key.name));
  TITAN_ASSIGN(model::Entity entity, model::parse_entity(body));
  entity.organization = key.organization;
  ProposedChange change{.operation = deletion ? Operation::remove : operation, .key = entity.key()};
  if (!deletion) change.entity = std::move(entity);
  return change;
}

Result<std::vector<ProposedChange>> parse_proposed_changes(const json& body,
                                                           const std::string& organization) {
  if (!body.is_object()) {
    return invalid_field("body", "expected an object, found " + model::found_text(body));
  }
  model::FieldReader reader(body, "");
  reader.require({"changes"});
  const json* array = reader.array("changes", kProposedChangesMax);
  TITAN_TRY(reader.finish());
  if (array == nullptr || array->empty()) {
    return invalid_field("changes", "expected at least one change");
  }
  std::vector<ProposedChange> changes;
  for (std::size_t i = 0; i < array->size(); ++i) {
    auto change = parse_proposed_change((*array)[i], organization);
    if (!change) {
      Error error = change.error();
      const std::string place = "changes[" + std::to_string(i) + "]";
      error.field = error.field.empty() ? place : place + "." + error.field;
      return error;
    }
    changes.push_back(*std::move(change));
  }
  return changes;
}

json json_of(const Written& written) {
  return {{"outcome", name_of(written.outcome)}, {"entity", model::json_of(written.entity)}};
}

}  // namespace titan::server_lite
