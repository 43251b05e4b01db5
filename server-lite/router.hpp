#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/http.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "server-lite/identity/registry.hpp"
#include "server-lite/request.hpp"
#include "server-lite/request_journal.hpp"
#include "server-lite/route.hpp"

namespace titan::server_lite {

// Finds the handler of a request in a trie of path parts: a literal part before a {name} part.
// HEAD goes to the GET handler. Answers 404 for an unknown path, 405 with Allow for an unknown
// method, 400 for an unknown parameter. Finds out who asks, and refuses what they may not: 401,
// 403, or 404; and whoever asks more often than one may: 429. Gives each request an id, and notes
// it with its answer. Routes are added first; afterwards handle() may be called from several
// threads.
class Router {
 public:
  // Borrows the last two.
  Router(Random& random, RequestJournal& journal, const Registry& registry);
  ~Router();

  // REQUIRES: no other route has the same method and path; the route has an operation, a tag, a
  // summary, an answer and an access, and describes each part {name} of its path.
  void add(Route route);
  // In the order in which they were added.
  [[nodiscard]] const std::vector<const Route*>& routes() const { return routes_; }
  // `peer`: the address that the request came from; empty when it was over no network.
  [[nodiscard]] Reply handle(const HttpRequest& request, std::string_view peer = "") const;
  // The answer, if it is known at once: what its route knows, or that no route takes the request.
  [[nodiscard]] std::optional<Response> handle_at_once(const HttpRequest& request,
                                                       std::string_view peer = "") const;
  // An answer that the router gives itself, with an id, and noted.
  [[nodiscard]] Response refuse(int status, const Error& error) const;

 private:
  struct Place;
  struct Node;
  class Identified;
  // Where the route is, when the request is one that it takes; else the answer why not. Only that
  // needs the request's id, which is made then if there is none.
  using Found = std::variant<const Place*, Response>;
  [[nodiscard]] Found find(Request& request) const;
  // The answer to who may not ask this.
  [[nodiscard]] std::optional<Response> refuse_unless_allowed(const Route& route,
                                                              Request& request) const;
  // The answer to who asks more often than one may.
  [[nodiscard]] std::optional<Response> refuse_if_too_often(
      Request& request, const std::optional<std::chrono::seconds>& wait) const;
  [[nodiscard]] std::string next_id() const;
  [[nodiscard]] static RequestNote note_of(const Request& request);
  // The note's id goes into the answer.
  void finish(const RequestNote& note, Response& response, std::size_t body_bytes) const;
  void finish(const RequestNote& note, Response& response) const {
    finish(note, response, response.body.size());
  }
  // REQUIRES: it is not parked.
  void finish(const RequestNote& note, Reply& reply) const;

  RequestJournal& journal_;
  const Registry& registry_;
  const std::string id_prefix_;
  Counter& tokens_too_often_;
  Counter& devices_too_often_;
  mutable std::atomic<std::uint64_t> ids_ = 0;
  std::unique_ptr<Node> root_;
  std::vector<const Route*> routes_;  // in root_
};

}  // namespace titan::server_lite
