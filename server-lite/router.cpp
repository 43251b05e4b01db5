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

}  // namespace

struct Router::Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> children;
  std::unique_ptr<Node> any;                         // the {name} child
  std::map<std::string, Route, std::less<>> routes;  // by method
};

Router::Router(Random& random, Log& log)
    : log_(log),
      id_prefix_("req-" + make_token(random).substr(0, 10) + "-"),
      root_(std::make_unique<Node>()) {}
Router::~Router() = default;

void Router::add(Route route) {
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
  const bool added = node->routes.emplace(method, std::move(route)).second;
  TITAN_ASSERT(added);
}

// A request that waits, whose answer still has to get its id.
class Router::Identified final : public front_door::Parked {
 public:
  Identified(const Router& router, std::string id, const HttpRequest& http,
             std::unique_ptr<Parked> parked)
      : router_(router),
        id_(std::move(id)),
        method_(http.method),
        target_(http.target),
        parked_(std::move(parked)) {}

  [[nodiscard]] std::chrono::milliseconds time() const override { return parked_->time(); }
  void begin(std::function<void()> wake) override { parked_->begin(std::move(wake)); }
  Reply answer() override {
    Reply reply = parked_->answer();
    if (auto* again = std::get_if<std::unique_ptr<Parked>>(&reply)) {
      auto same = std::make_unique<Identified>(router_, std::move(id_),
                                               HttpRequest{method_, target_}, std::move(*again));
      return same;
    }
    router_.finish(id_, method_, target_, std::get<HttpResponse>(reply));
    return reply;
  }
  HttpResponse give_up() override {
    HttpResponse response = parked_->give_up();
    router_.finish(id_, method_, target_, response);
    return response;
  }

 private:
  const Router& router_;
  std::string id_;
  std::string method_;
  std::string target_;
  std::unique_ptr<Parked> parked_;
};

Reply Router::handle(const HttpRequest& http) const {
  Request request{.http = http, .id = next_id()};
  Found found = find(request);
  if (auto* refusal = std::get_if<Response>(&found)) {
    finish(request.id, http.method, http.target, *refusal);
    return std::move(*refusal);
  }
  Reply reply = std::get<const Route*>(found)->handler(request);
  if (auto* parked = std::get_if<std::unique_ptr<front_door::Parked>>(&reply)) {
    return std::make_unique<Identified>(*this, request.id, http, std::move(*parked));
  }
  finish(request.id, http.method, http.target, std::get<HttpResponse>(reply));
  return reply;
}

std::optional<Response> Router::handle_at_once(const HttpRequest& http) const {
  Request request{.http = http};
  const Found found = find(request);
  const auto* const route = std::get_if<const Route*>(&found);
  if (route == nullptr || !(*route)->at_once) return std::nullopt;
  request.id = next_id();
  auto response = (*route)->at_once(request);
  if (response) finish(request.id, http.method, http.target, *response);
  return response;
}

Response Router::refuse(int status, const Error& error) const {
  const std::string id = next_id();
  Response response = error_response(status, error, id);
  finish(id, "", "", response);
  return response;
}

std::string Router::next_id() const {
  return id_prefix_ + std::to_string(++ids_);
}

void Router::finish(const std::string& id, const std::string& method, const std::string& target,
                    Response& response) const {
  response.headers["Titan-Request-Id"] = id;
  log_.debug("request",
             {{"id", id}, {"method", method}, {"target", target}, {"status", response.status}});
}

Router::Found Router::find(Request& request) const {
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

  request.path = named(route->second.path, found);
  const std::vector<std::string>& known = route->second.parameters;
  request.parameters = parse_query(request.http.query());
  for (const auto& [name, value] : request.parameters) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    return refuse(400, invalid_field(name, "unknown parameter" + did_you_mean(name, known)));
  }
  return &route->second;
}

}  // namespace titan::server_lite
