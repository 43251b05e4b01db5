#include "tests/cli/fake_api.hpp"

#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "model/entity.hpp"

namespace titan::cli::testing {
namespace {

using nlohmann::json;

constexpr const char* kCreated = "2026-03-01T11:55:00.000000Z";

constexpr const char* kEpoch = "0123456789abcdef";

std::string parameter(const HttpRequest& request, const std::string& name) {
  const auto parameters = parse_query(request.query());
  const auto found = parameters.find(name);
  return found == parameters.end() ? std::string() : found->second;
}

bool has_parameter(const HttpRequest& request, const std::string& name) {
  return parameter(request, name) == "true";
}

}  // namespace

HttpResponse json_response(const json& body, int status) {
  return {status, {{"Content-Type", "application/json"}}, canonical_json(body)};
}

HttpResponse error_response(int status, const std::string& code, const std::string& message,
                            const std::string& field, const std::string& subject) {
  return json_response({{"error",
                         {{"code", code},
                          {"message", message},
                          {"field", field},
                          {"subject", subject},
                          {"requestId", "req-1"}}}},
                       status);
}

FakeApi::FakeApi() {
  put({{"kind", "Workspace"}, {"name", "default"}});
}

void FakeApi::put(const json& entity) {
  auto parsed = model::parse_entity(entity).value();
  if (parsed.id.empty()) parsed.id = "00000000-0000-4000-8000-000000000001";
  const auto time = Timestamp::parse(kCreated).value();
  if (parsed.created_time == Timestamp()) parsed.created_time = time;
  if (parsed.modified_time == Timestamp()) parsed.modified_time = time;
  if (parsed.revision == 0) parsed.revision = 1;
  if (parsed.version == 0) parsed.version = 1;
  if (!entity.contains("status")) parsed.status = model::Status::ready;
  const std::string plural(model::plural_of(parsed.kind()));
  entities_[{plural, parsed.workspace, parsed.name}] = model::json_of(parsed);
}

bool FakeApi::has(const std::string& plural, const std::string& workspace,
                  const std::string& name) const {
  return entities_.contains({plural, workspace, name});
}

json& FakeApi::at(const std::string& plural, const std::string& workspace,
                  const std::string& name) {
  return entities_.at({plural, workspace, name});
}

HttpResponse FakeApi::answer(const HttpRequest& request) {
  log.push_back(request.method + " " + request.target);
  const auto shown = request.headers.find("Authorization");
  authorization = shown == request.headers.end() ? std::string() : shown->second;
  if (!request.body.empty()) body = request.body;
  if (on_request) on_request(log.back());
  const std::string path(request.path());
  if (const auto found = overrides_.find(request.method + " " + path); found != overrides_.end()) {
    return found->second;
  }
  const auto parts = split(path.substr(1), '/');
  if (parts.size() == 3 && parts[1] == "blobs") return answer_blob(request, parts[2]);
  if (path == "/v1/changes") {
    return request.method == "POST" ? answer_batch(request) : answer_changes(request);
  }
  if (path == "/v1/preview") {
    return json_response({{"bookmark", bookmark()},
                          {"groups", json::array()},
                          {"hosts", 0},
                          {"changedHosts", 0},
                          {"moreHosts", 0},
                          {"moreDeployments", 0}});
  }
  if (path == "/v1/status") {
    return json_response({{"status", "ok"}, {"version", "0"}, {"bookmark", bookmark()}});
  }
  const bool in_workspace = parts.size() > 3 && parts[1] == "workspaces";
  Place place;
  const std::size_t at = in_workspace ? 3 : 1;
  if (in_workspace) place.workspace = percent_decode(parts[2]);
  place.plural = parts.at(at);
  if (parts.size() > at + 1) place.name = percent_decode(parts[at + 1]);
  if (parts.size() > at + 2 && parts[at + 2] == "hosts") {
    return json_response({{"items", json::array()}});
  }
  if (parts.size() > at + 2 && parts[at + 2] == "state") {
    return json_response({{"host", place.name}, {"deployments", json::array()}});
  }
  if (parts.size() > at + 2) return error_response(404, "not_found", "no such path: " + path);
  return answer_entity(request, place);
}

void FakeApi::record(const char* operation, const json& before, const json& after) {
  const auto key = model::parse_entity(after.is_null() ? before : after).value().key();
  changes_.push_back({{"seq", changes_.size() + 1},
                      {"time", after.is_null() ? before["modifiedTime"] : after["modifiedTime"]},
                      {"key", key.text()},
                      {"operation", operation},
                      {"before", before},
                      {"after", after},
                      {"actor", "tim"},
                      {"requestId", "req-" + std::to_string(changes_.size() + 1)}});
}

void FakeApi::update(const std::string& plural, const std::string& workspace,
                     const std::string& name, const json& fields) {
  json& entity = at(plural, workspace, name);
  const json before = entity;
  entity.update(fields);
  entity["revision"] = before["revision"].get<int>() + 1;
  record("UPDATED", before, entity);
}

void FakeApi::erase(const std::string& plural, const std::string& workspace,
                    const std::string& name) {
  record("DELETED", at(plural, workspace, name), nullptr);
  entities_.erase({plural, workspace, name});
}

std::string FakeApi::bookmark() const {
  return std::string(kEpoch) + "." + std::to_string(changes_.size());
}

json FakeApi::changes_after(const std::string& since, const std::string& kind) const {
  const std::size_t dot = since.find('.');
  const bool is_bookmark = since.starts_with(kEpoch);
  json items = json::array();
  for (const json& change : changes_) {
    const bool after =
        since.empty() || (is_bookmark ? change["seq"] > std::stoul(since.substr(dot + 1))
                                      : change["time"].get<std::string>() >= since);
    const json& state = change["after"].is_null() ? change["before"] : change["after"];
    if (after && (kind.empty() || state["kind"] == kind)) items.push_back(change);
  }
  return items;
}

HttpResponse FakeApi::answer_changes(const HttpRequest& request) {
  const std::string since = parameter(request, "since");
  const std::string kind = parameter(request, "kind");
  const std::string wait = parameter(request, "wait");
  json items = changes_after(since, kind);
  if (items.empty() && !wait.empty()) {
    if (!on_wait) return error_response(503, "unavailable", "the test has ended");
    on_wait(std::chrono::seconds(std::stoul(wait)));
    items = changes_after(since, kind);
  }
  return json_response({{"items", std::move(items)}, {"bookmark", bookmark()}, {"full", false}});
}

HttpResponse FakeApi::apply(const HttpRequest& request, const json& entity) {
  const auto key = model::parse_entity(entity).value().key();
  const Place place{std::string(model::plural_of(key.kind)), key.workspace, key.name};
  const bool new_workspace = !place.workspace.empty() && !has("workspaces", "", place.workspace);
  if (new_workspace) put({{"kind", "Workspace"}, {"name", place.workspace}});
  HttpRequest one = request;
  one.target = "/?createWorkspace=true&allowMissing=true";
  one.body = canonical_json(entity);
  const HttpResponse answered = replace(one, place);
  return json_response({{"outcome", answered.header("Titan-Outcome")},
                        {"entity", at(place.plural, place.workspace, place.name)}});
}

HttpResponse FakeApi::answer_batch(const HttpRequest& request) {
  const json batch = parse_json(request.body).value();
  const auto before = entities_;
  json items = json::array();
  for (const json& change : batch["changes"]) {
    items.push_back(parse_json(apply(request, change["entity"]).body).value());
  }
  for (std::size_t i = 0; i < items.size() && !has_parameter(request, "allowMissing"); ++i) {
    const json& entity = items[i]["entity"];
    const auto key = model::parse_entity(entity).value().key();
    const Place place{std::string(model::plural_of(key.kind)), key.workspace, key.name};
    const auto [field, missing] = missing_reference(place, entity);
    if (missing.empty()) continue;
    entities_ = before;
    return error_response(422, "invalid", missing,
                          "changes[" + std::to_string(i) + "].entity." + field, key.subject());
  }
  HttpResponse response = json_response({{"id", "req-1"},
                                         {"state", "COMMITTED"},
                                         {"bookmark", bookmark()},
                                         {"items", std::move(items)}});
  const auto workspaces = [](const auto& entities) {
    return std::count_if(entities.begin(), entities.end(), [](const auto& entity) {
      return std::get<0>(entity.first) == "workspaces";
    });
  };
  if (workspaces(entities_) > workspaces(before)) {
    response.headers.emplace("Titan-Workspace-Created", "true");
  }
  return response;
}

HttpResponse FakeApi::answer_blob(const HttpRequest& request, const std::string& digest) {
  if (request.method == "PUT") {
    EXPECT_EQ(Digest::of(request.body).text(), digest);
    blobs[digest] = request.body;
    return {201};
  }
  return {blobs.contains(digest) ? 200 : 404};
}

HttpResponse FakeApi::answer_entity(const HttpRequest& request, const Place& place) {
  if (place.name.empty()) return request.method == "POST" ? create(request, place) : list(place);
  if (request.method == "PUT") return replace(request, place);
  if (!has(place.plural, place.workspace, place.name)) {
    const auto kind = model::parse_kind_word(place.plural).value();
    const model::Key key{.kind = kind, .workspace = place.workspace, .name = place.name};
    return error_response(404, "not_found", "does not exist", {}, key.subject());
  }
  if (request.method == "DELETE") return remove(place);
  return json_response(at(place.plural, place.workspace, place.name));
}

HttpResponse FakeApi::create(const HttpRequest& request, Place place) {
  json entity = parse_json(request.body).value();
  place.name = entity["name"];
  if (has(place.plural, place.workspace, place.name)) {
    const auto key = model::parse_entity(entity).value().key();
    return error_response(409, "conflict", "exists already", {}, key.subject());
  }
  return store(request, place, entity, "created");
}

HttpResponse FakeApi::replace(const HttpRequest& request, const Place& place) {
  json entity = parse_json(request.body).value();
  if (!has(place.plural, place.workspace, place.name)) {
    return store(request, place, entity, "created");
  }
  const json& stored = at(place.plural, place.workspace, place.name);
  const auto match = request.headers.find("If-Match");
  if (match != request.headers.end() && match->second != '"' + stored["revision"].dump() + '"') {
    return json_response({{"error",
                           {{"code", "conflict"},
                            {"message", "is at another revision now"},
                            {"revision", stored["revision"]}}}},
                         409);
  }
  if (stored["spec"] == entity["spec"] && stored["tags"] == entity["tags"]) {
    HttpResponse response = json_response(stored);
    response.headers.emplace("Titan-Outcome", "unchanged");
    return response;
  }
  entity["revision"] = stored["revision"].get<int>() + 1;
  entity["version"] = stored["version"].get<int>() + 1;
  return store(request, place, entity, "updated");
}

HttpResponse FakeApi::store(const HttpRequest& request, const Place& place, const json& entity,
                            const char* outcome) {
  if (const auto [field, missing] = missing_reference(place, entity);
      !missing.empty() && !has_parameter(request, "allowMissing")) {
    return error_response(422, "invalid", missing, field);
  }
  const bool new_workspace = !place.workspace.empty() && !has("workspaces", "", place.workspace);
  if (new_workspace && !has_parameter(request, "createWorkspace")) {
    return error_response(422, "invalid", "the workspace does not exist");
  }
  if (new_workspace) put({{"kind", "Workspace"}, {"name", place.workspace}});
  put(entity);
  HttpResponse response = json_response(at(place.plural, place.workspace, place.name),
                                        std::string(outcome) == "created" ? 201 : 200);
  response.headers.emplace("Titan-Outcome", outcome);
  if (new_workspace) response.headers.emplace("Titan-Workspace-Created", "true");
  return response;
}

HttpResponse FakeApi::remove(const Place& place) {
  HttpResponse response = json_response(at(place.plural, place.workspace, place.name));
  response.headers.emplace("Titan-Outcome", place.plural == "deployments" ? "deleting" : "deleted");
  entities_.erase({place.plural, place.workspace, place.name});
  return response;
}

HttpResponse FakeApi::list(const Place& place) const {
  json items = json::array();
  for (const auto& [id, entity] : entities_) {
    const auto& [plural, workspace, name] = id;
    if (plural != place.plural) continue;
    if (place.workspace.empty() || workspace == place.workspace) items.push_back(entity);
  }
  return json_response({{"items", std::move(items)}, {"bookmark", bookmark()}});
}

std::pair<std::string, std::string> FakeApi::missing_reference(const Place& place,
                                                               const json& entity) const {
  for (const auto& [field, key] : model::references_of(model::parse_entity(entity).value())) {
    if (!has(std::string(model::plural_of(key.kind)), key.workspace, key.name)) {
      return {field, key.subject() + " does not exist"};
    }
  }
  if (place.plural != "templates") return {};
  for (const json& file : entity["spec"]["files"]) {
    if (blobs.contains(file["digest"])) continue;
    return {"spec.files", "no blob for " + file["path"].get<std::string>()};
  }
  return {};
}

}  // namespace titan::cli::testing
