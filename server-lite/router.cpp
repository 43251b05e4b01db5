#include "server-lite/router.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/assert.hpp"
#include "base/text.hpp"
#include "server-lite/limits.hpp"

namespace titan::server_lite {

namespace {

constexpr std::size_t kPlaceholdersMax = 4;  // in the path of one route

bool is_placeholder(const std::string& part) {
  return part.starts_with('{');
}

// The names of the placeholders in a route's path, in order.
std::vector<std::string> path_names(const Route& route) {
  std::vector<std::string> names;
  for (const std::string& part : split(std::string_view(route.path).substr(1), '/')) {
    if (is_placeholder(part)) names.push_back(part.substr(1, part.size() - 2));
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
  return !route.answers.empty() && route.access.has_value();
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

Counter& too_often_counter(Metrics& metrics, const char* who) {
  return metrics.counter("titan_requests_too_often_total",
                         "Requests refused because one token or device asked too often.",
                         {{"who", who}});
}

// The request counts for who asks; how long they have to wait when it is one too many.
std::optional<std::chrono::seconds> taken(const Request& request) {
  return request.who->rate == nullptr ? std::nullopt : request.who->rate->take(request.began);
}

}  // namespace

// A route where it is served.
struct Router::Place {
  Route route;
  std::vector<std::string> path_names;
  std::vector<std::string> query_names;
  std::unique_ptr<RouteMetrics> metrics;
};

struct Router::Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> children;
  std::unique_ptr<Node> any;                         // the {name} child
  std::map<std::string, Place, std::less<>> routes;  // by method
};

Router::Router(Random& random, RequestJournal& journal, const Registry& registry)
    : journal_(journal),
      registry_(registry),
      id_prefix_("req-" + make_token(random).substr(0, 10) + "-"),
      tokens_too_often_(too_often_counter(journal.metrics(), "token")),
      devices_too_often_(too_often_counter(journal.metrics(), "device")),
      root_(std::make_unique<Node>()) {}
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
  auto in_path = path_names(route);
  TITAN_ASSERT(in_path.size() <= kPlaceholdersMax);
  auto in_query = query_names(route);
  auto metrics = std::make_unique<RouteMetrics>(journal_.metrics(), method, route.path);
  const auto [place, added] = node->routes.emplace(
      method, Place{std::move(route), std::move(in_path), std::move(in_query), std::move(metrics)});
  TITAN_ASSERT(added);
  routes_.push_back(&place->second.route);
}

// A request that waits, whose answer still has to get its id.
class Router::Identified final : public front_door::Parked {
 public:
  Identified(const Router& router, const RequestNote& note, std::unique_ptr<Parked> parked)
      : router_(router),
        id_(note.id),
        method_(note.method),
        path_(note.path.substr(0, kPathLoggedBytesMax)),
        peer_(note.peer),
        actor_(note.actor),
        note_(note),
        parked_(std::move(parked)) {
    note_.id = id_;
    note_.method = method_;
    note_.path = path_;
    note_.peer = peer_;
    note_.actor = actor_;
  }

  [[nodiscard]] std::chrono::milliseconds time() const override { return parked_->time(); }
  void begin(std::function<void()> wake) override { parked_->begin(std::move(wake)); }
  Reply answer() override {
    Reply reply = parked_->answer();
    if (auto* again = std::get_if<std::unique_ptr<Parked>>(&reply)) {
      return std::make_unique<Identified>(router_, note_, std::move(*again));
    }
    router_.finish(note_, reply);
    return reply;
  }
  HttpResponse give_up() override {
    HttpResponse response = parked_->give_up();
    router_.finish(note_, response);
    return response;
  }

