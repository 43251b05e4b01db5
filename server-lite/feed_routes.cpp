#include <nlohmann/json.hpp>
#include <utility>

#include "model/change.hpp"
#include "server-lite/api.hpp"

namespace titan::server_lite {
namespace {

using nlohmann::json;

Result<std::optional<model::Kind>> kind_of(const Request& request) {
  const auto word = request.parameters.find("kind");
  if (word == request.parameters.end()) return std::optional<model::Kind>();
  auto kind = model::parse_kind_word(word->second);
  if (kind) return std::optional(*kind);
  return invalid_field("kind", kind.error().message);
}

Response changes(store::Store& store, HostService& hosts, const Request& request) {
  const auto limit = request.limit();
  const auto kind = kind_of(request);
  const auto parameter = request.parameters.find("since");
  const auto since =
      hosts.bookmark_of(parameter == request.parameters.end() ? "" : parameter->second);
  if (!limit) return unreadable(limit.error(), request.id);
  if (!kind) return unreadable(kind.error(), request.id);
  if (!since && since.error().field == "since") return unreadable(since.error(), request.id);
  if (!since) return error_response(since.error(), request.id);

  const auto head = store.head();
  if (!head) return error_response(head.error(), request.id);
  const bool known = *since && (*since)->epoch == head->epoch && (*since)->seq <= head->seq;
  const auto page = store.changes(known ? (*since)->seq : 0, *limit, *kind);
  if (!page) return error_response(page.error(), request.id);

  // A page that is not full has everything up to the head that was read before it.
  model::Bookmark bookmark = *head;
  if (!page->empty() && (page->size() == *limit || page->back().seq > head->seq)) {
    bookmark.seq = page->back().seq;
  }
  json items = json::array();
  for (const model::Change& change : *page) items.push_back(json_of(change));
  return json_response(200, {{"items", std::move(items)},
                             {"bookmark", bookmark.text()},
                             {"full", since->has_value() && !known}});
}

}  // namespace

void add_feed_routes(Router& router, store::Store& store, HostService& hosts) {
  router.add({"GET", "/v1/changes", {"since", "limit", "kind"}, [&store, &hosts](const Request& r) {
                return changes(store, hosts, r);
              }});
}

}  // namespace titan::server_lite
