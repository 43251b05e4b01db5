#include <nlohmann/json.hpp>
#include <utility>

#include "base/json.hpp"
#include "model/spec.hpp"
#include "server-lite/api.hpp"

namespace titan::server_lite {
namespace {

using model::Key;
using model::Kind;
using nlohmann::json;

Key host_key(const Request& request) {
  return {.kind = Kind::host, .name = request.path.at("name")};
}

json json_of(const model::RenderedDeployment& rendered) {
  json files = json::array();
  for (const model::RenderedFile& file : rendered.files) {
    files.push_back(
        {{"path", file.path}, {"mode", model::mode_text(file.mode)}, {"content", file.content}});
  }
  return {{"key", rendered.key.text()},
          {"version", rendered.version},
          {"digest", rendered.digest.text()},
          {"files", std::move(files)}};
}

json time_or_null(const std::optional<Timestamp>& time) {
  return time ? json(time->text()) : json();
}

// What the host and the server say of the deployment on it, whichever of the two is asked about.
json common_json(const HostService::Standing& standing, const model::DeploymentReport& report) {
  const auto status = standing.report ? report.status : model::Status::initialized;
  const bool since_known = report.since != Timestamp();
  return {{"status", model::name_of(status)},
          {"version", report.version},
          {"current", standing.current},
          {"reason", report.reason},
          {"since", since_known ? json(report.since.text()) : json()}};
}

json json_of_host(const HostService::Standing& standing) {
  const model::DeploymentReport report = standing.report.value_or(model::DeploymentReport{});
  const bool applied = !report.rendered_digest.empty();
  json object = common_json(standing, report);
  object["host"] = standing.host;
  object["hostStatus"] = model::name_of(standing.host_status);
  object["renderedDigest"] = applied ? json(report.rendered_digest.text()) : json();
  object["commit"] = report.commit;
  object["time"] = standing.report ? json(standing.time.text()) : json();
  return object;
}

json json_of_deployment(const HostService::Standing& standing) {
  json object = common_json(standing, standing.report.value_or(model::DeploymentReport{}));
  object["deployment"] = standing.deployment.short_text();
  return object;
}

Response answer_response(const HostService::Answer& answer) {
  Response response = answer.changed ? json_response(200, model::json_of(answer.manifest))
                                     : Response{.status = 204};
  response.headers["Titan-Bookmark"] = answer.manifest.bookmark.text();
  response.headers["Titan-Poll-After"] = std::to_string(answer.manifest.poll_after.count());
  if (answer.report_wanted) response.headers["Titan-Report-Wanted"] = "true";
  return response;
}

Response sync(HostService& hosts, const Request& request) {
  const auto wait = request.wait();
  if (!wait) return unreadable(wait.error(), request.id);
  const auto body = request.json();
  if (!body) return unreadable(body.error(), request.id);
  const auto sync = model::parse_sync_request(*body);
  if (!sync) return error_response(sync.error(), request.id);
  const auto answer = hosts.sync(host_key(request), *sync, *wait, request.id);
  return answer ? answer_response(*answer) : error_response(answer.error(), request.id);
}

Response changes(HostService& hosts, const Request& request) {
  const auto render = request.flag("render");
  const auto wait = request.wait();
  if (!render) return unreadable(render.error(), request.id);
  if (!wait) return unreadable(wait.error(), request.id);
  const auto since = request.parameters.find("since");
  auto answer = hosts.changes(host_key(request),
                              since == request.parameters.end() ? "" : since->second, *wait);
  if (!answer && answer.error().field == "since") return unreadable(answer.error(), request.id);
  if (!answer) return error_response(answer.error(), request.id);

  const std::string etag = '"' + answer->manifest.bookmark.text() + '"';
  const auto known = request.http.headers.find("If-None-Match");
  if (known != request.http.headers.end() && known->second == etag) {
    return {.status = 304, .headers = {{"ETag", etag}}};
  }
  answer->manifest.host = request.path.at("name");
  json body = model::json_of(answer->manifest);
  if (*render) {
    auto rendered = hosts.render(answer->manifest);
    if (!rendered) return error_response(rendered.error(), request.id);
    body["rendered"] = json::array();
    for (const auto& deployment : *rendered) body["rendered"].push_back(json_of(deployment));
  }
  Response response = json_response(200, body);
  response.headers["ETag"] = etag;
  return response;
}

Response report(const Api& api, const Request& request) {
  const Key host = host_key(request);
  const auto stored = api.store.report(host.organization, host.name);
  if (!stored && stored.error().code == ErrorCode::not_found) {
    return error_response(
        {ErrorCode::not_found, "it has not reported yet, or does not exist", host.subject()},
        request.id);
  }
  if (!stored) return error_response(stored.error(), request.id);
  const bool has_bookmark = !stored->bookmark.epoch.empty();
  return json_response(200, {{"host", stored->host},
                             {"bookmark", has_bookmark ? json(stored->bookmark.text()) : json()},
                             {"time", stored->time.text()},
                             {"report", model::json_of(stored->report)}});
}

Response standings(HostService& hosts, const Request& request) {
  const Key key{.kind = Kind::deployment,
                .workspace = request.path.at("workspace"),
                .name = request.path.at("name")};
  const auto limit = request.limit();
  if (!limit) return unreadable(limit.error(), request.id);
  const auto after = request.parameters.find("continue");
  const auto page =
      hosts.standings_of(key, after == request.parameters.end() ? "" : after->second, *limit);
  if (!page) return error_response(page.error(), request.id);
  json items = json::array();
  for (const HostService::Standing& standing : page->items) items.push_back(json_of_host(standing));
  json body = {{"items", std::move(items)}};
  if (page->next) body["continue"] = *page->next;
  return json_response(200, body);
}

Response state(HostService& hosts, const Request& request) {
  const Key host = host_key(request);
  const auto state = hosts.state_of(host);
  if (!state) return error_response(state.error(), request.id);
  json deployments = json::array();
  for (const HostService::Standing& standing : state->deployments) {
    deployments.push_back(json_of_deployment(standing));
  }
  return json_response(200, {{"host", host.name},
                             {"lastSeen", time_or_null(state->last_seen)},
                             {"lastReport", time_or_null(state->last_report)},
                             {"bookmark", state->bookmark ? json(state->bookmark->text()) : json()},
                             {"bookmarkTime", time_or_null(state->bookmark_time)},
                             {"deployments", std::move(deployments)}});
}

}  // namespace

void add_host_routes(Router& router, const Api& api) {
  HostService& hosts = api.hosts;
  const std::vector<std::string> sync_headers = {"Titan-Bookmark", "Titan-Poll-After",
                                                 "Titan-Report-Wanted"};
  router.add({.method = "POST",
              .path = "/v1/hosts/{name}/sync",
              .operation = "syncHost",
              .tag = "Hosts",
              .summary = "The agent's round trip",
              .description = "The host says what it holds, and is told what changed for it since "
                             "its bookmark.",
              .parameters = {host_in_path(), wait_for_news()},
              .body = "SyncRequest",
              .answers = {{200, "What changed.", "Manifest", sync_headers},
                          {204, "Nothing changed.", "", sync_headers}},
              .errors = {404, 413, 422},
              .handler = [&hosts](const Request& r) { return sync(hosts, r); }});
  router.add({.method = "GET",
              .path = "/v1/hosts/{name}/changes",
              .operation = "getHostChanges",
              .tag = "Hosts",
              .summary = "What changed for a host",
              .description = "The manifest that the host would get, for people and tools. Nothing "
                             "is noted of the host.",
              .parameters = {host_in_path(),
                             {"since", "Since",
                              "A bookmark or a time; when left out, the manifest is full."},
                             {"render", "Flag", "Add the rendered files."},
                             wait_for_news()},
              .headers = {{"If-None-Match", "Text", "The `ETag` of an earlier answer."}},
              .answers = {{200, "The manifest.", "HostChanges", {"ETag"}},
                          {304, "`If-None-Match` is still right.", "", {"ETag"}}},
              .errors = {404},
              .handler = [&hosts](const Request& r) { return changes(hosts, r); }});
  router.add({.method = "GET",
              .path = "/v1/hosts/{name}/report",
              .operation = "getHostReport",
              .tag = "Hosts",
              .summary = "What a host reported last",
              .parameters = {host_in_path()},
              .answers = {{200, "The report.", "StoredReport"}},
              .errors = {404},
              .handler = [api](const Request& r) { return report(api, r); }});
  router.add({.method = "GET",
              .path = "/v1/hosts/{name}/state",
              .operation = "getHostState",
              .tag = "Hosts",
              .summary = "What the server knows of a host",
              .parameters = {host_in_path()},
              .answers = {{200, "When it was there, and how its deployments stand.", "HostState"}},
              .errors = {404},
              .handler = [&hosts](const Request& r) { return state(hosts, r); }});
  router.add({.method = "GET",
              .path = "/v1/workspaces/{workspace}/deployments/{name}/hosts",
              .operation = "listDeploymentHosts",
              .tag = "Deployments",
              .summary = "How a deployment stands on each host",
              .description = "Each host that should have it or still has it, by name.",
              .parameters = {workspace_in_path(),
                             {"name", "Name", "The name of the deployment."},
                             page_limit(),
                             page_continue()},
              .answers = {{200, "A page of hosts.", "DeploymentHostList"}},
              .errors = {404},
              .handler = [&hosts](const Request& r) { return standings(hosts, r); }});
}

}  // namespace titan::server_lite