 private:
  const Router& router_;
  const std::string id_;
  const std::string method_;
  const std::string path_;
  const std::string peer_;
  const std::string actor_;
  RequestNote note_;  // borrows them
  std::unique_ptr<Parked> parked_;
};

Reply Router::handle(const HttpRequest& http, std::string_view peer) const {
  const Clock::Monotonic now = journal_.now();
  Request request{.http = http,
                  .began = now,
                  .id = next_id(),
                  .peer = peer,
                  .who = registry_.who_asks(http, now)};
  RequestNote note = note_of(request);
  if (auto refusal = refuse_if_too_often(request, taken(request))) {
    finish(note, *refusal);
    return *std::move(refusal);
  }
  Found found = find(request);
  if (auto* refusal = std::get_if<Response>(&found)) {
    finish(note, *refusal);
    return std::move(*refusal);
  }
  const Place& place = *std::get<const Place*>(found);
  note.route = place.metrics.get();
  if (auto refusal = refuse_unless_allowed(place.route, request)) {
    finish(note, *refusal);
    return *std::move(refusal);
  }
  note.may_wait = may_wait(request);
  Reply reply = place.route.handler(request);
  if (auto* parked = std::get_if<std::unique_ptr<front_door::Parked>>(&reply)) {
    return std::make_unique<Identified>(*this, note, std::move(*parked));
  }
  finish(note, reply);
  return reply;
}

// What is not answered here is asked again by handle(), and is taken there.
std::optional<Response> Router::handle_at_once(const HttpRequest& http,
                                               std::string_view peer) const {
  const Clock::Monotonic now = journal_.now();
  Request request{.http = http, .began = now, .peer = peer, .who = registry_.who_asks(http, now)};
  const bool is_limited = request.who->rate != nullptr;
  if (auto refusal = refuse_if_too_often(
          request, is_limited ? request.who->rate->wait_at(now) : std::nullopt)) {
    finish(note_of(request), *refusal);
    return refusal;
  }
  Found found = find(request);
  if (auto* refusal = std::get_if<Response>(&found)) {
    (void)taken(request);
    finish(note_of(request), *refusal);
    return std::move(*refusal);
  }
  const Place& place = *std::get<const Place*>(found);
  auto refusal = refuse_unless_allowed(place.route, request);
  if (!refusal && !place.route.at_once) return std::nullopt;
  if (request.id.empty()) request.id = next_id();
  RequestNote note = note_of(request);
  note.route = place.metrics.get();
  auto response = refusal ? std::move(refusal) : place.route.at_once(request);
  if (!response) return response;
  (void)taken(request);
  finish(note, *response);
  return response;
}

std::optional<Response> Router::refuse_if_too_often(
    Request& request, const std::optional<std::chrono::seconds>& wait) const {
  if (!wait) return std::nullopt;
  (request.who->host.empty() ? tokens_too_often_ : devices_too_often_).add();
  if (request.id.empty()) request.id = next_id();
  return too_often_response(*wait, request.id);
}

std::optional<Response> Router::refuse_unless_allowed(const Route& route, Request& request) const {
  const Area area = route.access->area;
  const bool by_name = area == Area::workspaces || area == Area::own_host;
  const auto named = request.path.find(by_name ? "name" : "workspace");
  const std::string_view about =
      named == request.path.end() ? std::string_view() : std::string_view(named->second);
  if (decide(*request.who, *route.access, about) == Verdict::allowed) return std::nullopt;
  if (request.id.empty()) request.id = next_id();
  return refused_response(*request.who, *route.access, about, request.id);
}

Response Router::refuse(int status, const Error& error) const {
  const std::string id = next_id();
  const RequestNote note{.id = id, .began = journal_.now()};
  Response response = error_response(status, error, id);
  finish(note, response);
  return response;
}

std::string Router::next_id() const {
  const std::string number = std::to_string(++ids_);
  std::string id;
  id.reserve(id_prefix_.size() + number.size());
  return id.append(id_prefix_).append(number);
}

RequestNote Router::note_of(const Request& request) {
  return {.id = request.id,
          .method = request.http.method,
          .path = request.http.path(),
          .peer = request.peer,
          .actor = request.who->actor,
          .began = request.began};
}

void Router::finish(const RequestNote& note, Response& response, std::size_t body_bytes) const {
  response.headers["Titan-Request-Id"] = std::string(note.id);
  journal_.note(note, response.status, body_bytes);
}

void Router::finish(const RequestNote& note, Reply& reply) const {
  if (auto* in_file = std::get_if<front_door::ResponseInFile>(&reply)) {
    finish(note, in_file->head, in_file->body->size());
  } else {
    finish(note, std::get<HttpResponse>(reply));
  }
}

Router::Found Router::find(Request& request) const {
  const auto refuse = [&](int status, const Error& error) {
    if (request.id.empty()) request.id = next_id();
    return error_response(status, error, request.id);
  };
  const std::string_view path = request.http.path();
  if (request.http.target.size() > kTargetBytesMax || !path.starts_with('/')) {
    return refuse(400, invalid("the path is not one that this server can read"));
  }
  const Node* node = root_.get();
  std::array<std::string, kPlaceholdersMax> found;  // in the places of placeholders
  std::size_t found_count = 0;
  std::string decoded;
  for (std::string_view rest = path; !rest.empty();) {
    rest.remove_prefix(1);  // the slash
    std::string_view part = rest.substr(0, rest.find('/'));
    rest.remove_prefix(part.size());
    if (part.find('%') != std::string_view::npos) part = decoded = percent_decode(part);
    if (const auto child = node->children.find(part); child != node->children.end()) {
      node = child->second.get();
    } else if (node->any && !part.empty()) {
      found[found_count++] = part;
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
  for (std::size_t i = 0; i < found_count; ++i) {
    request.path.emplace(place.path_names[i], std::move(found[i]));
  }
  const std::vector<std::string>& known = place.query_names;
  if (const auto query = request.http.query(); !query.empty()) {
    request.parameters = parse_query(query);
  }
  for (const auto& [name, value] : request.parameters) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    return refuse(400, invalid_field(name, "unknown parameter" + did_you_mean(name, known)));
  }
  return &place;
}

}  // namespace titan::server_lite
