#include <nlohmann/json.hpp>
#include <utility>

#include "base/base64.hpp"
#include "base/text.hpp"
#include "model/spec.hpp"
#include "server-lite/api.hpp"
#include "server-lite/proposal_request.hpp"
#include "server-lite/proposal_response.hpp"

namespace titan::server_lite {
namespace {

using model::Key;
using model::Kind;
using nlohmann::json;
using HostRendering = ProvenanceService::HostRendering;
using Rendering = ProvenanceService::Rendering;
using PreviewAnswer = ProvenanceService::PreviewAnswer;

ProvenanceService::Sees seen_by(const Request& request) {
  return [who = request.who](std::string_view workspace) { return who->sees(workspace); };
}

std::string parameter_of(const Request& request, const char* name) {
  const auto found = request.parameters.find(name);
  return found == request.parameters.end() ? std::string() : found->second;
}

json text_or_null(const std::string& text) {
  return text.empty() ? json() : json(text);
}

// ---- what a host gets --------------------------------------------------------------------------

json json_of(const model::RenderedFile& file) {
  json object = {{"path", file.path},
                 {"mode", model::mode_text(file.mode)},
                 {"digest", Digest::of(file.content).text()}};
  if (!file.owner.empty()) object["owner"] = file.owner;
  // JSON holds no other text.
  const bool is_text = utf8_prefix(file.content) == file.content.size() &&
                       file.content.find('\0') == std::string::npos;
  object["encoding"] = is_text ? "utf-8" : "base64url";
  object["content"] = is_text ? file.content : base64url(file.content);
  return object;
}

json json_of(const Rendering& rendering, const std::string& path) {
  const model::DesiredDeployment& desired = rendering.desired;
  json files = json::array();
  for (const model::RenderedFile& file : rendering.files) {
    if (path.empty() || file.path == path) files.push_back(json_of(file));
  }
  json object = {{"deployment", desired.key.short_text()},
                 {"version", desired.version},
                 {"driver", desired.driver},
                 {"template", text_or_null(desired.template_name)},
                 {"digest", desired.error.empty() ? json(desired.rendered_digest.text()) : json()},
                 {"files", std::move(files)}};
  if (!desired.error.empty()) object["error"] = desired.error;
  return object;
}

Response error_at(const Error& error, const Request& request) {
  const bool is_unreadable = error.code == ErrorCode::invalid && !error.field.empty();
  return is_unreadable ? unreadable(error, request.id) : error_response(error, request.id);
}

Response answer_with(const HostRendering& answer, const std::string& host,
                     const std::string& path) {
  json deployments = json::array();
  for (const Rendering& rendering : answer.deployments) {
    deployments.push_back(json_of(rendering, path));
  }
  return json_response(200, {{"host", host},
                             {"bookmark", answer.bookmark.text()},
                             {"deployments", std::move(deployments)}});
}

bool has_file(const HostRendering& answer, const std::string& path) {
  for (const Rendering& rendering : answer.deployments) {
    for (const model::RenderedFile& file : rendering.files) {
      if (file.path == path) return true;
    }
  }
  return false;
}

Response render_deployment(const Api& api, const Request& request) {
  const std::string host = parameter_of(request, "host");
  if (host.empty()) {
    return unreadable(invalid_field("host", "must be given: the name of a host"), request.id);
  }
  const auto seq = api.provenance.moment_of(parameter_of(request, "at"));
  if (!seq) return error_at(seq.error(), request);
  const Key deployment{.organization = request.who->organization,
                       .kind = Kind::deployment,
                       .workspace = request.path.at("workspace"),
                       .name = request.path.at("name")};
  const Key key{.organization = request.who->organization, .kind = Kind::host, .name = host};
  const auto answer = api.provenance.render(deployment, key, *seq);
  if (!answer) return error_response(answer.error(), request.id);
  const std::string path = parameter_of(request, "path");
  if (!path.empty() && answer->deployments.front().desired.error.empty() &&
      !has_file(*answer, path)) {
    return error_response(
        not_found(deployment.subject() + " gives host " + quote(host) + " no file " + quote(path)),
        request.id);
  }
  return answer_with(*answer, host, path);
}

Response render_host(const Api& api, const Request& request) {
  const auto seq = api.provenance.moment_of(parameter_of(request, "at"));
  if (!seq) return error_at(seq.error(), request);
  const Key host{.organization = request.who->organization,
                 .kind = Kind::host,
                 .name = request.path.at("name")};
  const auto answer = api.provenance.render(host, *seq, seen_by(request));
  if (!answer) return error_response(answer.error(), request.id);
  return answer_with(*answer, host.name, "");
}

// ---- what a write would do ---------------------------------------------------------------------

json json_of(const FileChange& file) {
  json object = {{"path", file.path}, {"change", name_of(file.kind)}};
  const auto put = [&](const char* name, const std::string& before, const std::string& after) {
    object[name] = {{"before", text_or_null(before)}, {"after", text_or_null(after)}};
  };
  put("mode", file.mode_before, file.mode_after);
  put("digest", file.digest_before.empty() ? "" : file.digest_before.text(),
      file.digest_after.empty() ? "" : file.digest_after.text());
  if (file.owner_before != file.owner_after) put("owner", file.owner_before, file.owner_after);
  object["diff"] = file.diff;
  if (file.is_binary) object["binary"] = true;
  if (file.is_cut) object["cut"] = true;
  return object;
}

json json_of(const PreviewGroup& group) {
  json object = {{"deployment", group.deployment.short_text()},
                 {"change", name_of(group.kind)},
                 {"hosts", group.hosts},
                 {"driver", text_or_null(group.driver)},
                 {"version",
                  {{"before", group.version_before == 0 ? json() : json(group.version_before)},
                   {"after", group.version_after == 0 ? json() : json(group.version_after)}}}};
  if (!group.error_before.empty()) object["errorBefore"] = group.error_before;
  if (!group.error_after.empty()) object["error"] = group.error_after;
  object["files"] = json::array();
  for (const FileChange& file : group.files) object["files"].push_back(json_of(file));
  object["effects"] = json::array();
  for (const reconciler::Effect& effect : group.effects.items) {
    json item = {{"action", reconciler::name_of(effect.action)}, {"subject", effect.subject}};
    if (!effect.condition.empty()) item["condition"] = effect.condition;
    object["effects"].push_back(std::move(item));
  }
  if (!group.effects.note.empty()) object["note"] = group.effects.note;
  return object;
}

Response preview(const Api& api, const Request& request) {
  Proposal proposal;
  if (auto refusal = read_proposal(request, proposal)) return *std::move(refusal);
  const auto answer = api.provenance.preview(proposal, seen_by(request));
  if (!answer) {
    const Refusal& refusal = answer.error();
    return refusal_response(refusal, proposal.changes[refusal.change], api.store, request.id);
  }
  json groups = json::array();
  for (const PreviewGroup& group : answer->groups) groups.push_back(json_of(group));
  return json_response(200, {{"bookmark", answer->bookmark.text()},
                             {"groups", std::move(groups)},
                             {"hosts", answer->hosts},
                             {"changedHosts", answer->changed_hosts},
                             {"moreHosts", answer->more_hosts},
                             {"moreDeployments", answer->more_deployments}});
}

// ---- the routes --------------------------------------------------------------------------------

Parameter at_moment() {
  return {"at", "Since",
          "A bookmark, or a time, which means the moment after the last change up to it; now when "
          "left out. 410 when the change log no longer holds it."};
}

}  // namespace

void add_provenance_routes(Router& router, const Api& api) {
  router.add({.method = "GET",
              .path = "/v1/workspaces/{workspace}/deployments/{name}/render",
              .operation = "renderDeployment",
              .tag = "Provenance",
              .summary = "What a deployment is on a host",
              .description = "Byte for byte what the host gets, now or at an earlier moment; in "
                             "the place of secrets' values stand their digests.",
              .access = Access{Area::deployments, Act::read},
              .parameters = {workspace_in_path(),
                             {"name", "Name", "The name of the deployment."},
                             {"host", "Name", "The name of the host; must be given."},
                             at_moment(),
                             {"path", "Text", "Only this file, such as `root/etc/app.conf`."}},
              .answers = {{200, "The files; one deployment.", "HostRendering"}},
              .errors = {404, 410},
              .handler = [api](const Request& r) { return render_deployment(api, r); }});
  router.add({.method = "GET",
              .path = "/v1/hosts/{name}/render",
              .operation = "renderHost",
              .tag = "Provenance",
              .summary = "All that a host gets",
              .description = "Of the deployments in workspaces that you may see.",
              .access = Access{Area::hosts, Act::read},
              .parameters = {host_in_path(), at_moment()},
              .answers = {{200, "The files of each deployment.", "HostRendering"}},
              .errors = {404, 410},
              .handler = [api](const Request& r) { return render_host(api, r); }});
  router.add({.method = "POST",
              .path = "/v1/preview",
              .operation = "previewChanges",
              .tag = "Provenance",
              .summary = "What changes would do on hosts",
              .description = "Takes what `POST /v1/changes` takes, asks for the same rights, "
                             "refuses the same, and writes nothing. The files of templates have to "
                             "be there: upload them first. Tells of deployments in workspaces that "
                             "you may see.",
              .access = Access{Area::signed_in, Act::write},
              .parameters = {create_workspace(), allow_missing()},
              .body = "ProposedChanges",
              .answers = {{200, "What would change, and on which hosts.", "Preview"}},
              .errors = {404, 409, 413, 422},
              .handler = [api](const Request& r) { return preview(api, r); }});
}

}  // namespace titan::server_lite
