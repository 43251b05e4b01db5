#include "client/client.hpp"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/assert.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "client/answer.hpp"
#include "client/limits.hpp"
#include "client/provenance_answer.hpp"
#include "model/limits.hpp"

namespace titan::client {
namespace {

using nlohmann::json;

// Adds the parameters that are there, in order.
class Query {
 public:
  Query& add(std::string_view name, std::string_view value) {
    text_ += text_.empty() ? '?' : '&';
    text_.append(name).append("=").append(percent_encode(value));
    return *this;
  }
  Query& add_if(bool there, std::string_view name, std::string_view value) {
    return there ? add(name, value) : *this;
  }
  Query& add_wait(std::chrono::seconds wait) {
    return add_if(wait.count() > 0, "wait", std::to_string(std::min(wait, kWaitMax).count()) + "s");
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// Joins what stands in a parameter as "a=b,c=d", where nothing can be quoted.
class PairList {
 public:
  explicit PairList(std::string_view what) : what_(what) {}

  Result<void> add(const std::string& name, const std::string& value) {
    if (value.find(',') != std::string::npos) {
      return invalid(what_ + " " + quote(name) + ": " + quote(value) +
                     " holds a comma, by which a list cannot be filtered");
    }
    text_ += (text_.empty() ? "" : ",") + name + "=" + value;
    return {};
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string what_;
  std::string text_;
};

std::string statuses_text(const std::vector<model::Status>& statuses) {
  std::string text;
  for (const model::Status status : statuses) {
    text.append(text.empty() ? "" : ",").append(model::name_of(status));
  }
  return text;
}

// The parameters of a list that are the same for all its pages.
Result<Query> query_of(const model::EntityFilter& filter) {
  PairList tags("the tag");
  for (const auto& [name, value] : filter.tags) TITAN_TRY(tags.add(name, value));
  PairList fields("the field");
  for (const auto& field : filter.fields) TITAN_TRY(fields.add(field.path, field.value));
  const std::string& labels = filter.labels.text();
  Query query;
  query.add_if(!tags.text().empty(), "tags", tags.text())
      .add_if(!labels.empty(), "labels", labels)
      .add_if(!filter.statuses.empty(), "status", statuses_text(filter.statuses))
      .add_if(!fields.text().empty(), "fields", fields.text());
  if (filter.modified_after) query.add("modifiedAfter", filter.modified_after->text());
  if (filter.modified_before) query.add("modifiedBefore", filter.modified_before->text());
  return query;
}

std::string host_path(std::string_view host, std::string_view what) {
  return "/v1/hosts/" + percent_encode(host) + "/" + std::string(what);
}

std::string blob_path(const Digest& digest) {
  return "/v1/blobs/" + digest.text();
}

// `token`: where the page before ended; empty: the first page.
std::string page_query(const std::string& token) {
  return Query()
      .add("limit", std::to_string(kListPageItems))
      .add_if(!token.empty(), "continue", token)
      .text();
}

std::string query_of(const WriteOptions& options) {
  return Query()
      .add_if(options.create_workspace, "createWorkspace", "true")
      .add_if(options.allow_missing, "allowMissing", "true")
      .text();
}

HttpHeaders headers_of(const std::optional<std::uint64_t>& if_match) {
  HttpHeaders headers;
  if (if_match) headers.emplace("If-Match", '"' + std::to_string(*if_match) + '"');
  return headers;
}

// What a client may say of an entity; the rest the server writes.
json body_of(const model::Entity& entity) {
  json body = {{"kind", model::name_of(entity.kind())},
               {"name", entity.name},
               {"spec", model::json_of(entity.spec)},
               {"tags", entity.tags}};
  if (!entity.workspace.empty()) body["workspace"] = entity.workspace;
  return body;
}

std::string_view name_of(EntityWrite::Operation operation) {
  switch (operation) {
    case EntityWrite::Operation::create:
      return "CREATE";
    case EntityWrite::Operation::update:
      return "UPDATE";
    case EntityWrite::Operation::apply:
      return "APPLY";
  }
  return "APPLY";
}

json body_of(const EntityWrite& write) {
  json body = {{"operation", name_of(write.operation)}, {"entity", body_of(write.entity)}};
  if (write.revision) body["revision"] = *write.revision;
  return body;
}

json body_of(const EntityRemoval& removal) {
  json body = {{"operation", "DELETE"},
               {"kind", model::name_of(removal.key.kind)},
               {"name", removal.key.name}};
  if (!removal.key.workspace.empty()) body["workspace"] = removal.key.workspace;
  if (removal.force) body["force"] = true;
  if (removal.revision) body["revision"] = *removal.revision;
  return body;
}

Result<json> body_of(const std::vector<BatchChange>& changes) {
  if (changes.size() > kBatchChangesMax) {
    return exhausted(std::to_string(changes.size()) + " changes cannot be written all or none, " +
                     std::to_string(kBatchChangesMax) + " can");
  }
  json body = {{"changes", json::array()}};
  for (const BatchChange& change : changes) {
    body["changes"].push_back(std::visit([](const auto& one) { return body_of(one); }, change));
  }
  return body;
}

HttpRequest json_request(std::string method, std::string target, const json& body,
                         HttpHeaders headers = {}) {
  headers.emplace("Content-Type", "application/json");
  return {std::move(method), std::move(target), std::move(headers), canonical_json(body)};
}

bool is_success(const HttpResponse& response) {
  return response.status >= 200 && response.status < 300;
}

}  // namespace

std::string collection_path(model::Kind kind, std::string_view workspace) {
  const std::string plural(model::plural_of(kind));
  if (!model::in_workspace(kind) || workspace.empty()) return "/v1/" + plural;
  return "/v1/workspaces/" + percent_encode(workspace) + "/" + plural;
}

std::string entity_path(const model::Key& key) {
  return collection_path(key.kind, key.workspace) + "/" + percent_encode(key.name);
}

Result<HttpResponse> Client::send(HttpRequest request) {
  retry_after_.reset();
  refusal_ = {};
  request.headers.emplace("Accept", "application/json");
  request.headers.emplace("User-Agent", "titan/" TITAN_VERSION);
  if (!token_.empty()) {
    request.headers.emplace("Authorization", "Bearer " + std::string(token_.bytes()));
  }
  TITAN_ASSIGN(HttpResponse response, transport_.send(request));
  retry_after_ = read_retry_after(response);
  if (!is_success(response)) refusal_ = read_refusal(response);
  return response;
}

Result<HttpResponse> Client::ask(HttpRequest request) {
  TITAN_ASSIGN(HttpResponse response, send(std::move(request)));
  if (!is_success(response)) return error_of(response);
  return response;
}

Result<json> Client::ask_json(std::string target) {
  TITAN_ASSIGN(const HttpResponse response, ask({.target = std::move(target)}));
  return json_of(response);
}

Result<WriteResult> Client::write(HttpRequest request) {
  TITAN_ASSIGN(const HttpResponse response, ask(std::move(request)));
  return read_write_result(response);
}

Result<WriteResult> Client::create(const model::Entity& entity, const WriteOptions& options) {
  return write(json_request("POST",
                            collection_path(entity.kind(), entity.workspace) + query_of(options),
                            body_of(entity)));
}

Result<WriteResult> Client::put(const model::Entity& entity, const WriteOptions& options) {
  return write(json_request("PUT", entity_path(entity.key()) + query_of(options), body_of(entity),
                            headers_of(options.if_match)));
}

Result<WriteResult> Client::remove(const model::Key& key, const RemoveOptions& options) {
  const std::string query = Query().add_if(options.force, "force", "true").text();
  return write({"DELETE", entity_path(key) + query, headers_of(options.if_match)});
}

Result<model::Entity> Client::get(const model::Key& key) {
  TITAN_ASSIGN(const json body, ask_json(entity_path(key)));
  return read_entity(body);
}

Result<BatchResult> Client::change(const std::vector<BatchChange>& changes,
                                   const BatchOptions& options) {
  TITAN_ASSIGN(const json body, body_of(changes));
  const std::string query = Query()
                                .add_if(options.create_workspaces, "createWorkspace", "true")
                                .add_if(options.allow_missing, "allowMissing", "true")
                                .add_if(!options.wait, "wait", "false")
                                .text();
  TITAN_ASSIGN(const HttpResponse response, ask(json_request("POST", "/v1/changes" + query, body)));
  return read_batch_result(response, changes.size());
}

Result<ChangeStatus> Client::change_status(std::string_view id) {
  TITAN_ASSIGN(const json body, ask_json("/v1/changes/" + percent_encode(id)));
  return read_change_status(body);
}

Result<EntityList> Client::list(const ListQuery& query, const Progress& progress) {
  auto listed = list_once(query, progress);
  if (listed || listed.error().code != ErrorCode::expired) return listed;
  return list_once(query, progress);
}

Result<EntityList> Client::list_once(const ListQuery& asked, const Progress& progress) {
  const std::string path = collection_path(asked.kind, asked.workspace.value_or(""));
  TITAN_ASSIGN(const Query filter, query_of(asked.filter));
  const std::size_t limit = asked.limit.value_or(SIZE_MAX);
  EntityList list;
  std::string token;
  for (std::size_t page = 0; page < kListPagesMax; ++page) {
    Query query = filter;
    query.add("limit", std::to_string(std::min(kListPageItems, limit - list.items.size())))
        .add_if(!token.empty(), "continue", token);
    TITAN_ASSIGN(const json body, ask_json(path + query.text()));
    TITAN_TRY(read_list_page(body, list));
    TITAN_ASSIGN(token, read_continue(body));
    if (progress) progress(list.items.size());
    list.more = !token.empty() || list.items.size() > limit;
    if (list.items.size() > limit) list.items.resize(limit);
    if (token.empty() || list.items.size() == limit) return list;
  }
  return exhausted("the list of " + std::string(model::plural_of(asked.kind)) + " has more than " +
                   std::to_string(kListPagesMax) + " pages");
}

Result<Digest> Client::put_blob(std::string_view content) {
  if (content.size() > model::kTemplateFileBytesMax) {
    return exhausted("the blob has " + std::to_string(content.size()) + " bytes, the limit is " +
                     std::to_string(model::kTemplateFileBytesMax));
  }
  const Digest digest = Digest::of(content);
  TITAN_TRY(ask({"PUT",
                 blob_path(digest),
                 {{"Content-Type", "application/octet-stream"}},
                 std::string(content)}));
  return digest;
}

Result<std::string> Client::get_blob(const Digest& digest) {
  TITAN_ASSIGN(HttpResponse response,
               ask({.target = blob_path(digest), .headers = {{"Accept", "*/*"}}}));
  if (Digest::of(response.body) != digest) {
    return internal("what the server gave as the blob " + digest.text() + " has the digest " +
                    Digest::of(response.body).text());
  }
  return std::move(response.body);
}

Result<bool> Client::has_blob(const Digest& digest) {
  TITAN_ASSIGN(const HttpResponse response, send({"HEAD", blob_path(digest)}));
  if (response.status == 404) return false;
  if (!is_success(response)) return error_of(response);
  return true;
}

Result<void> Client::sync_template(std::string_view name) {
  const model::Key key{.kind = model::Kind::template_, .name = std::string(name)};
  const auto answer = ask({"POST", entity_path(key) + "/sync"});
  return answer ? Result<void>() : answer.error();
}

Result<SyncAnswer> Client::sync(std::string_view host, const model::SyncRequest& request,
                                std::chrono::seconds wait) {
  const std::string target = host_path(host, "sync") + Query().add_wait(wait).text();
  TITAN_ASSIGN(const HttpResponse response,
               ask(json_request("POST", target, model::json_of(request))));
  return read_sync_answer(host, response);
}

Result<HostChanges> Client::host_changes(std::string_view host, std::string_view since,
                                         bool render) {
  const std::string query =
      Query().add_if(!since.empty(), "since", since).add_if(render, "render", "true").text();
  TITAN_ASSIGN(const json body, ask_json(host_path(host, "changes") + query));
  return read_host_changes(body);
}

Result<ReceivedReport> Client::host_report(std::string_view host) {
  TITAN_ASSIGN(const json body, ask_json(host_path(host, "report")));
  return read_received_report(body);
}

Result<HostState> Client::host_state(std::string_view host) {
  TITAN_ASSIGN(const json body, ask_json(host_path(host, "state")));
  return read_host_state(body);
}

Result<std::vector<DeploymentHost>> Client::deployment_hosts(const model::Key& deployment,
                                                             const Progress& progress) {
  TITAN_ASSERT(deployment.kind == model::Kind::deployment);
  std::vector<DeploymentHost> hosts;
  std::string token;
  for (std::size_t page = 0; page < kListPagesMax; ++page) {
    TITAN_ASSIGN(const json body, ask_json(entity_path(deployment) + "/hosts" + page_query(token)));
    TITAN_ASSIGN(const json items, read_items(body));
    for (const json& item : items) {
      TITAN_ASSIGN(auto host, read_deployment_host(item));
      hosts.push_back(std::move(host));
    }
    TITAN_ASSIGN(token, read_continue(body));
    if (progress) progress(hosts.size());
    if (token.empty()) return hosts;
  }
  return exhausted("the list of hosts has more than " + std::to_string(kListPagesMax) + " pages");
}

Result<model::Entity> Client::report_stage(const model::Key& deployment,
                                           const model::StageReport& report) {
  TITAN_ASSERT(deployment.kind == model::Kind::deployment);
  TITAN_ASSIGN(
      const HttpResponse response,
      ask(json_request("POST", entity_path(deployment) + "/stages", model::json_of(report))));
  TITAN_ASSIGN(const json body, json_of(response));
  return read_entity(body);
}

Result<Trace> Client::trace(const model::Key& deployment, const Progress& progress) {
  TITAN_ASSERT(deployment.kind == model::Kind::deployment);
  json whole;
  std::string token;
  for (std::size_t page = 0; page < kListPagesMax; ++page) {
    TITAN_ASSIGN(json body, ask_json(entity_path(deployment) + "/trace" + page_query(token)));
    TITAN_ASSIGN(token, read_continue(body));
    if (body.is_object()) body.erase("continue");
    TITAN_TRY(read_trace(body));
    if (page == 0) {
      whole = std::move(body);
    } else {
      for (json& host : body["hosts"]) whole["hosts"].push_back(std::move(host));
    }
    if (progress) progress(whole["hosts"].size());
    if (token.empty()) return read_trace(whole);
  }
  return exhausted("the trace has more than " + std::to_string(kListPagesMax) + " pages of hosts");
}

Result<HostRendering> Client::render(const RenderQuery& asked) {
  TITAN_ASSERT(asked.deployment.kind == model::Kind::deployment);
  const std::string query = Query()
                                .add("host", asked.host)
                                .add_if(!asked.at.empty(), "at", asked.at)
                                .add_if(!asked.path.empty(), "path", asked.path)
                                .text();
  TITAN_ASSIGN(const json body, ask_json(entity_path(asked.deployment) + "/render" + query));
  return read_host_rendering(body);
}

Result<HostRendering> Client::render_host(std::string_view host, std::string_view at) {
  const std::string query = Query().add_if(!at.empty(), "at", at).text();
  TITAN_ASSIGN(const json body, ask_json(host_path(host, "render") + query));
  return read_host_rendering(body);
}

Result<Why> Client::why(const WhyQuery& asked) {
  const std::string query = Query()
                                .add("path", asked.path)
                                .add_if(asked.line > 0, "line", std::to_string(asked.line))
                                .add_if(!asked.deployment.empty(), "deployment", asked.deployment)
                                .add_if(!asked.at.empty(), "at", asked.at)
                                .text();
  TITAN_ASSIGN(const json body, ask_json(host_path(asked.host, "why") + query));
  return read_why(body);
}

Result<Preview> Client::preview(const std::vector<BatchChange>& changes,
                                const BatchOptions& options) {
  TITAN_ASSIGN(const json body, body_of(changes));
  const std::string query = Query()
                                .add_if(options.create_workspaces, "createWorkspace", "true")
                                .add_if(options.allow_missing, "allowMissing", "true")
                                .text();
  TITAN_ASSIGN(const HttpResponse response, ask(json_request("POST", "/v1/preview" + query, body)));
  TITAN_ASSIGN(const json answer, json_of(response));
  return read_preview(answer);
}

Result<ChangePage> Client::changes(const ChangesQuery& asked) {
  Query query;
  query.add_if(!asked.since.empty(), "since", asked.since);
  if (asked.limit) query.add("limit", std::to_string(*asked.limit));
  if (asked.kind) query.add("kind", model::name_of(*asked.kind));
  query.add_if(!asked.actor.empty(), "actor", asked.actor);
  query.add_wait(asked.wait);
  TITAN_ASSIGN(const json body, ask_json("/v1/changes" + query.text()));
  return read_change_page(body);
}

Result<ServerStatus> Client::status() {
  TITAN_ASSIGN(const HttpResponse response, send({.target = "/v1/status"}));
  const auto body = json_of(response);
  const bool is_status = body && body->is_object() && body->contains("status");
  if (!is_success(response) && !is_status) return error_of(response);
  if (!body) return body.error();
  return read_status(*body);
}

Result<Whoami> Client::whoami() {
  TITAN_ASSIGN(const json body, ask_json("/v1/whoami"));
  return read_whoami(body);
}

Result<LoginProvider> Client::login_provider() {
  TITAN_ASSIGN(const json body, ask_json("/v1/login"));
  return read_login_provider(body);
}

Result<LoginAnswer> Client::log_in(const Secret& id_token, std::string_view organization) {
  json body = {{"idToken", std::string(id_token.bytes())}};
  if (!organization.empty()) body["organization"] = organization;
  TITAN_ASSIGN(const HttpResponse response, ask({.method = "POST",
                                                 .target = "/v1/login",
                                                 .headers = {{"Content-Type", "application/json"}},
                                                 .body = body.dump()}));
  TITAN_ASSIGN(const json answer, json_of(response));
  return read_login_answer(answer);
}

Result<Permission> Client::permission(std::string_view verb, model::Kind kind,
                                      std::string_view workspace) {
  const std::string query = Query()
                                .add("verb", verb)
                                .add("kind", model::plural_of(kind))
                                .add_if(!workspace.empty(), "workspace", workspace)
                                .text();
  TITAN_ASSIGN(const json body, ask_json("/v1/permissions" + query));
  return read_permission(body);
}

Result<std::vector<WaitingDevice>> Client::lobby() {
  TITAN_ASSIGN(const json body, ask_json("/v1/lobby"));
  TITAN_ASSIGN(const json items, read_items(body));
  std::vector<WaitingDevice> waiting;
  for (const json& item : items) {
    TITAN_ASSIGN(waiting.emplace_back(), read_waiting_device(item));
  }
  return waiting;
}

Result<PublicKey> Client::server_key() {
  TITAN_ASSIGN(const json body, ask_json("/v1/identity"));
  return read_server_key(body);
}

}  // namespace titan::client
