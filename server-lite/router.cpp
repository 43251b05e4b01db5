#include "server-lite/router.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "base/text.hpp"
#include "server-lite/limits.hpp"

namespace titan::server_lite {

namespace {

bool is_placeholder(const std::string& part) {
  return part.starts_with('{');
}

// The placeholders of a route's path with what stood in their places.
std::map<std::string, std::string> named(const std::string& path,
                                         const std::vector<std::string>& found) {
  std::map<std::string, std::string> names;
  std::size_t next = 0;
  for (const std::string& part : split(std::string_view(path).substr(1), '/')) {
    if (is_placeholder(part)) names[part.substr(1, part.size() - 2)] = found[next++];
  }
  return names;
}

bool is_described(const Route& route) {
  if (route.operation.empty() || route.tag.empty() || route.summary.empty()) return false;
  for (const std::string& part : split(std::string_view(route.path).substr(1), '/')) {
    if (!is_placeholder(part)) continue;
    const auto names_it = [&](const Parameter& one) { return part == "{" + one.name + "}"; };
    if (std::none_of(route.parameters.begin(), route.parameters.end(), names_it)) return false;
  }
  return !route.answers.empty();
}

// What its query may name.
std::vector<std::string> query_names(const Route& route) {
  std::vector<std::string> names;
  for (const Parameter& parameter : route.parameters) {
    if (!is_in_path(route, parameter)) names.push_back(parameter.name);
  }
  return names;
}

// How a client asks that a request waits for news: a duration, while writes know true and false.
bool may_wait(const Request& request) {
  const auto wait = request.parameters.find("wait");
  return wait != request.parameters.end() && wait->second != "true" && wait->second != "false";
}

}  // namespace

// A route where it is served.
struct Router::Place {
  Route route;
  std::vector<std::string> query_names;
  std::unique_ptr<RouteMetrics> metrics;
};

struct Router::Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> children;
  std::unique_ptr<Node> any;                         // the {name} child
  std::map<std::string, Place, std::less<>> routes;  // by method
};

Router::Router(Random& random, RequestJournal& journal)
    : random_(random), journal_(journal), root_(std::make_unique<Node>()) {}
Router::~Router() = default;

void Router::add(Route route) {
  TITAN_ASSERT(is_described(route));
  Node* node = root_.get();
  for (const std::string& part : split(std::string_view(route.path).substr(1), '/')) {
    if (is_placeholder(part)) {
      if (!node->any) node->any = std::make_unique<Node>();
      node = node->any.get();
    } else {
      auto& child = node->children[part];
      if (!child) child = std::make_unique<Node>();
      node = child.get();
    }
  }
  const std::string method = route.method;
  auto names = query_names(route);
  auto metrics = std::make_unique<RouteMetrics>(journal_.metrics(), method, route.path);
  const auto [place, added] =
      node->routes.emplace(method, Place{std::move(route), std::move(names), std::move(metrics)});
  TITAN_ASSERT(added);
  routes_.push_back(&place->second.route);
}

Response Router::handle(const HttpRequest& http, std::string_view peer) const {
  Request request{.http = http, .id = "req-" + make_token(random_)};
  RequestNote note{.id = request.id,
                   .method = http.method,
                   .path = clip(http.path(), kPathLoggedBytesMax),
                   .peer = std::string(peer),
                   .began = journal_.now()};
  Response response = dispatch(request, note);
  response.headers["Titan-Request-Id"] = request.id;
  journal_.note(note, response.status, response.body.size());
  return response;
}

Response Router::dispatch(Request& request, RequestNote& note) const {
  const auto refuse = [&](int status, const Error& error) {
    return error_response(status, error, request.id);
  };
  const std::string_view path = request.http.path();
  if (request.http.target.size() > kTargetBytesMax || !path.starts_with('/')) {
    return refuse(400, invalid("the path is not one that this server can read"));
  }
  const Node* node = root_.get();
  std::vector<std::string> found;  // in the places of placeholders
  for (const std::string& encoded : split(path.substr(1), '/')) {
    const std::string part = percent_decode(encoded);
    if (const auto child = node->children.find(part); child != node->children.end()) {
      node = child->second.get();
    } else if (node->any && !part.empty()) {
      found.push_back(part);
      node = node->any.get();
    } else {
      return refuse(404, not_found("there is nothing at " + quote(path)));
    }
  }
  if (node->routes.empty()) return refuse(404, not_found("there is nothing at " + quote(path)));

  const std::string& method = request.http.method == "HEAD" ? "GET" : request.http.method;
  const auto route = node->routes.find(method);
  if (route == node->routes.end()) {
    std::vector<std::string> allowed;
    for (const auto& [name, unused] : node->routes) allowed.push_back(name);
    Response response = refuse(405, invalid(quote(path) + " takes " + join(allowed, ", ") +
                                            ", not " + quote(request.http.method)));
    response.headers["Allow"] = join(allowed, ", ");
    return response;
  }

  const Place& place = route->second;
  note.route = place.metrics.get();
  request.path = named(place.route.path, found);
  const std::vector<std::string>& known = place.query_names;
  request.parameters = parse_query(request.http.query());
  for (const auto& [name, value] : request.parameters) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    return refuse(400, invalid_field(name, "unknown parameter" + did_you_mean(name, known)));
  }
  note.may_wait = may_wait(request);
  return place.route.handler(request);
}

}  // namespace titan::server_lite
