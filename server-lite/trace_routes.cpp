#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "server-lite/api.hpp"

namespace titan::server_lite {
namespace {

using model::Key;
using model::Kind;
using nlohmann::json;

Key deployment_key(const Request& request) {
  return {.organization = request.who->organization,
          .kind = Kind::deployment,
          .workspace = request.path.at("workspace"),
          .name = request.path.at("name")};
}

json time_or_null(Timestamp time) {
  return time == Timestamp() ? json() : json(time.text());
}

json json_of(const TraceService::Total& total) {
  return {{"stage", total.stage},
          {"time", total.last ? json(total.last->text()) : json()},
          {"done", total.done},
          {"of", total.of}};
}

json json_of(const TraceService::OnHost& host) {
  const HostService::Standing& standing = host.standing;
  const model::DeploymentReport report = standing.report.value_or(model::DeploymentReport());
  const bool is_applied = standing.is_of_form && !report.rendered_digest.empty();
  const auto status = standing.is_of_form ? report.status : model::Status::initialized;
  return {{"host", standing.host},
          {"hostStatus", model::name_of(standing.host_status)},
          {"wanted", standing.wanted},
          {"status", model::name_of(status)},
          {"reason", standing.is_of_form ? report.reason : ""},
          {"renderedDigest", is_applied ? json(report.rendered_digest.text()) : json()},
          {"commit", standing.is_of_form ? report.commit : ""},
          {"rendered", time_or_null(host.delivered)},
          {"delivered", time_or_null(host.delivered)},
          {"committed", time_or_null(host.committed)},
          {"deployed", time_or_null(host.deployed)}};
}

// In the order of time; what has not happened comes last.
json stages_of(const TraceService::Answer& answer) {
  std::vector<std::pair<std::string, json>> stages;
  const auto add = [&](json stage) {
    const json& time = stage.at("time");
    std::string key = time.is_null() ? "~" : time.get<std::string>();  // after all digits
    stages.emplace_back(std::move(key), std::move(stage));
  };
  for (const model::Stage& stage : answer.deployment.stages) {
    if (stage.version == answer.deployment.version) add(model::json_of(stage));
  }
  if (answer.change) {
    add({{"stage", "accepted"},
         {"time", answer.change->time.text()},
         {"actor", answer.change->actor},
         {"requestId", answer.change->request_id}});
    add({{"stage", "committed"},
         {"time", answer.change->time.text()},
         {"bookmark", answer.change->bookmark.text()}});
  }
  for (const TraceService::Total& total : answer.totals) add(json_of(total));
  std::ranges::stable_sort(stages, {}, &std::pair<std::string, json>::first);
  json array = json::array();
  for (auto& [time, stage] : stages) array.push_back(std::move(stage));
  return array;
}

Response trace(const Api& api, const Request& request) {
  const auto limit = request.limit();
  if (!limit) return unreadable(limit.error(), request.id);
  const auto after = request.parameters.find("continue");
  const bool is_first = after == request.parameters.end();
  const auto answer = api.traces.trace(deployment_key(request),
                                       {.after = is_first ? "" : after->second, .limit = *limit});
  if (!answer) return error_response(answer.error(), request.id);
  json body = {{"deployment", answer->deployment.key().short_text()},
               {"version", answer->deployment.version},
               {"status", model::name_of(answer->deployment.status)},
               {"reason", answer->deployment.reason},
               {"logged", answer->change.has_value()},
               {"stages", is_first ? stages_of(*answer) : json::array()},
               {"hostsNotCounted", answer->hosts_not_counted},
               {"hosts", json::array()}};
  for (const TraceService::OnHost& host : answer->hosts) body["hosts"].push_back(json_of(host));
  if (answer->next) body["continue"] = *answer->next;
  return json_response(200, body);
}

Response report(const Api& api, const Request& request) {
  const auto body = request.json();
  if (!body) return unreadable(body.error(), request.id);
  const auto report = model::parse_stage_report(*body);
  if (!report) return error_response(report.error(), request.id);
  const auto entity = api.traces.report(deployment_key(request), *report,
                                        {.actor = request.who->actor, .request_id = request.id});
  if (!entity) return error_response(entity.error(), request.id);
  Response response = json_response(200, model::json_of(*entity));
  response.headers["ETag"] = '"' + std::to_string(entity->revision) + '"';
  response.headers["Titan-Change"] = request.id;
  return response;
}

}  // namespace

void add_trace_routes(Router& router, const Api& api) {
  const Parameter name{"name", "Name", "The name of the deployment."};
  router.add({.method = "POST",
              .path = "/v1/workspaces/{workspace}/deployments/{name}/stages",
              .operation = "reportStage",
              .tag = "Deployments",
              .summary = "Report what happened to a version of a deployment",
              .description = "Such as a change of its source, or a build. It takes the place of "
                             "what was reported of the same stage and version; what was reported "
                             "of versions before the current one goes. Nothing changes on hosts.",
              .access = Access{Area::deployments, Act::write},
              .parameters = {workspace_in_path(), name},
              .body = "StageReport",
              .answers = {{200, "The deployment.", "Deployment", {"ETag", "Titan-Change"}}},
              .errors = {404, 409, 413, 422},
              .handler = [api](const Request& r) { return report(api, r); }});
  router.add({.method = "GET",
              .path = "/v1/workspaces/{workspace}/deployments/{name}/trace",
              .operation = "traceDeployment",
              .tag = "Deployments",
              .summary = "The life of the current version of a deployment",
              .description = "What was reported of it, the change that made it, and when each host "
                             "that should have it or still has it was given it and had it. The "
                             "stages stand in the first page alone.",
              .access = Access{Area::deployments, Act::read},
              .parameters = {workspace_in_path(), name, page_limit(), page_continue()},
              .answers = {{200, "The stages, and a page of hosts.", "Trace"}},
              .errors = {404},
              .handler = [api](const Request& r) { return trace(api, r); }});
}

}  // namespace titan::server_lite
