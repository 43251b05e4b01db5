#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.hpp"
#include "model/entity.hpp"
#include "server-lite/api.hpp"

namespace titan::server_lite {
namespace {

using model::Entity;
using model::Key;
using model::Kind;
using nlohmann::json;

Key key_in_path(const Request& request, Kind kind) {
  Key key{.kind = kind};
  if (model::in_workspace(kind)) key.workspace = request.path.at("workspace");
  if (const auto name = request.path.find("name"); name != request.path.end()) {
    key.name = name->second;
  }
  return key;
}

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

Result<Entity> entity_in(json body, const Key& key) {
  if (!body.is_object()) return invalid_field("body", "expected an object");
  for (const char* written_by_server : {"id", "organizationId", "createdTime", "modifiedTime",
                                        "revision", "version", "status", "reason", "delete"}) {
    body.erase(written_by_server);
  }
  TITAN_TRY(agree(body, "kind", model::name_of(key.kind)));
  if (!key.workspace.empty()) TITAN_TRY(agree(body, "workspace", key.workspace));
  if (!key.name.empty()) TITAN_TRY(agree(body, "name", key.name));
  return model::parse_entity(body);
}

std::string etag_of(const Entity& entity) {
  return '"' + std::to_string(entity.revision) + '"';
}

Response written_response(const Written& written) {
  Response response =
      json_response(written.outcome == WriteOutcome::created ? 201 : 200, json_of(written.entity));
  response.headers["ETag"] = etag_of(written.entity);
  response.headers["Titan-Outcome"] = name_of(written.outcome);
  if (written.workspace_created) response.headers["Titan-Workspace-Created"] = "true";
  return response;
}

// POST and PUT differ only in whether the path names the entity.
Response put(Writer& writer, Kind kind, const Request& request, bool must_create) {
  PutRequest put{.must_create = must_create, .request_id = request.id};
  const auto create_workspace = request.flag("createWorkspace");
  const auto allow_missing = request.flag("allowMissing");
  const auto if_match = request.if_match();
  if (!create_workspace) return unreadable(create_workspace.error(), request.id);
  if (!allow_missing) return unreadable(allow_missing.error(), request.id);
  if (!if_match) return unreadable(if_match.error(), request.id);
  put.create_workspace = *create_workspace;
  put.allow_missing = *allow_missing;
  put.if_match = *if_match;
  if (must_create && put.if_match) {
    return unreadable(invalid_field("If-Match", "goes with PUT and DELETE, not with POST"),
                      request.id);
  }

  auto body = request.json();
  if (!body) return unreadable(body.error(), request.id);
  auto entity = entity_in(*std::move(body), key_in_path(request, kind));
  if (!entity) return error_response(entity.error(), request.id);
  put.entity = *std::move(entity);

  const auto written = writer.put(put);
  return written ? written_response(*written) : error_response(written.error(), request.id);
}

Response get(store::Store& store, Kind kind, const Request& request) {
  const Key key = key_in_path(request, kind);
  const auto entity = store.get(key);
  if (!entity && entity.error().code == ErrorCode::not_found) {
    return error_response({ErrorCode::not_found, "it does not exist", key.subject()}, request.id);
  }
  if (!entity) return error_response(entity.error(), request.id);
  Response response = json_response(200, json_of(*entity));
  response.headers["ETag"] = etag_of(*entity);
  return response;
}

Response remove(Writer& writer, Kind kind, const Request& request) {
  const auto force = request.flag("force");
  const auto if_match = request.if_match();
  if (!force) return unreadable(force.error(), request.id);
  if (!if_match) return unreadable(if_match.error(), request.id);
  const Key key = key_in_path(request, kind);
  const auto written =
      writer.remove({.key = key, .force = *force, .if_match = *if_match, .request_id = request.id});
  if (written) return written_response(*written);
  if (written.error().code == ErrorCode::not_found) {
    return error_response({ErrorCode::not_found, "it does not exist", key.subject()}, request.id);
  }
  return error_response(written.error(), request.id);
}

// The last key of the page before, from the `continue` parameter.
Result<std::optional<Key>> continued_after(const Request& request, Kind kind) {
  const auto token = request.parameters.find("continue");
  if (token == request.parameters.end()) return std::optional<Key>();
  const auto key = Key::parse(token->second);
  if (key && key->kind == kind) return std::optional(*key);
  return invalid_field("continue", quote(token->second) + " is not what a list gave");
}

Response list(store::Store& store, Kind kind, const Request& request) {
  const auto limit = request.limit();
  const auto after = continued_after(request, kind);
  if (!limit) return unreadable(limit.error(), request.id);
  if (!after) return unreadable(after.error(), request.id);
  store::ListQuery query{.kind = kind, .after = *after, .limit = *limit + 1};
  if (const auto workspace = request.path.find("workspace"); workspace != request.path.end()) {
    query.workspace = workspace->second;
  }
  auto entities = store.list(query);
  if (!entities) return error_response(entities.error(), request.id);

  const bool more = entities->size() > *limit;
  if (more) entities->pop_back();
  json items = json::array();
  for (const Entity& entity : *entities) items.push_back(json_of(entity));
  json body = {{"items", std::move(items)}};
  if (more) body["continue"] = entities->back().key().text();
  return json_response(200, body);
}

}  // namespace

void add_entity_routes(Router& router, store::Store& store, Writer& writer) {
  const std::vector<std::string> paging = {"limit", "continue"};
  const std::vector<std::string> writing = {"createWorkspace", "allowMissing"};
  for (const Kind kind : model::kKinds) {
    const std::string across = "/v1/" + std::string(model::plural_of(kind));
    const std::string all = model::in_workspace(kind) ? "/v1/workspaces/{workspace}/" +
                                                            std::string(model::plural_of(kind))
                                                      : across;
    const std::string one = all + "/{name}";
    const auto list_kind = [&store, kind](const Request& r) { return list(store, kind, r); };
    router.add({"GET", all, paging, list_kind});
    if (all != across) router.add({"GET", across, paging, list_kind});
    router.add({"GET", one, {}, [&store, kind](const Request& r) { return get(store, kind, r); }});
    if (kind == Kind::assignment) continue;  // the server's own to write
    router.add({"POST", all, writing,
                [&writer, kind](const Request& r) { return put(writer, kind, r, true); }});
    router.add({"PUT", one, writing,
                [&writer, kind](const Request& r) { return put(writer, kind, r, false); }});
    router.add({"DELETE", one, {"force"}, [&writer, kind](const Request& r) {
                  return remove(writer, kind, r);
                }});
  }
}

}  // namespace titan::server_lite
