#include "client/client.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/assert.hpp"
#include "base/json.hpp"
#include "client/answer.hpp"
#include "client/limits.hpp"
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
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string host_path(std::string_view host, std::string_view what) {
  return "/v1/hosts/" + percent_encode(host) + "/" + std::string(what);
}

std::string blob_path(const Digest& digest) {
  return "/v1/blobs/" + digest.text();
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

HttpRequest json_request(std::string method, std::string target, const json& body,
                         HttpHeaders headers = {}) {
  headers.emplace("Content-Type", "application/json");
  return {std::move(method), std::move(target), std::move(headers), canonical_json(body)};
}

bool is_success(const HttpResponse& response) {
  return response.status >= 200 && response.status < 300;
}

}  // namespace

std::string_view name_of(WriteOutcome outcome) {
  switch (outcome) {
    case WriteOutcome::created:
      return "created";
    case WriteOutcome::updated:
      return "updated";
    case WriteOutcome::unchanged:
      return "unchanged";
    case WriteOutcome::deleting:
      return "deleting";
    case WriteOutcome::deleted:
      return "deleted";
  }
  return "unchanged";
}

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
  request.headers.emplace("Accept", "application/json");
  request.headers.emplace("User-Agent", "titan/" TITAN_VERSION);
  TITAN_ASSIGN(HttpResponse response, transport_.send(request));
  retry_after_ = read_retry_after(response);
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

Result<std::vector<model::Entity>> Client::list(model::Kind kind,
                                                const std::optional<std::string>& workspace) {
  const std::string path = collection_path(kind, workspace.value_or(""));
  std::vector<model::Entity> entities;
  std::string token;
  for (std::size_t page = 0; page < kListPagesMax; ++page) {
    const std::string query = Query()
                                  .add("limit", std::to_string(kListPageItems))
                                  .add_if(!token.empty(), "continue", token)
                                  .text();
    TITAN_ASSIGN(const json body, ask_json(path + query));
    TITAN_ASSIGN(const json items, read_items(body));
    for (const json& item : items) {
      TITAN_ASSIGN(auto entity, read_entity(item));
      entities.push_back(std::move(entity));
    }
    TITAN_ASSIGN(token, read_continue(body));
    if (token.empty()) return entities;
  }
  return exhausted("the list of " + std::string(model::plural_of(kind)) + " has more than " +
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

Result<SyncAnswer> Client::sync(std::string_view host, const model::SyncRequest& request) {
  TITAN_ASSIGN(const HttpResponse response,
               ask(json_request("POST", host_path(host, "sync"), model::json_of(request))));
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

Result<std::vector<DeploymentHost>> Client::deployment_hosts(const model::Key& deployment) {
  TITAN_ASSERT(deployment.kind == model::Kind::deployment);
  TITAN_ASSIGN(const json body, ask_json(entity_path(deployment) + "/hosts"));
  TITAN_ASSIGN(const json items, read_items(body));
  std::vector<DeploymentHost> hosts;
  for (const json& item : items) {
    TITAN_ASSIGN(auto host, read_deployment_host(item));
    hosts.push_back(std::move(host));
  }
  return hosts;
}

Result<ChangePage> Client::changes(const ChangesQuery& asked) {
  Query query;
  query.add_if(!asked.since.empty(), "since", asked.since);
  if (asked.limit) query.add("limit", std::to_string(*asked.limit));
  if (asked.kind) query.add("kind", model::name_of(*asked.kind));
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

}  // namespace titan::client
