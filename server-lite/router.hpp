#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/http.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "server-lite/request.hpp"

namespace titan::server_lite {

using Handler = std::function<Response(const Request&)>;

// One thing that the server can be asked.
struct Route {
  std::string method;                        // "GET", "POST", …
  std::string path;                          // "/v1/hosts/{host}/sync"
  std::vector<std::string> parameters = {};  // of the query, that the handler knows
  Handler handler;
};

// Finds the handler of a request in a trie of path parts: a literal part before a {name} part.
// HEAD goes to the GET handler. Answers 404 for an unknown path, 405 with Allow for an unknown
// method, 400 for an unknown parameter. Gives each request an id, and logs it with its answer.
// Routes are added first; afterwards handle() may be called from several threads.
class Router {
 public:
  // Borrows both.
  Router(Random& random, Log& log);
  ~Router();

  // REQUIRES: no other route has the same method and path.
  void add(Route route);
  [[nodiscard]] Response handle(const HttpRequest& request) const;

 private:
  struct Node;
  [[nodiscard]] Response dispatch(Request& request) const;

  Random& random_;
  Log& log_;
  std::unique_ptr<Node> root_;
};

}  // namespace titan::server_lite
