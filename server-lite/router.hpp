#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/http.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "server-lite/request.hpp"

namespace titan::server_lite {

using Handler = std::function<Reply(const Request&)>;
// The answer, if it is known without waiting for anything, not even for the store.
using QuickHandler = std::function<std::optional<Response>(const Request&)>;

// One thing that the server can be asked.
struct Route {
  std::string method;                        // "GET", "POST", …
  std::string path;                          // "/v1/hosts/{host}/sync"
  std::vector<std::string> parameters = {};  // of the query, that the handler knows
  Handler handler;
  QuickHandler at_once =
      {};  // asked first, by who must not wait; none: nothing is known so quickly
};

// Finds the handler of a request in a trie of path parts: a literal part before a {name} part.
// HEAD goes to the GET handler. Answers 404 for an unknown path, 405 with Allow for an unknown
// method, 400 for an unknown parameter. Gives each request an id, and logs it with its answer.
// Routes are added first; afterwards handle() may be called from several threads.
class Router {
 public:
  // Borrows the log.
  Router(Random& random, Log& log);
  ~Router();

  // REQUIRES: no other route has the same method and path.
  void add(Route route);
  [[nodiscard]] Reply handle(const HttpRequest& request) const;
  // The answer, if the route has one at once.
  [[nodiscard]] std::optional<Response> handle_at_once(const HttpRequest& request) const;
  // An answer that the router gives itself, with an id and a line in the log.
  [[nodiscard]] Response refuse(int status, const Error& error) const;

 private:
  struct Node;
  class Identified;
  // The route, when the request is one that it takes; else the answer why not.
  using Found = std::variant<const Route*, Response>;
  [[nodiscard]] Found find(Request& request) const;
  [[nodiscard]] std::string next_id() const;
  void finish(const std::string& id, const std::string& method, const std::string& target,
              Response& response) const;

  Log& log_;
  const std::string id_prefix_;
  mutable std::atomic<std::uint64_t> ids_ = 0;
  std::unique_ptr<Node> root_;
};

}  // namespace titan::server_lite
