#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/http.hpp"
#include "base/random.hpp"
#include "server-lite/request.hpp"
#include "server-lite/request_journal.hpp"
#include "server-lite/route.hpp"

namespace titan::server_lite {

// Finds the handler of a request in a trie of path parts: a literal part before a {name} part.
// HEAD goes to the GET handler. Answers 404 for an unknown path, 405 with Allow for an unknown
// method, 400 for an unknown parameter. Gives each request an id, and notes it with its answer.
// Routes are added first; afterwards handle() may be called from several threads.
class Router {
 public:
  // Borrows both.
  Router(Random& random, RequestJournal& journal);
  ~Router();

  // REQUIRES: no other route has the same method and path; the route has an operation, a tag, a
  // summary and an answer, and describes each part {name} of its path.
  void add(Route route);
  // In the order in which they were added.
  [[nodiscard]] const std::vector<const Route*>& routes() const { return routes_; }
  // `peer`: the address that the request came from; empty when it was over no network.
  [[nodiscard]] Response handle(const HttpRequest& request, std::string_view peer = "") const;

 private:
  struct Place;
  struct Node;
  Response dispatch(Request& request, RequestNote& note) const;

  Random& random_;
  RequestJournal& journal_;
  std::unique_ptr<Node> root_;
  std::vector<const Route*> routes_;  // in root_
};

}  // namespace titan::server_lite
