#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.hpp"
#include "model/change.hpp"
#include "server-lite/api.hpp"
#include "server-lite/limits.hpp"
#include "server-lite/parked_question.hpp"
#include "server-lite/proposal_request.hpp"
#include "server-lite/proposal_response.hpp"
#include "server-lite/proposal_text.hpp"

namespace titan::server_lite {
namespace {

using model::Bookmark;
using nlohmann::json;

// ---- proposals ---------------------------------------------------------------------------------

Response committed_response(const Committed& committed, const std::string& epoch,
                            const std::string& id) {
  json items = json::array();
  for (const Written& written : committed.changes) items.push_back(json_of(written));
  Response response = json_response(200, {{"id", id},
                                          {"state", "COMMITTED"},
                                          {"bookmark", Bookmark{epoch, committed.seq}.text()},
                                          {"items", std::move(items)}});
  response.headers["Titan-Change"] = id;
  if (committed.workspace_created) response.headers["Titan-Workspace-Created"] = "true";
  return response;
}

Response propose(const Api& api, const Request& request) {
  const auto wait = request.flag("wait", true);
  if (!wait) return unreadable(wait.error(), request.id);
  Proposal proposal;
  if (auto refusal = read_proposal(request, proposal)) return *std::move(refusal);

  if (!*wait) {
    const auto accepted = api.writer.accept(std::move(proposal));
    return accepted ? accepted_response(request.id) : error_response(accepted.error(), request.id);
  }
  const auto head = api.store.head();
  if (!head) return error_response(head.error(), request.id);
  const auto committed = api.writer.propose(proposal);
  if (committed) return committed_response(*committed, head->epoch, request.id);
  const Refusal& refusal = committed.error();
  return refusal_response(refusal, proposal.changes[refusal.change], api.store, request.id);
}

// ---- following one -----------------------------------------------------------------------------

Error no_such_change(const std::string& id) {
  return not_found("no change " + quote(id) +
                   " of yours: it was never accepted, or the log no longer holds it");
}

// From memory, or from the log: when the server was started anew since, and when the store could
// not say whether it was written.
Result<ChangeTracker::Progress> progress_of(const Api& api, const std::string& id) {
  auto progress = api.tracker.find(id);
  const bool in_doubt = progress && progress->error.code == ErrorCode::unavailable;
  if (progress && !in_doubt) return *std::move(progress);
  const auto range = api.store.committed(id);
  if (range) {
    TITAN_ASSIGN(const auto written, api.store.changes(range->first_seq - 1, 1));
    if (written.empty()) return no_such_change(id);
    return ChangeTracker::Progress{.state = ChangeTracker::State::committed,
                                   .seq = range->last_seq,
                                   .actor = written.front().actor,
                                   .organization = written.front().key.organization};
  }
  if (range.error().code != ErrorCode::not_found) return range.error();
  if (progress) return *std::move(progress);
  return no_such_change(id);
}

bool may_follow(const Identity& who, const ChangeTracker::Progress& progress) {
  if (progress.organization != who.organization) return false;
  return progress.actor == who.actor || who.role_in("") == model::Role::admin;
}

json json_of(const Error& error) {
  return {{"code", name_of(error.code)},
          {"message", error.message},
          {"field", error.field},
          {"subject", error.subject}};
}

Response follow(const Api& api, const Request& request) {
  const std::string& id = request.path.at("id");
  const auto progress = progress_of(api, id);
  if (!progress) return error_response(progress.error(), request.id);
  if (!may_follow(*request.who, *progress)) {
    return error_response(no_such_change(id), request.id);
  }
  const auto head = api.store.head();
  if (!head) return error_response(head.error(), request.id);

  using State = ChangeTracker::State;
  const bool committed = progress->state == State::committed;
  json processors = json::array();
  const auto add = [&](const std::string& name, std::uint64_t done) {
    processors.push_back({{"name", name},
                          {"bookmark", Bookmark{head->epoch, done}.text()},
                          {"done", committed && done >= progress->seq}});
  };
  add("index", api.state.read([](const FleetView& view) { return view.fleet.head(); }));
  for (const auto& reader : api.processors.progress()) add(reader.name, reader.done);
  const bool refused = progress->state == State::refused;
  return json_response(
      200, {{"id", id},
            {"state", committed ? "COMMITTED" : (refused ? "REFUSED" : "ACCEPTED")},
            {"bookmark", committed ? json(Bookmark{head->epoch, progress->seq}.text()) : json()},
            {"error", refused ? json_of(progress->error) : json()},
            {"processors", std::move(processors)}});
}

// ---- the feed ----------------------------------------------------------------------------------

// What `who` may see of the log.
store::ChangeFilter filter_for(const Identity& who) {
  store::ChangeFilter filter{.organization = who.organization, .workspaces = who.workspaces()};
  for (const model::Kind kind : model::kKinds) {
    if (decide(who, {area_of(kind), Act::read}, "") != Verdict::allowed) {
      filter.no_kinds.push_back(kind);
    }
  }
  return filter;
}

Result<store::ChangeFilter> filter_of(const Request& request) {
  store::ChangeFilter filter = filter_for(*request.who);
  if (const auto actor = request.parameters.find("actor"); actor != request.parameters.end()) {
    if (actor->second.empty()) return invalid_field("actor", "expected the name of an actor");
    filter.actor = actor->second;
  }
  const auto word = request.parameters.find("kind");
  if (word == request.parameters.end()) return filter;
  const auto kind = model::parse_kind_word(word->second);
  if (!kind) return invalid_field("kind", kind.error().message);
  filter.kind = *kind;
  return filter;
}

// Where a reader of the feed begins.
struct Start {
  std::uint64_t after = 0;
  bool full = false;  // what came before is not told: it begins at the horizon
};

Start start_of(const std::optional<Bookmark>& since, const Bookmark& head, std::uint64_t horizon) {
  if (!since) return {.after = horizon, .full = horizon > 0};
  const bool known = since->epoch == head.epoch && since->seq <= head.seq && since->seq >= horizon;
  return {.after = known ? since->seq : horizon, .full = !known};
}

// What the feed holds after some seq.
class FeedQuestion final : public Question {
 public:
  struct Parts {
    Api api;
    Start start;
    std::size_t limit;
    store::ChangeFilter filter;
    std::string request_id;
  };
  explicit FeedQuestion(Parts parts) : parts_(std::move(parts)) {}

