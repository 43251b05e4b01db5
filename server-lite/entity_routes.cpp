#include <nlohmann/json.hpp>
#include <utility>

#include "base/json.hpp"
#include "base/text.hpp"
#include "model/entity.hpp"
#include "server-lite/api.hpp"
#include "server-lite/proposal_response.hpp"
#include "server-lite/proposal_text.hpp"

namespace titan::server_lite {
namespace {

using model::Entity;
using model::Key;
using model::Kind;
using nlohmann::json;
using Operation = ProposedChange::Operation;

Key key_in_path(const Request& request, Kind kind) {
  Key key{.organization = request.who->organization, .kind = kind};
  if (model::in_workspace(kind)) key.workspace = request.path.at("workspace");
  if (const auto name = request.path.find("name"); name != request.path.end()) {
    key.name = name->second;
  }
  return key;
}

std::string etag_of(std::uint64_t revision) {
  return '"' + std::to_string(revision) + '"';
}

// ---- writing -----------------------------------------------------------------------------------

Response written_response(const Committed& committed, const std::string& id) {
  const Written& written = committed.changes.front();
  Response response = json_response(written.outcome == WriteOutcome::created ? 201 : 200,
                                    model::json_of(written.entity));
  response.headers["ETag"] = etag_of(written.entity.revision);
  response.headers["Titan-Outcome"] = name_of(written.outcome);
  response.headers["Titan-Change"] = id;
  if (committed.workspace_created) response.headers["Titan-Workspace-Created"] = "true";
  return response;
}

// What the parameters and headers of a write say.
struct WriteOptions {
  bool wait = true;
  bool create_workspace = false;
  bool allow_missing = false;
  bool force = false;
  std::optional<std::uint64_t> if_match = {};
};

Result<WriteOptions> read_write_options(const Request& request, Operation operation) {
  WriteOptions options;
  TITAN_ASSIGN(options.wait, request.flag("wait", true));
  TITAN_TRY(request.read_flags({{"createWorkspace", &options.create_workspace},
                                {"allowMissing", &options.allow_missing},
                                {"force", &options.force}}));
  TITAN_ASSIGN(options.if_match, request.if_match());
  if (operation == Operation::create && options.if_match) {
    return invalid_field("If-Match", "goes with PUT and DELETE, not with POST");
  }
  return options;
}

// One that is not there is then what it would be without the parameter: an error.
bool may_create_workspaces(const Request& request) {
  const auto workspace = request.path.find("workspace");
  return workspace != request.path.end() && decide(*request.who, {Area::workspaces, Act::write},
                                                   workspace->second) == Verdict::allowed;
}

// A batch of one.
Response propose(const Api& api, const Request& request, const WriteOptions& options,
                 ProposedChange change) {
  change.force = options.force;
  change.if_revision = options.if_match;
  Proposal proposal{.id = request.id,
                    .actor = request.who->actor,
                    .changes = {std::move(change)},
                    .create_workspace = options.create_workspace && may_create_workspaces(request),
                    .allow_missing = options.allow_missing};
  if (!options.wait) {
    const auto accepted = api.writer.accept(std::move(proposal));
    return accepted ? accepted_response(request.id) : error_response(accepted.error(), request.id);
  }
  const auto committed = api.writer.propose(proposal);
  if (committed) return written_response(*committed, request.id);
  return refusal_response(committed.error(), proposal.changes[0], api.store, request.id);
}

// POST and PUT differ only in whether the path names the entity.
Response put(const Api& api, Kind kind, const Request& request, Operation operation) {
  const auto options = read_write_options(request, operation);
  if (!options) return unreadable(options.error(), request.id);
  auto body = request.json();
  if (!body) return unreadable(body.error(), request.id);
  auto change = parse_proposed_entity(*std::move(body), key_in_path(request, kind), operation);
  if (!change) return error_response(change.error(), request.id);
  // With POST the name stands in the body alone, which the router does not read.
  constexpr Access kWriting{Area::workspaces, Act::write};
  const std::string& name = change->key.name;
  if (kind == Kind::workspace && decide(*request.who, kWriting, name) != Verdict::allowed) {
    return refused_response(*request.who, kWriting, name, request.id);
  }
  return propose(api, request, *options, *std::move(change));
}

Response remove(const Api& api, Kind kind, const Request& request) {
  const auto options = read_write_options(request, Operation::remove);
  if (!options) return unreadable(options.error(), request.id);
  return propose(api, request, *options,
                 {.operation = Operation::remove, .key = key_in_path(request, kind)});
}

// ---- reading -----------------------------------------------------------------------------------

template <class Text>
Response entity_response(Text text) {
  return {.status = 200,
          .headers = {{"Content-Type", "application/json"}, {"ETag", etag_of(text.revision)}},
          .body = std::move(text.body)};
}

std::optional<Response> get_at_once(const Api& api, Kind kind, const Request& request) {
  auto known = api.answers.entities.find(key_in_path(request, kind));
  return known ? std::optional(entity_response(*std::move(known))) : std::nullopt;
}

Response get(const Api& api, Kind kind, const Request& request) {
  const Key key = key_in_path(request, kind);
  auto& cache = api.answers.entities;
  const auto before = cache.moment();
  const auto entity = api.store.get(key);
  if (!entity && entity.error().code == ErrorCode::not_found) {
    return error_response({ErrorCode::not_found, "it does not exist", key.subject()}, request.id);
  }
  if (!entity) return error_response(entity.error(), request.id);
  auto response = json_response(200, model::json_of(*entity));
  response.headers["ETag"] = etag_of(entity->revision);
  cache.put(key, {.body = response.body, .revision = entity->revision}, before);
  return response;
}

// Where a list goes on: "<bookmark of the moment it shows>/<key after which>".
std::string continue_text(const std::string& epoch, const store::Page& page) {
  return model::Bookmark{epoch, page.at}.text() + "/" + page.next->text();
}

Result<void> read_continue(const Request& request, const std::string& epoch,
                           store::ListQuery& query) {
  const auto found = request.parameters.find("continue");
  if (found == request.parameters.end()) return {};
  const std::string& token = found->second;
  const std::size_t slash = token.find('/');
  const auto bookmark = model::Bookmark::parse(token.substr(0, slash));
  const auto after =
      Key::parse(slash == std::string::npos ? std::string() : token.substr(slash + 1));
  if (!bookmark || !after || after->kind != query.kind ||
      after->organization != query.organization) {
    return invalid_field("continue", quote(token) + " is not what a list gave");
  }
  if (bookmark->epoch != epoch) {
    Error error = expired("the server's data were put back from a backup; list anew");
    error.field = "continue";
    return error;
  }
  query.at = bookmark->seq;
  query.after = *after;
  return {};
}

Result<model::EntityFilter> filter_of(const Request& request, Kind kind) {
  model::EntityFilter filter;
  const auto read = [&](const char* parameter, auto parse, auto& place) -> Result<void> {
    const auto found = request.parameters.find(parameter);
    if (found == request.parameters.end()) return {};
    auto parsed = parse(found->second);
    if (!parsed) return invalid_field(parameter, parsed.error().message);
    place = *std::move(parsed);
    return {};
  };
  TITAN_TRY(read("tags", &model::parse_labels, filter.tags));
  TITAN_TRY(read("labels", &model::LabelSelector::parse, filter.labels));
  TITAN_TRY(read("status", &model::parse_statuses, filter.statuses));
  TITAN_TRY(read("fields", &model::parse_fields, filter.fields));
  TITAN_TRY(read("modifiedAfter", &Timestamp::parse, filter.modified_after));
  TITAN_TRY(read("modifiedBefore", &Timestamp::parse, filter.modified_before));
  TITAN_TRY(model::check_filter(filter, kind));
  return filter;
}

Result<store::ListQuery> query_of(const Request& request, Kind kind, const std::string& epoch) {
  store::ListQuery query{.kind = kind, .organization = request.who->organization};
  TITAN_ASSIGN(query.limit, request.limit());
  TITAN_ASSIGN(query.filter, filter_of(request, kind));
  query.filter.workspaces = request.who->workspaces();
  if (const auto workspace = request.path.find("workspace"); workspace != request.path.end()) {
    query.workspace = workspace->second;
  } else if (const auto named = request.parameters.find("workspace");
             named != request.parameters.end()) {
    query.workspace = named->second;
  }
  TITAN_TRY(read_continue(request, epoch, query));
  return query;
}

// A list of the newest moment stays as it is until something changes.
bool may_be_kept(const store::ListQuery& query) {
  const auto& statuses = query.filter.statuses;
  return !query.at && std::ranges::find(statuses, model::Status::deleted) == statuses.end();
}

// All that the answer depends on, besides the store.
std::string question_of(const Request& request) {
  return request.who->organization + '\n' + join(request.who->workspaces(), ",") + '\n' +
         request.http.target;
}

std::optional<Response> list_at_once(const Api& api, const Request& request) {
  auto known = api.answers.lists.find(question_of(request));
  return known ? std::optional(json_text_response(std::move(known->body))) : std::nullopt;
}

Response list(const Api& api, Kind kind, const Request& request) {
  const auto before = api.answers.lists.moment();
  const auto head = api.store.head();
  if (!head) return error_response(head.error(), request.id);
  const auto query = query_of(request, kind, head->epoch);
  if (!query && query.error().code == ErrorCode::expired) {
    return error_response(query.error(), request.id);
  }
  if (!query) return unreadable(query.error(), request.id);
  const auto page = api.store.list(*query);
  if (!page && page.error().code == ErrorCode::invalid) return unreadable(page.error(), request.id);
  if (!page) return error_response(page.error(), request.id);

  json items = json::array();
  for (const Entity& entity : page->items) items.push_back(model::json_of(entity));
  json body = {{"items", std::move(items)},
               {"bookmark", model::Bookmark{head->epoch, page->at}.text()}};
  if (page->next) body["continue"] = continue_text(head->epoch, *page);
  Response response = json_response(200, body);
  if (may_be_kept(*query) && response.body.size() <= kCachedPageBytesMax) {
    api.answers.lists.put(question_of(request), {.body = response.body}, before);
  }
  return response;
}

// ---- the routes --------------------------------------------------------------------------------

// The words of one kind, as its routes need them.
struct Words {
  explicit Words(Kind kind)
      : kind_name(model::name_of(kind)),
        kind_names(kind_name + "s"),
        one(model::singular_of(kind)),
        many(model::plural_of(kind)),
        a((one == "assignment" || one == "enrollment" ? "an " : "a ") + one),
        path("/v1/" + many),
        path_of_all(model::in_workspace(kind) ? "/v1/workspaces/{workspace}/" + many : path),
        path_of_one(path_of_all + "/{name}"),
        name{"name", "Name", "The name of the " + one + "."} {
    if (model::in_workspace(kind)) path_parameters = {workspace_in_path()};
  }
  // These, and then those.
  [[nodiscard]] std::vector<Parameter> of_all(const std::vector<Parameter>& more) const {
    std::vector<Parameter> all = path_parameters;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  [[nodiscard]] std::vector<Parameter> of_one(const std::vector<Parameter>& more) const {
    std::vector<Parameter> all = of_all({name});
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  std::string kind_name;   // "Host"
  std::string kind_names;  // "Hosts"
  std::string one;         // "host"
  std::string many;        // "hosts"
  std::string a;           // "a host"
  std::string path;        // across workspaces
  std::string path_of_all;
  std::string path_of_one;
  Parameter name;
  std::vector<Parameter> path_parameters = {};  // without the name
};

std::vector<Parameter> list_parameters() {
  return {
      page_limit(),
      page_continue(),
      {"tags", "LabelText", "Only those with all of these tags: `owner=tim,tier=lab`."},
      {"labels", "Selector", "Only hosts whose labels match; other kinds refuse it."},
      {"status", "StatusText",
       "Only those in one of these statuses: `READY,MISSING`. `DELETED`, alone, gives what was "
       "deleted and the change log still holds."},
      {"fields", "LabelText", "Only those whose fields have these texts: `spec.workload=sensor`."},
      {"modifiedAfter", "Time", "Only what was written last at this time or later."},
      {"modifiedBefore", "Time", "Only what was written last before this time."}};
}

Parameter if_match() {
  return {"If-Match", "RevisionTag",
          "Write only if the entity is at this revision, in double quotes; else 409."};
}

const std::vector<std::string> kWriteHeaders = {"ETag", "Titan-Outcome", "Titan-Change",
                                                "Titan-Workspace-Created"};

Answer accepted() {
  return {202, "Accepted with `wait=false`; not written yet.", "Accepted", {"Titan-Change"}};
}

void add_reading(Router& router, const Api& api, Kind kind) {
  const Words words(kind);
  const auto list_kind = [api, kind](const Request& r) { return list(api, kind, r); };
  const Route listing = {
      .method = "GET",
      .tag = words.kind_names,
      .description =
          "By workspace and name. All pages of one list show the same moment, which is "
          "the `bookmark`, whatever is written meanwhile.",
      .access = Access{area_of(kind), Act::read},
      .answers = {{200, "A page of " + words.many + ".", words.kind_name + "List"}},
      .errors = {410},
      .handler = list_kind,
      .at_once = [api](const Request& r) { return list_at_once(api, r); }};
  Route in_one = listing;
  in_one.path = words.path_of_all;
  in_one.operation = "list" + words.kind_names;
  in_one.summary = "List " + words.many;
  in_one.parameters = words.of_all(list_parameters());
  router.add(std::move(in_one));
  if (model::in_workspace(kind)) {
    Route across = listing;
    across.path = words.path;
    across.operation = "listAll" + words.kind_names;
    across.summary = "List " + words.many + " across workspaces";
    across.parameters = list_parameters();
    across.parameters.push_back({"workspace", "Name", "Only those of this workspace."});
    router.add(std::move(across));
  }
  router.add({.method = "GET",
              .path = words.path_of_one,
              .operation = "get" + words.kind_name,
              .tag = words.kind_names,
              .summary = "Get " + words.a,
              .access = Access{area_of(kind), Act::read},
              .parameters = words.of_one({}),
              .answers = {{200, "The " + words.one + ".", words.kind_name, {"ETag"}}},
              .errors = {404},
              .handler = [api, kind](const Request& r) { return get(api, kind, r); },
              .at_once = [api, kind](const Request& r) { return get_at_once(api, kind, r); }});
}

void add_writing(Router& router, const Api& api, Kind kind) {
  const Words words(kind);
  const std::string body = words.kind_name + "Write";
  const std::vector<Parameter> writing = {create_workspace(), allow_missing(), wait_for_write()};
  const Answer created = {201, "It was created.", words.kind_name, kWriteHeaders};
  const Answer written = {200, "It was updated, or said what was there already (`Titan-Outcome`).",
                          words.kind_name, kWriteHeaders};
  router.add(
      {.method = "POST",
       .path = words.path_of_all,
       .operation = "create" + words.kind_name,
       .tag = words.kind_names,
       .summary = "Create " + words.a,
       .description = "With `\"delete\": true` in the body it is a DELETE.",
       .access = Access{area_of(kind), Act::write},
       .parameters = words.of_all(writing),
       .body = body,
       .answers = {created, written, accepted()},
       .errors = {404, 409, 413, 422},
       .handler = [api, kind](const Request& r) { return put(api, kind, r, Operation::create); }});
  router.add(
      {.method = "PUT",
       .path = words.path_of_one,
       .operation = "put" + words.kind_name,
       .tag = words.kind_names,
       .summary = "Create or replace " + words.a,
       .description = "What is left out gets its default, not what was stored. With "
                      "`\"delete\": true` in the body it is a DELETE.",
       .access = Access{area_of(kind), Act::write},
       .parameters = words.of_one(writing),
       .headers = {if_match()},
       .body = body,
       .answers = {written, created, accepted()},
       .errors = {404, 409, 413, 422},
       .handler = [api, kind](const Request& r) { return put(api, kind, r, Operation::apply); }});
  router.add(
      {.method = "DELETE",
       .path = words.path_of_one,
       .operation = "delete" + words.kind_name,
       .tag = words.kind_names,
       .summary = "Delete " + words.a,
       .description = "409 while others name it. A deployment is DELETING until its hosts "
                      "report that it is gone.",
       .access = Access{area_of(kind), Act::write},
       .parameters = words.of_one(
           {{"force", "Flag", "Of deployments: do not wait for the hosts."}, wait_for_write()}),
       .headers = {if_match()},
       .answers = {{200, "As it was last: DELETED, or DELETING.", words.kind_name, kWriteHeaders},
                   accepted()},
       .errors = {404, 409, 422},
       .handler = [api, kind](const Request& r) { return remove(api, kind, r); }});
}

}  // namespace

void add_entity_routes(Router& router, const Api& api) {
  for (const Kind kind : model::kKinds) {
    add_reading(router, api, kind);
    if (kind != Kind::assignment) add_writing(router, api, kind);  // the server writes those
  }
}

}  // namespace titan::server_lite
