#include "model/entity.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "model/field_reader.hpp"
#include "model/limits.hpp"
#include "model/secret_use.hpp"

namespace titan::model {
namespace {

using nlohmann::json;

void read_written_by_server(FieldReader& reader, Entity& entity) {
  entity.id = reader.text("id");
  entity.created_time = reader.timestamp("createdTime");
  entity.modified_time = reader.timestamp("modifiedTime");
  entity.revision = reader.number("revision");
  entity.version = reader.number("version");
  entity.status = reader.parsed<Status>("status", &parse_status);
  entity.reason = reader.texts("reason", kReasonsMax);
  entity.deleting = reader.boolean("delete");
  entity.deleted_time = reader.timestamp("deletedTime");
  if (entity.deleted_time != Timestamp() && entity.status != Status::deleted) {
    reader.refuse("deletedTime", "goes only with the status DELETED");
  }
}

void read_stages(FieldReader& reader, Kind kind, Entity& entity) {
  const json* array = reader.array("stages", kStagesMax);
  if (array == nullptr || array->empty()) return;
  if (kind != Kind::deployment) {
    reader.refuse("stages",
                  "are of deployments alone; a " + std::string(singular_of(kind)) + " has none");
    return;
  }
  for (const json& item : *array) {
    auto stage = parse_stage(item, "stages[" + std::to_string(entity.stages.size()) + "]");
    if (!stage) return reader.refuse(stage.error());
    entity.stages.push_back(*std::move(stage));
  }
}

Result<Kind> read_kind(FieldReader& reader) {
  const std::string name = reader.required_text("kind");
  auto kind = parse_kind(name);
  if (kind) return kind;
  reader.refuse("kind", kind.error().message);
  return reader.finish().error();
}

void read_names(FieldReader& reader, Kind kind, Entity& entity) {
  entity.name = reader.required_text("name");
  entity.workspace = reader.text("workspace");
  if (reader.has("organizationId")) entity.organization = reader.text("organizationId");
  const auto refuse = [&](const Result<void>& checked) {
    if (!checked) reader.refuse(checked.error());
  };
  if (!entity.name.empty()) refuse(check_name("name", entity.name));
  refuse(check_name("organizationId", entity.organization));
  if (!in_workspace(kind)) {
    if (!entity.workspace.empty()) {
      reader.refuse("workspace", "a " + std::string(singular_of(kind)) + " is in no workspace");
    }
    return;
  }
  if (entity.workspace.empty()) entity.workspace = kDefaultWorkspace;
  refuse(check_name("workspace", entity.workspace));
}

// Whether the names serve to say which entity an error is about.
bool names_are_known(Kind kind, const Entity& entity) {
  return check_name("name", entity.name).ok() &&
         (in_workspace(kind) ? check_name("workspace", entity.workspace).ok()
                             : entity.workspace.empty());
}

}  // namespace

json json_of(const Entity& entity) {
  json object;
  object["kind"] = name_of(entity.kind());
  object["id"] = entity.id;
  object["name"] = entity.name;
  object["organizationId"] = entity.organization;
  object["createdTime"] = entity.created_time.text();
  object["modifiedTime"] = entity.modified_time.text();
  object["revision"] = entity.revision;
  object["version"] = entity.version;
  object["spec"] = json_of(entity.spec);
  object["status"] = name_of(entity.status);
  object["reason"] = entity.reason;
  object["tags"] = entity.tags;
  object["delete"] = entity.deleting;
  for (const Stage& stage : entity.stages) object["stages"].push_back(json_of(stage));
  if (in_workspace(entity.kind())) object["workspace"] = entity.workspace;
  if (entity.deleted_time != Timestamp()) object["deletedTime"] = entity.deleted_time.text();
  return object;
}

Result<Entity> parse_entity(const json& object) {
  FieldReader reader(object, "");
  const auto kind = read_kind(reader);
  if (!kind) return kind.error();

  Entity entity;
  read_names(reader, *kind, entity);
  read_written_by_server(reader, entity);
  read_stages(reader, *kind, entity);
  entity.tags = reader.text_map("tags");
  if (const auto checked = check_tags("tags", entity.tags); !checked) {
    reader.refuse(checked.error());
  }
  const json nothing = json::object();
  const json* spec = reader.object("spec");
  auto parsed = parse_spec(*kind, spec == nullptr ? nothing : *spec);
  if (parsed) {
    entity.spec = *std::move(parsed);
  } else {
    reader.refuse(parsed.error());
  }
  if (auto finished = reader.finish(); !finished) {
    Error error = std::move(finished).error();
    if (names_are_known(*kind, entity)) {
      error.subject =
          Key{.kind = *kind, .workspace = entity.workspace, .name = entity.name}.subject();
    }
    return error;
  }
  return entity;
}

std::vector<Reference> references_of(const Entity& entity) {
  std::vector<Reference> references;
  const auto add = [&](std::string_view field, Kind kind, const std::string& name) {
    if (name.empty()) return;
    references.push_back({std::string("spec.") + std::string(field),
                          Key{.organization = entity.organization,
                              .kind = kind,
                              .workspace = in_workspace(kind) ? entity.workspace : "",
                              .name = name}});
  };
  // A reference that does not parse was refused where the entity was read.
  const auto add_secrets = [&](const Values& values) {
    const auto named = secret_references(values);
    if (!named) return;
    std::string last;
    for (const SecretReference& reference : *named) {
      if (reference.name != last) add("values", Kind::secret, reference.name);
      last = reference.name;
    }
  };
  if (const auto* workload = std::get_if<WorkloadSpec>(&entity.spec)) {
    add("template", Kind::template_, workload->default_template);
    add_secrets(workload->values);
  }
  if (const auto* deployment = std::get_if<DeploymentSpec>(&entity.spec)) {
    add("workload", Kind::workload, deployment->workload);
    add("template", Kind::template_, deployment->template_name);
    add("target", Kind::target, deployment->target);
    for (const std::string& name : deployment->depends_on) {
      add("dependsOn", Kind::deployment, name);
    }
    add_secrets(deployment->values);
  }
  if (const auto* assignment = std::get_if<AssignmentSpec>(&entity.spec)) {
    add("deployment", Kind::deployment, assignment->deployment);
    add("host", Kind::host, assignment->host);
  }
  return references;
}

}  // namespace titan::model
