#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/assert.hpp"
#include "base/json.hpp"
#include "model/proofs.hpp"
#include "model/spec.hpp"
#include "server-lite/api.hpp"
#include "server-lite/parked_question.hpp"

namespace titan::server_lite {
namespace {

using model::Bookmark;
using model::Key;
using model::Kind;
using nlohmann::json;

Key host_key(const Request& request) {
  return {.organization = request.who->organization,
          .kind = Kind::host,
          .name = request.path.at("name")};
}

json json_of(const model::RenderedDeployment& rendered) {
  json files = json::array();
  for (const model::RenderedFile& file : rendered.files) {
    files.push_back(
        {{"path", file.path}, {"mode", model::mode_text(file.mode)}, {"content", file.content}});
    if (!file.owner.empty()) files.back()["owner"] = file.owner;
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
  json object = {{"status", model::name_of(status)},
                 {"version", report.version},
                 {"current", standing.current},
                 {"reason", report.reason},
                 {"since", since_known ? json(report.since.text()) : json()}};
  model::put_trouble(object, report);
  return object;
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

// How a device is answered: signed, or under the MAC of its session, so that it need trust nobody
// on the way. People get answers without either.
class SyncSeal {
 public:
  // Borrows the key. REQUIRES: of a device, the nonce was checked.
  SyncSeal(const SigningKey& key, const Request& request) : key_(key), who_(request.who) {
    if (who_->session == nullptr) return;
    const std::string_view nonce = nonce_of(request);
    TITAN_ASSERT(nonce.size() == nonce_.size());
    std::ranges::copy(nonce, nonce_.begin());
  }

  static std::string_view nonce_of(const Request& request) {
    const auto found = request.http.headers.find("Titan-Nonce");
    return found == request.http.headers.end() ? std::string_view() : found->second;
  }
  // Of a device, the nonce must be there and of the right form.
  static Result<void> check(const Request& request) {
    return request.who->session == nullptr ? Result<void>() : check_nonce(nonce_of(request));
  }

  // The device was let in, and is so no longer.
  [[nodiscard]] bool is_over() const { return who_->session != nullptr && who_->session->over; }
  // `bookmark`: the answer's.
  void put_on(const HostService::Answer& answer, std::string_view bookmark,
              Response& response) const {
    if (who_->session == nullptr) return;
    const model::SyncProof proof{.organization = who_->organization,
                                 .host = who_->host,
                                 .bookmark = bookmark,
                                 .nonce = std::string_view(nonce_.data(), nonce_.size()),
                                 .poll_after = answer.manifest.poll_after,
                                 .report_wanted = answer.report_wanted};
    if (!answer.changed) {
      response.headers.emplace("Titan-Mac",
                               mac_of(who_->session->mac_key, model::poll_proof(proof)).text());
      return;
    }
    response.headers["Titan-Key"] = key_.public_key().text();
    response.headers["Titan-Signature"] = key_.sign(model::sync_proof(proof, response.body)).text();
  }

 private:
  const SigningKey& key_;
  std::shared_ptr<const Identity> who_;
  std::array<char, kNonceLetters> nonce_ = {};
};

Response answer_response(const HostService::Answer& answer, const SyncSeal& seal) {
  Response response = answer.changed ? json_text_response(model::json_text(answer.manifest))
                                     : Response{.status = 204};
  // In the order of their names, in which none has to make room for another.
  const std::string bookmark = answer.manifest.bookmark.text();
  response.headers.emplace("Titan-Bookmark", bookmark);
  seal.put_on(answer, bookmark, response);
  response.headers.emplace("Titan-Poll-After", std::to_string(answer.manifest.poll_after.count()));
  if (answer.report_wanted) response.headers.emplace("Titan-Report-Wanted", "true");
  return response;
}

// What is new for a host, asked by itself or by somebody about it.
class HostQuestion final : public Question {
 public:
  using Look = std::function<Result<HostService::Answer>(const std::optional<Bookmark>& since)>;
  using Form = std::function<Response(const HostService::Answer&)>;
  struct Parts {
    HostService& hosts;
    Key host;
    std::optional<Bookmark> since;
    std::string request_id;
    Look look;
    Form form;
    std::unique_ptr<HostService::Presence> presence = {};  // of a host that asks itself
    // Whether who asked may no longer; none: it may as long as it waits.
    std::function<bool()> is_over = {};
  };
  explicit HostQuestion(Parts parts) : parts_(std::move(parts)) {}

  bool matters(std::span<const model::Change>) override { return may_have_news(); }
  bool may_have_news() override {
    return is_over() || parts_.hosts.may_have_news(parts_.host, *parts_.since);
  }
  std::optional<Response> ask() override {
    if (is_over()) return over();
    const auto answer = parts_.look(parts_.since);
    if (!answer) return error_response(answer.error(), parts_.request_id);
    if (answer->changed) return parts_.form(*answer);
    // Nothing was new up to here, so only what comes later matters.
    parts_.since = answer->manifest.bookmark;
    return std::nullopt;
  }
  Response no_news() override {
    return is_over() ? over() : parts_.form(parts_.hosts.no_news(parts_.host, *parts_.since));
  }

 private:
  [[nodiscard]] bool is_over() const { return parts_.is_over && parts_.is_over(); }
  // What it would get if it asked anew.
  [[nodiscard]] Response over() const {
    return refused_response(Identity(), {Area::own_host, Act::write}, parts_.host.name,
                            parts_.request_id);
  }

  Parts parts_;
};

// Only a device gets the values of secrets, and only those of the host that it is.
HostService::Reader reader_of(const Api& api, const Request& request) {
  if (request.who->session == nullptr) return std::nullopt;
  return api.registry.key_of(
      {.organization = request.who->organization, .kind = Kind::device, .name = request.who->host});
}

Reply sync(const Api& api, const Request& request) {
  const auto wait = request.wait();
  if (!wait) return unreadable(wait.error(), request.id);
  if (const auto checked = SyncSeal::check(request); !checked) {
    return unreadable(checked.error(), request.id);
  }
  const auto body = request.json();
  if (!body) return unreadable(body.error(), request.id);
  const auto sync = model::parse_sync_request(*body);
  if (!sync) return error_response(sync.error(), request.id);
  HostService& hosts = api.hosts;
  const Key host = host_key(request);
  const HostService::Reader reader = reader_of(api, request);
  const auto answer = hosts.sync(host, *sync, request.id, reader);
  if (!answer) return error_response(answer.error(), request.id);
  // Who is asked for something is not kept waiting.
  const bool waits = !answer->changed && !answer->report_wanted && wait->count() > 0;
  const SyncSeal seal(api.keys.signing(), request);
  if (!waits) return answer_response(*answer, seal);
  return ask_or_park(
      std::make_unique<HostQuestion>(HostQuestion::Parts{
          .hosts = hosts,
          .host = host,
          .since = answer->manifest.bookmark,
          .request_id = request.id,
          .look = [&hosts, host,
                   reader](const auto& since) { return hosts.deliver(host, since, reader); },
          .form = [seal](const auto& told) { return answer_response(told, seal); },
          .presence = hosts.attend(host),
          .is_over = [seal] { return seal.is_over(); }}),
      *wait, api.parking, api.clock);
}

std::optional<Response> sync_at_once(const Api& api, const Request& request) {
  if (!request.parameters.empty() || !SyncSeal::check(request)) return std::nullopt;
  const auto sync = model::parse_poll(request.http.body);
  if (!sync) return std::nullopt;
  const auto answer = api.hosts.sync_at_once(host_key(request), *sync, request.began);
  if (!answer) return std::nullopt;
  return answer_response(*answer, SyncSeal(api.keys.signing(), request));
}

// The answer about a host to somebody who may have one already.
class ManifestForm {
 public:
  ManifestForm(HostService& hosts, const Request& request, bool renders)
      : hosts_(hosts), host_(host_key(request)), request_id_(request.id), renders_(renders) {
    const auto known = request.http.headers.find("If-None-Match");
    if (known != request.http.headers.end()) known_ = known->second;
  }

  Response operator()(const HostService::Answer& answer) const {
    const std::string etag = '"' + answer.manifest.bookmark.text() + '"';
    if (known_ == etag) return {.status = 304, .headers = {{"ETag", etag}}};
    model::Manifest manifest = answer.manifest;
    manifest.host = host_.name;
    if (!answer.changed) manifest.digest = hosts_.digest_of(host_);
    Response response = json_text_response(model::json_text(manifest) + "\n");
    if (renders_) {
      auto rendered = hosts_.render(manifest);
      if (!rendered) return error_response(rendered.error(), request_id_);
      json body = model::json_of(manifest);
      body["rendered"] = json::array();
      for (const auto& deployment : *rendered) body["rendered"].push_back(json_of(deployment));
      response = json_response(200, body);
    }
    response.headers["ETag"] = etag;
    return response;
  }

 private:
  HostService& hosts_;
  Key host_;
  std::string request_id_;
  bool renders_;
  std::string known_;  // the ETag of what the client has
};

Reply changes(const Api& api, const Request& request) {
  const auto render = request.flag("render");
  const auto wait = request.wait();
  if (!render) return unreadable(render.error(), request.id);
  if (!wait) return unreadable(wait.error(), request.id);
  HostService& hosts = api.hosts;
  const auto parameter = request.parameters.find("since");
  const auto since =
      hosts.bookmark_of(parameter == request.parameters.end() ? "" : parameter->second);
  if (!since && since.error().field == "since") return unreadable(since.error(), request.id);
  if (!since) return error_response(since.error(), request.id);
  const Key host = host_key(request);
  return ask_or_park(
      std::make_unique<HostQuestion>(HostQuestion::Parts{
          .hosts = hosts,
          .host = host,
          .since = *since,
          .request_id = request.id,
          .look = [&hosts, host](const auto& from) { return hosts.changes(host, from); },
          .form = ManifestForm(hosts, request, *render)}),
      *wait, api.parking, api.clock);
}

std::optional<Response> report_at_once(const Api& api, const Request& request) {
  auto known = api.answers.reports.find(host_key(request));
  return known ? std::optional(json_text_response(std::move(known->body))) : std::nullopt;
}

Response report(const Api& api, const Request& request) {
  const Key host = host_key(request);
  const auto before = api.answers.reports.moment();
  const auto stored = api.store.report(host.organization, host.name);
  if (!stored && stored.error().code == ErrorCode::not_found) {
    return error_response(
        {ErrorCode::not_found, "it has not reported yet, or does not exist", host.subject()},
        request.id);
  }
  if (!stored) return error_response(stored.error(), request.id);
  const bool has_bookmark = !stored->bookmark.epoch.empty();
  Response response =
      json_response(200, {{"host", stored->host},
                          {"bookmark", has_bookmark ? json(stored->bookmark.text()) : json()},
                          {"time", stored->time.text()},
                          {"report", model::json_of(stored->report)}});
  if (response.body.size() <= kCachedPageBytesMax) {
    api.answers.reports.put(host, {.body = response.body}, before);
  }
  return response;
}

Response standings(HostService& hosts, const Request& request) {
  const Key key{.organization = request.who->organization,
                .kind = Kind::deployment,
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

// `lasting`: the state without the time at which the host was seen, which is another at each poll
// of a host; its name is the last of all.
Response state_response(std::string lasting, const HostService::Sight& sight) {
  lasting.pop_back();
  lasting += R"(,"lastSeen":)" + time_or_null(sight.time).dump() + "}\n";
  return json_text_response(std::move(lasting));
}

// What is kept shows all workspaces.
std::optional<Response> state_at_once(const Api& api, const Request& request) {
  if (!request.who->workspaces().empty()) return std::nullopt;
  const Key host = host_key(request);
  const auto sight = api.hosts.sight_of(host);
  if (!sight) return std::nullopt;
  auto known = api.answers.states.find(host);
  if (!known || known->revision != sight->bookmark) return std::nullopt;
  return state_response(std::move(known->body), *sight);
}

Response state(const Api& api, const Request& request) {
  const Key host = host_key(request);
  const auto before = api.answers.states.moment();
  const auto sight = api.hosts.sight_of(host);
  if (!sight) return error_response(sight.error(), request.id);
  const auto state = api.hosts.state_of(host, *sight);
  if (!state) return error_response(state.error(), request.id);
  json deployments = json::array();
  for (const HostService::Standing& standing : state->deployments) {
    if (!request.who->sees(standing.deployment.workspace)) continue;
    deployments.push_back(json_of_deployment(standing));
  }
  json object = {{"host", host.name},
                 {"lastReport", time_or_null(state->last_report)},
                 {"bookmark", state->bookmark ? json(state->bookmark->text()) : json()},
                 {"bookmarkTime", time_or_null(state->bookmark_time)},
                 {"deployments", std::move(deployments)}};
  if (!state->drivers.empty()) object["drivers"] = state->drivers;
  if (state->clock_skew_seconds != 0) object["clockSkewSeconds"] = state->clock_skew_seconds;
  std::string lasting = canonical_json(object);
  if (lasting.size() <= kCachedPageBytesMax && request.who->workspaces().empty()) {
    api.answers.states.put(host, {.body = lasting, .revision = sight->bookmark}, before);
  }
  return state_response(std::move(lasting), *sight);
}

}  // namespace

void add_host_routes(Router& router, const Api& api) {
  HostService& hosts = api.hosts;
  const std::vector<std::string> changed_headers = {
      "Titan-Bookmark", "Titan-Poll-After", "Titan-Report-Wanted", "Titan-Key", "Titan-Signature"};
  const std::vector<std::string> same_headers = {"Titan-Bookmark", "Titan-Poll-After",
                                                 "Titan-Report-Wanted", "Titan-Mac"};
  router.add({.method = "POST",
              .path = "/v1/hosts/{name}/sync",
              .operation = "syncHost",
              .tag = "Hosts",
              .summary = "The agent's round trip",
              .description = "The host says what it holds, and is told what changed for it since "
                             "its bookmark. What a device is told is signed, or, when nothing "
                             "changed, under the MAC of its session. A host with the delivery "
                             "`gitops` has no agent, and is refused.",
              .access = Access{Area::own_host, Act::write},
              .parameters = {host_in_path(), wait_for_news()},
              .headers = {{"Titan-Nonce", "Nonce",
                           "Devices must send one; the answer is signed over it, or has a MAC."}},
              .body = "SyncRequest",
              .answers = {{200, "What changed.", "Manifest", changed_headers},
                          {204, "Nothing changed.", "", same_headers}},
              .errors = {404, 409, 413, 422},
              .handler = [api](const Request& r) { return sync(api, r); },
              .at_once = [api](const Request& r) { return sync_at_once(api, r); }});
  router.add({.method = "GET",
              .path = "/v1/hosts/{name}/changes",
              .operation = "getHostChanges",
              .tag = "Hosts",
              .summary = "What changed for a host",
              .description = "The manifest that the host would get, for people and tools. Nothing "
                             "is noted of the host.",
              .access = Access{Area::host_contents, Act::read},
              .parameters = {host_in_path(),
                             {"since", "Since",
                              "A bookmark or a time; when left out, the manifest is full."},
                             {"render", "Flag", "Add the rendered files."},
                             wait_for_news()},
              .headers = {{"If-None-Match", "Text", "The `ETag` of an earlier answer."}},
              .answers = {{200, "The manifest.", "HostChanges", {"ETag"}},
                          {304, "`If-None-Match` is still right.", "", {"ETag"}}},
              .errors = {404},
              .handler = [api](const Request& r) { return changes(api, r); }});
  router.add({.method = "GET",
              .path = "/v1/hosts/{name}/report",
              .operation = "getHostReport",
              .tag = "Hosts",
              .summary = "What a host reported last",
              .access = Access{Area::host_contents, Act::read},
              .parameters = {host_in_path()},
              .answers = {{200, "The report.", "StoredReport"}},
              .errors = {404},
              .handler = [api](const Request& r) { return report(api, r); },
              .at_once = [api](const Request& r) { return report_at_once(api, r); }});
  router.add({.method = "GET",
              .path = "/v1/hosts/{name}/state",
              .operation = "getHostState",
              .tag = "Hosts",
              .summary = "What the server knows of a host",
              .description = "Of the deployments in workspaces that you may see.",
              .access = Access{Area::hosts, Act::read},
              .parameters = {host_in_path()},
              .answers = {{200, "When it was there, and how its deployments stand.", "HostState"}},
              .errors = {404},
              .handler = [api](const Request& r) { return state(api, r); },
              .at_once = [api](const Request& r) { return state_at_once(api, r); }});
  router.add({.method = "GET",
              .path = "/v1/workspaces/{workspace}/deployments/{name}/hosts",
              .operation = "listDeploymentHosts",
              .tag = "Deployments",
              .summary = "How a deployment stands on each host",
              .description = "Each host that should have it or still has it, by name.",
              .access = Access{Area::deployments, Act::read},
              .parameters = {workspace_in_path(),
                             {"name", "Name", "The name of the deployment."},
                             page_limit(),
                             page_continue()},
              .answers = {{200, "A page of hosts.", "DeploymentHostList"}},
              .errors = {404},
              .handler = [&hosts](const Request& r) { return standings(hosts, r); }});
}

}  // namespace titan::server_lite