  bool matters(std::span<const model::Change> changes) override {
    return std::any_of(changes.begin(), changes.end(), [&](const model::Change& change) {
      return change.seq > parts_.start.after && parts_.filter.matches(change.key, change.actor);
    });
  }
  bool may_have_news() override {
    const auto head = parts_.api.store.head();
    return !head || head->seq > seen_.seq;
  }
  std::optional<Response> ask() override;
  Response no_news() override { return form({}); }

 private:
  [[nodiscard]] Response form(const std::vector<model::Change>& page) const;

  Parts parts_;
  Bookmark seen_;  // the head before the last look
};

std::optional<Response> FeedQuestion::ask() {
  Start& start = parts_.start;
  const auto head = parts_.api.store.head();
  if (!head) return error_response(head.error(), parts_.request_id);
  seen_ = *head;
  FeedMemo& memo = parts_.api.feed;
  const auto question = [&] {
    return FeedMemo::Question{seen_.seq, start.after, start.full, parts_.limit, parts_.filter};
  };
  if (auto body = memo.find(question())) return json_text_response(*std::move(body));
  auto page = parts_.api.store.changes(start.after, parts_.limit, parts_.filter);
  while (!page && page.error().code == ErrorCode::expired) {
    // Compaction passed the reader between two looks.
    const auto horizon = parts_.api.store.horizon();
    if (!horizon) return error_response(horizon.error(), parts_.request_id);
    start = {.after = *horizon, .full = true};
    page = parts_.api.store.changes(start.after, parts_.limit, parts_.filter);
  }
  if (!page) return error_response(page.error(), parts_.request_id);
  if (page->empty() && !start.full) return std::nullopt;
  Response response = form(*page);
  // What was written since the head was read may be in it, or not.
  if (page->empty() || page->back().seq <= seen_.seq) memo.keep(question(), response.body);
  return response;
}

Response FeedQuestion::form(const std::vector<model::Change>& page) const {
  // A page that is not full has everything up to the head that was read before it.
  Bookmark bookmark{seen_.epoch, std::max(seen_.seq, parts_.start.after)};
  if (!page.empty() && (page.size() == parts_.limit || page.back().seq > bookmark.seq)) {
    bookmark.seq = page.back().seq;
  }
  json items = json::array();
  for (const model::Change& change : page) items.push_back(model::json_of(change));
  return json_response(
      200,
      {{"items", std::move(items)}, {"bookmark", bookmark.text()}, {"full", parts_.start.full}});
}

Reply changes(const Api& api, const Request& request) {
  const auto limit = request.limit();
  const auto filter = filter_of(request);
  const auto wait = request.wait();
  const auto parameter = request.parameters.find("since");
  const auto since =
      api.hosts.bookmark_of(parameter == request.parameters.end() ? "" : parameter->second);
  if (!limit) return unreadable(limit.error(), request.id);
  if (!filter) return unreadable(filter.error(), request.id);
  if (!wait) return unreadable(wait.error(), request.id);
  if (!since && since.error().field == "since") return unreadable(since.error(), request.id);
  if (!since) return error_response(since.error(), request.id);

  const auto head = api.store.head();
  const auto horizon = api.store.horizon();
  if (!head) return error_response(head.error(), request.id);
  if (!horizon) return error_response(horizon.error(), request.id);
  return ask_or_park(
      std::make_unique<FeedQuestion>(FeedQuestion::Parts{.api = api,
                                                         .start = start_of(*since, *head, *horizon),
                                                         .limit = *limit,
                                                         .filter = *filter,
                                                         .request_id = request.id}),
      *wait, api.parking, api.clock);
}

}  // namespace

void add_change_routes(Router& router, const Api& api) {
  router.add(
      {.method = "GET",
       .path = "/v1/changes",
       .operation = "listChanges",
       .tag = "Changes",
       .summary = "Read the change log",
       .description = "Every accepted write, oldest first: what it did, who asked for it "
                      "and in which request; of what you may see.",
       .access = Access{Area::signed_in, Act::read},
       .parameters = {{"since", "Since",
                       "A bookmark, for what comes after it; or a time, for what was changed "
                       "then or later. The beginning of the log when left out."},
                      page_limit(),
                      {"kind", "KindWord", "Only changes of this kind: `host`, `hosts`."},
                      {"actor", "Text", "Only what this actor wrote, exactly so."},
                      wait_for_news()},
       .answers = {{200, "A page of the log.", "ChangeList"}},
       .handler = [api](const Request& r) { return changes(api, r); }});
  router.add(
      {.method = "POST",
       .path = "/v1/changes",
       .operation = "proposeChanges",
       .tag = "Changes",
       .summary = "Write several entities, all or none",
       .access = Access{Area::signed_in, Act::write},
       .parameters = {create_workspace(), allow_missing(), wait_for_write()},
       .body = "ProposedChanges",
       .answers =
           {{200,
             "All of it is durable.",
             "CommittedChanges",
             {"Titan-Change", "Titan-Workspace-Created"}},
            {202, "Accepted with `wait=false`; not written yet.", "Accepted", {"Titan-Change"}}},
       .errors = {404, 409, 413, 422},
       .handler = [api](const Request& r) { return propose(api, r); }});
  router.add({.method = "GET",
              .path = "/v1/changes/{id}",
              .operation = "getChange",
              .tag = "Changes",
              .summary = "Follow a change",
              .description = "One of your own; as an admin, of anybody in the organization.",
              .access = Access{Area::signed_in, Act::read},
              .parameters = {{"id", "Text", "What a write gave as `Titan-Change`."}},
              .answers = {{200, "What became of it, and who has dealt with it.", "ChangeProgress"}},
              .errors = {404},
              .handler = [api](const Request& r) { return follow(api, r); }});
}

}  // namespace titan::server_lite
