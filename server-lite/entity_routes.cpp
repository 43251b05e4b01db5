#include <nlohmann/json.hpp>
#include <utility>

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
  Key key{.kind = kind};
  if (model::in_workspace(kind)) key.workspace = request.path.at("workspace");
  if (const auto name = request.path.find("name"); name != request.path.end()) {
    key.name = name->second;
  }
  return key;
}

std::string etag_of(const Entity& entity) {
  return '"' + std::to_string(entity.revision) + '"';
}

// ---- writing -----------------------------------------------------------------------------------

Response written_response(const Committed& committed, const std::string& id) {
  const Written& written = committed.changes.front();
  Response response = json_response(written.outcome == WriteOutcome::created ? 201 : 200,
                                    model::json_of(written.entity));
  response.headers["ETag"] = etag_of(written.entity);
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

// A batch of one.
Response propose(const Api& api, const Request& request, const WriteOptions& options,
                 ProposedChange change) {
  change.force = options.force;
  change.if_revision = options.if_match;
  Proposal proposal{.id = request.id,
                    .changes = {std::move(change)},
                    .create_workspace = options.create_workspace,
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
  return propose(api, request, *options, *std::move(change));
}

Response remove(const Api& api, Kind kind, const Request& request) {
  const auto options = read_write_options(request, Operation::remove);
  if (!options) return unreadable(options.error(), request.id);
  return propose(api, request, *options,
                 {.operation = Operation::remove, .key = key_in_path(request, kind)});
}

// ---- reading -----------------------------------------------------------------------------------

Response get(const Api& api, Kind kind, const Request& request) {
  const Key key = key_in_path(request, kind);
  const auto entity = api.store.get(key);
  if (!entity && entity.error().code == ErrorCode::not_found) {
    return error_response({ErrorCode::not_found, "it does not exist", key.subject()}, request.id);
  }
  if (!entity) return error_response(entity.error(), request.id);
  Response response = json_response(200, model::json_of(*entity));
  response.headers["ETag"] = etag_of(*entity);
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
  if (!bookmark || !after || after->kind != query.kind) {
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
  store::ListQuery query{.kind = kind};
  TITAN_ASSIGN(query.limit, request.limit());
  TITAN_ASSIGN(query.filter, filter_of(request, kind));
  if (const auto workspace = request.path.find("workspace"); workspace != request.path.end()) {
    query.workspace = workspace->second;
  } else if (const auto named = request.parameters.find("workspace");
             named != request.parameters.end()) {
    query.workspace = named->second;
  }
  TITAN_TRY(read_continue(request, epoch, query));
  return query;
}

Response list(const Api& api, Kind kind, const Request& request) {
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
  return json_response(200, body);
}

}  // namespace

void add_entity_routes(Router& router, const Api& api) {
  const std::vector<std::string> listing = {
      "limit", "continue", "tags", "labels", "status", "fields", "modifiedAfter", "modifiedBefore"};
  std::vector<std::string> listing_across = listing;
  listing_across.emplace_back("workspace");
  const std::vector<std::string> writing = {"createWorkspace", "allowMissing", "wait"};
  for (const Kind kind : model::kKinds) {
    const std::string across = "/v1/" + std::string(model::plural_of(kind));
    const std::string all = model::in_workspace(kind) ? "/v1/workspaces/{workspace}/" +
                                                            std::string(model::plural_of(kind))
                                                      : across;
    const std::string one = all + "/{name}";
    const auto list_kind = [api, kind](const Request& r) { return list(api, kind, r); };
    router.add({"GET", all, listing, list_kind});
    if (all != across) router.add({"GET", across, listing_across, list_kind});
    router.add({"GET", one, {}, [api, kind](const Request& r) { return get(api, kind, r); }});
    if (kind == Kind::assignment) continue;  // the server's own to write
    router.add({"POST", all, writing,
                [api, kind](const Request& r) { return put(api, kind, r, Operation::create); }});
    router.add({"PUT", one, writing,
                [api, kind](const Request& r) { return put(api, kind, r, Operation::apply); }});
    router.add({"DELETE", one, {"force", "wait"}, [api, kind](const Request& r) {
                  return remove(api, kind, r);
                }});
  }
}

}  // namespace titan::server_lite
