#include "client/answer.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/json.hpp"
#include "base/text.hpp"
#include "client/limits.hpp"
#include "model/field_reader.hpp"
#include "model/limits.hpp"
#include "model/spec.hpp"

namespace titan::client {
namespace {

using model::FieldReader;
using nlohmann::json;

constexpr std::size_t kItemsMax = 100'000;  // of any array in an answer

ErrorCode code_of_status(int status) {
  switch (status) {
    case 401:
    case 403:
      return ErrorCode::denied;
    case 404:
      return ErrorCode::not_found;
    case 410:
      return ErrorCode::expired;
    case 409:
    case 412:
      return ErrorCode::conflict;
    case 413:
    case 429:
    case 431:
      return ErrorCode::exhausted;
    case 408:
    case 502:
    case 503:
    case 504:
      return ErrorCode::unavailable;
    default:
      return status >= 400 && status < 500 ? ErrorCode::invalid : ErrorCode::internal;
  }
}

ErrorCode code_named(std::string_view name, int status) {
  constexpr ErrorCode kCodes[] = {ErrorCode::invalid,  ErrorCode::not_found,   ErrorCode::conflict,
                                  ErrorCode::denied,   ErrorCode::unavailable, ErrorCode::exhausted,
                                  ErrorCode::internal, ErrorCode::expired};
  const auto* const found =
      std::ranges::find(kCodes, name, [](ErrorCode code) { return titan::name_of(code); });
  return found == std::end(kCodes) ? code_of_status(status) : *found;
}

// Whatever a server, or something that answers in its place, put into a field: bounded text.
std::string bounded_text(const json& object, std::string_view name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return {};
  return found->get_ref<const std::string&>().substr(0, kErrorTextBytesMax);
}

// A text that must be there, turned into a value of another type.
template <class Value>
Value required(FieldReader& reader, std::string_view field,
               Result<Value> (*parse)(std::string_view)) {
  if (!reader.has(field)) reader.refuse(field, "must be given");
  return reader.parsed<Value>(field, parse);
}

// A wrong answer is no fault of the caller's input.
template <class Value>
Result<Value> finished(FieldReader& reader, Value value) {
  if (auto done = reader.finish(); !done) return wrong_answer(done.error());
  return value;
}

Result<std::chrono::seconds> parse_seconds(std::string_view text) {
  std::int64_t seconds = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (failure != std::errc{} || end != text.data() + text.size() || seconds < 0) {
    return invalid("expected a number of seconds, found " + quote(text));
  }
  return std::min(std::chrono::seconds(seconds), std::chrono::seconds(kPollAfterMax));
}

Result<model::RenderedFile> read_rendered_file(const json& item) {
  FieldReader reader(item, "rendered.files");
  model::RenderedFile file;
  file.path = reader.required_text("path");
  file.mode = reader.parsed<std::uint32_t>("mode", &model::parse_mode);
  file.owner = reader.text("owner");
  reader.ignore("content");  // may be longer than the reader's texts
  TITAN_TRY(reader.finish());
  const auto content = item.find("content");
  if (content == item.end() || !content->is_string()) {
    return invalid_field("rendered.files.content", "expected a string");
  }
  file.content = content->get<std::string>();
  return file;
}

Result<model::RenderedDeployment> read_rendered(const json& item) {
  FieldReader reader(item, "rendered");
  model::RenderedDeployment rendered;
  rendered.key = required(reader, "key", &model::Key::parse);
  rendered.version = reader.number("version");
  rendered.digest = reader.digest("digest");
  const json* files = reader.array("files", model::kTemplateFilesMax);
  TITAN_TRY(reader.finish());
  if (files == nullptr) return rendered;
  for (const json& file : *files) {
    TITAN_ASSIGN(auto read, read_rendered_file(file));
    rendered.files.push_back(std::move(read));
  }
  return rendered;
}

Result<WriteOutcome> parse_outcome(std::string_view name) {
  for (const WriteOutcome outcome :
       {WriteOutcome::created, WriteOutcome::updated, WriteOutcome::unchanged,
        WriteOutcome::deleting, WriteOutcome::deleted}) {
    if (name == name_of(outcome)) return outcome;
  }
  return invalid("expected what a write did, found " + quote(name));
}

Result<ChangeState> parse_state(std::string_view name) {
  for (const ChangeState state :
       {ChangeState::accepted, ChangeState::committed, ChangeState::refused}) {
    if (name == name_of(state)) return state;
  }
  return invalid("expected ACCEPTED, COMMITTED or REFUSED, found " + quote(name));
}

template <class Value>
std::optional<Value> optional_of(FieldReader& reader, std::string_view field,
                                 Result<Value> (*parse)(std::string_view)) {
  if (!reader.has(field) || reader.text(field).empty()) return std::nullopt;
  return reader.parsed<Value>(field, parse);
}

// The object `error` of an answer, or of a change that was refused.
Error said_error(const json& said, Error unsaid, int status) {
  Error error = std::move(unsaid);
  error.code = code_named(bounded_text(said, "code"), status);
  if (std::string message = bounded_text(said, "message"); !message.empty()) {
    error.message = std::move(message);
  }
  error.subject = bounded_text(said, "subject");
  error.field = bounded_text(said, "field");
  return error;
}

// The object `error` in the body; null when there is none that can be read.
json error_object(const HttpResponse& response) {
  auto body = parse_json(response.body, kAnswerBytesMax);
  if (!body || !body->is_object()) return {};
  const auto said = body->find("error");
  return said == body->end() || !said->is_object() ? json() : std::move(*said);
}

bool created_workspace(const HttpResponse& response) {
  return response.header("Titan-Workspace-Created") == "true";
}

Result<WriteResult> read_batch_item(const json& item) {
  FieldReader reader(item, "items");
  WriteResult result;
  result.outcome = required(reader, "outcome", &parse_outcome);
  reader.require({"entity"});
  if (const json* entity = reader.object("entity"); entity != nullptr) {
    TITAN_ASSIGN(result.entity, read_entity(*entity));
  }
  return finished(reader, std::move(result));
}

Result<ChangeStatus::Processor> read_processor(const json& item) {
  FieldReader reader(item, "processors");
  ChangeStatus::Processor processor;
  processor.name = reader.required_text("name");
  processor.bookmark = optional_of(reader, "bookmark", &model::Bookmark::parse);
  processor.done = reader.boolean("done");
  return finished(reader, std::move(processor));
}

Trouble read_trouble(FieldReader& reader) {
  return {.output = reader.text("output"),
          .attempts = reader.number("attempts"),
          .stalled = reader.boolean("stalled"),
          .drift = reader.texts("drift", model::kDriftTextsMax),
          .healed = reader.number("healed")};
}

Result<HostState::Deployment> read_host_deployment(const json& item) {
  FieldReader reader(item, "deployments");
  HostState::Deployment deployment;
  deployment.deployment = reader.required_text("deployment");
  deployment.status = required(reader, "status", &model::parse_status);
  deployment.version = reader.number("version");
  deployment.current = reader.boolean("current");
  deployment.reason = reader.text("reason");
  deployment.since = optional_of(reader, "since", &Timestamp::parse);
  deployment.trouble = read_trouble(reader);
  return finished(reader, std::move(deployment));
}

Result<std::vector<model::Grant>> read_grants(const json& array) {
  std::vector<model::Grant> grants;
  for (const json& item : array) {
    FieldReader one(item, "grants");
    const model::Grant grant{.role = required(one, "role", &model::parse_role),
                             .workspace = one.text("workspace")};
    TITAN_ASSIGN(grants.emplace_back(), finished(one, grant));
  }
  return grants;
}

}  // namespace

Error wrong_answer(const Error& error) {
  return internal("the server's answer cannot be read: " + error.text());
}

Error error_of(const HttpResponse& response) {
  Error error{code_of_status(response.status),
              "the server answered with the status " + std::to_string(response.status)};
  const json said = error_object(response);
  return said.is_null() ? error : said_error(said, std::move(error), response.status);
}

Refusal read_refusal(const HttpResponse& response) {
  Refusal refusal;
  const json said = error_object(response);
  if (said.is_null()) return refusal;
  if (const auto revision = said.find("revision");
      revision != said.end() && revision->is_number_unsigned()) {
    refusal.revision = revision->get<std::uint64_t>();
  }
  const auto users = said.find("users");
  if (users == said.end() || !users->is_array()) return refusal;
  for (const json& user : *users) {
    if (refusal.users.size() == kRefusalUsersMax) break;
    if (!user.is_string()) continue;
    refusal.users.push_back(user.get_ref<const std::string&>().substr(0, kErrorTextBytesMax));
  }
  return refusal;
}

Result<json> json_of(const HttpResponse& response) {
  return checked(parse_json(response.body, kAnswerBytesMax));
}

Result<model::Entity> read_entity(const json& json) {
  return checked(model::parse_entity(json));
}

Result<WriteResult> read_write_result(const HttpResponse& response) {
  WriteResult result;
  const auto outcome = parse_outcome(response.header("Titan-Outcome"));
  if (!outcome) return wrong_answer(outcome.error().context("Titan-Outcome"));
  result.outcome = *outcome;
  TITAN_ASSIGN(const json body, json_of(response));
  TITAN_ASSIGN(result.entity, read_entity(body));
  result.workspace_created = created_workspace(response);
  return result;
}

Result<BatchResult> read_batch_result(const HttpResponse& response, std::size_t changes) {
  TITAN_ASSIGN(const json answer, json_of(response));
  FieldReader reader(answer, "");
  BatchResult result;
  result.workspace_created = created_workspace(response);
  result.id = reader.required_text("id");
  result.state = required(reader, "state", &parse_state);
  result.bookmark = optional_of(reader, "bookmark", &model::Bookmark::parse);
  if (const json* items = reader.array("items", kItemsMax); items != nullptr) {
    for (const json& item : *items) {
      TITAN_ASSIGN(auto one, read_batch_item(item));
      result.items.push_back(std::move(one));
    }
  }
  if (result.state == ChangeState::committed && result.items.size() != changes) {
    return internal("the server's answer has " + std::to_string(result.items.size()) +
                    " items for " + std::to_string(changes) + " changes");
  }
  return finished(reader, std::move(result));
}

Result<ChangeStatus> read_change_status(const json& answer) {
  FieldReader reader(answer, "");
  ChangeStatus status;
  status.id = reader.required_text("id");
  status.state = required(reader, "state", &parse_state);
  status.bookmark = optional_of(reader, "bookmark", &model::Bookmark::parse);
  if (const json* error = reader.object("error"); error != nullptr) {
    status.error = said_error(*error, internal("the server does not say why"), 500);
  }
  if (const json* items = reader.array("processors", kItemsMax); items != nullptr) {
    for (const json& item : *items) {
      TITAN_ASSIGN(auto processor, read_processor(item));
      status.processors.push_back(std::move(processor));
    }
  }
  return finished(reader, std::move(status));
}

Result<SyncAnswer> read_sync_answer(std::string_view host, const HttpResponse& response) {
  SyncAnswer answer;
  TITAN_ASSIGN(answer.bookmark, checked(model::Bookmark::parse(response.header("Titan-Bookmark"))));
  answer.report_wanted = response.header("Titan-Report-Wanted") == "true";
  if (const std::string after = response.header("Titan-Poll-After"); !after.empty()) {
    TITAN_ASSIGN(answer.poll_after, checked(parse_seconds(after)));
  }
  if (response.status == 204) return answer;
  TITAN_ASSIGN(const json body, json_of(response));
  TITAN_ASSIGN(answer.manifest, checked(model::parse_manifest(body)));
  if (answer.manifest->host != host) {
    return internal("the server's answer is the manifest of the host " +
                    quote(answer.manifest->host) + ", not of " + quote(host));
  }
  if (answer.manifest->bookmark != answer.bookmark) {
    return internal("the server's answer names two bookmarks, " + answer.bookmark.text() + " and " +
                    answer.manifest->bookmark.text());
  }
  return answer;
}

Result<HostChanges> read_host_changes(const json& answer) {
  HostChanges changes;
  json manifest = answer;
  json rendered = json::array();
  if (manifest.is_object() && manifest.contains("rendered")) {
    rendered = std::move(manifest["rendered"]);
    manifest.erase("rendered");
  }
  TITAN_ASSIGN(changes.manifest, checked(model::parse_manifest(manifest)));
  if (!rendered.is_array())
    return internal("the server's answer has a \"rendered\" that is no array");
  for (const json& item : rendered) {
    TITAN_ASSIGN(auto deployment, checked(read_rendered(item)));
    changes.rendered.push_back(std::move(deployment));
  }
  return changes;
}

Result<ReceivedReport> read_received_report(const json& answer) {
  FieldReader reader(answer, "");
  ReceivedReport received;
  received.host = reader.required_text("host");
  received.bookmark = optional_of(reader, "bookmark", &model::Bookmark::parse);
  received.time = reader.timestamp("time");
  if (const json* report = reader.object("report"); report != nullptr) {
    TITAN_ASSIGN(received.report, checked(model::parse_report(*report)));
  }
  return finished(reader, std::move(received));
}

Result<HostState> read_host_state(const json& answer) {
  FieldReader reader(answer, "");
  HostState state;
  state.host = reader.required_text("host");
  state.last_seen = optional_of(reader, "lastSeen", &Timestamp::parse);
  state.last_report = optional_of(reader, "lastReport", &Timestamp::parse);
  state.bookmark = optional_of(reader, "bookmark", &model::Bookmark::parse);
  state.bookmark_time = optional_of(reader, "bookmarkTime", &Timestamp::parse);
  state.drivers = reader.texts("drivers", model::kLabelsMax);
  state.clock_skew_seconds = reader.signed_number("clockSkewSeconds");
  if (const json* items = reader.array("deployments", kItemsMax); items != nullptr) {
    for (const json& item : *items) {
      TITAN_ASSIGN(auto deployment, read_host_deployment(item));
      state.deployments.push_back(std::move(deployment));
    }
  }
  return finished(reader, std::move(state));
}

Result<DeploymentHost> read_deployment_host(const json& item) {
  FieldReader reader(item, "items");
  DeploymentHost host;
  host.host = reader.required_text("host");
  host.host_status = optional_of(reader, "hostStatus", &model::parse_status);
  host.status = required(reader, "status", &model::parse_status);
  host.version = reader.number("version");
  host.rendered_digest = reader.digest("renderedDigest");
  host.current = reader.boolean("current");
  host.reason = reader.text("reason");
  host.commit = reader.text("commit");
  host.since = optional_of(reader, "since", &Timestamp::parse);
  host.time = optional_of(reader, "time", &Timestamp::parse);
  host.trouble = read_trouble(reader);
  return finished(reader, std::move(host));
}

Result<ChangePage> read_change_page(const json& answer) {
  FieldReader reader(answer, "");
  ChangePage page;
  page.bookmark = required(reader, "bookmark", &model::Bookmark::parse);
  page.full = reader.boolean("full");
  if (const json* items = reader.array("items", kItemsMax); items != nullptr) {
    for (const json& item : *items) {
      TITAN_ASSIGN(auto change, checked(model::parse_change(item)));
      page.items.push_back(std::move(change));
    }
  }
  return finished(reader, std::move(page));
}

Result<ServerStatus> read_status(const json& answer) {
  FieldReader reader(answer, "");
  ServerStatus status;
  status.status = reader.required_text("status");
  status.version = reader.text("version");
  status.bookmark = reader.text("bookmark");
  if (const json* dependencies = reader.object("dependencies"); dependencies != nullptr) {
    for (const auto& [name, said] : dependencies->items()) {
      FieldReader one(said, "dependencies." + name);
      ServerStatus::Dependency dependency{one.text("status"), one.text("message")};
      TITAN_ASSIGN(status.dependencies[name], finished(one, std::move(dependency)));
    }
  }
  if (const json* processors = reader.array("processors", kItemsMax); processors != nullptr) {
    for (const json& item : *processors) {
      FieldReader one(item, "processors");
      const std::string name = one.required_text("name");
      TITAN_ASSIGN(status.processors[name], finished(one, one.number("behind")));
    }
  }
  return finished(reader, std::move(status));
}

Result<Whoami> read_whoami(const json& answer) {
  FieldReader reader(answer, "");
  Whoami who{.actor = reader.required_text("actor"),
             .organization = reader.required_text("organization"),
             .host = reader.text("host")};
  if (reader.has("expires")) who.expires = reader.timestamp("expires");
  if (const json* grants = reader.array("grants", kItemsMax); grants != nullptr) {
    TITAN_ASSIGN(who.grants, read_grants(*grants));
  }
  return finished(reader, std::move(who));
}

Result<LoginProvider> read_login_provider(const json& answer) {
  FieldReader reader(answer, "");
  LoginProvider provider{.issuer = reader.required_text("issuer"),
                         .client_id = reader.required_text("clientId"),
                         .scopes = reader.texts("scopes", kScopesMax)};
  return finished(reader, std::move(provider));
}

Result<LoginAnswer> read_login_answer(const json& answer) {
  FieldReader reader(answer, "");
  LoginAnswer login{.token = Secret::of(reader.required_text("token")),
                    .who = {.actor = reader.required_text("actor"),
                            .organization = reader.required_text("organization"),
                            .expires = reader.timestamp("expires")}};
  if (const json* grants = reader.array("grants", kItemsMax); grants != nullptr) {
    TITAN_ASSIGN(login.who.grants, read_grants(*grants));
  }
  return finished(reader, std::move(login));
}

Result<Permission> read_permission(const json& answer) {
  FieldReader reader(answer, "");
  Permission permission{.allowed = reader.boolean("allowed"), .reason = reader.text("reason")};
  return finished(reader, std::move(permission));
}

Result<WaitingDevice> read_waiting_device(const json& item) {
  FieldReader reader(item, "items");
  WaitingDevice device{.id = reader.required_text("id"),
                       .key = reader.required_text("key"),
                       .name = reader.text("name"),
                       .address = reader.text("address"),
                       .since = reader.timestamp("since"),
                       .last_seen = reader.timestamp("lastSeen")};
  return finished(reader, std::move(device));
}

Result<PublicKey> read_server_key(const json& answer) {
  FieldReader reader(answer, "");
  const PublicKey key = required(reader, "key", &PublicKey::parse);
  for (const char* field : {"rootKey", "epoch", "statements"}) reader.ignore(field);
  return finished(reader, key);
}

Result<void> read_list_page(const json& answer, EntityList& list) {
  TITAN_ASSIGN(const json items, read_items(answer));
  for (const json& item : items) {
    TITAN_ASSIGN(auto entity, read_entity(item));
    list.items.push_back(std::move(entity));
  }
  const auto bookmark = model::Bookmark::parse(bounded_text(answer, "bookmark"));
  if (!bookmark) return wrong_answer(bookmark.error().context("bookmark"));
  list.bookmark = *bookmark;
  return {};
}

Result<json> read_items(const json& answer) {
  if (!answer.is_object() || !answer.contains("items") || !answer["items"].is_array() ||
      answer["items"].size() > kItemsMax) {
    return internal("the server's answer is no list with \"items\"");
  }
  return answer["items"];
}

Result<std::string> read_continue(const json& answer) {
  if (!answer.contains("continue") || answer["continue"].is_null()) return std::string();
  if (!answer["continue"].is_string()) {
    return internal("the server's answer has a \"continue\" that is no string");
  }
  return answer["continue"].get<std::string>();
}

std::optional<std::chrono::seconds> read_retry_after(const HttpResponse& response) {
  const auto seconds = parse_seconds(response.header("Retry-After"));
  return seconds ? std::optional(*seconds) : std::nullopt;
}

}  // namespace titan::client
