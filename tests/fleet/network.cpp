#include "tests/fleet/network.hpp"

namespace titan::fleet {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kAnswersKept = 6;

}  // namespace

Network::Link& Network::add(const std::string& host) {
  links_.push_back({.host = host, .address = "192.0.2." + std::to_string(links_.size() + 1)});
  return links_.back();
}

void Network::tell(const Link& link, const HttpRequest& request, const std::string& what) {
  timeline_.tell(link.host, request.method + " " + request.target.substr(0, 60) + " " + what);
}

Timeline::Time Network::delay() {
  const std::uint64_t lot = dice_.below(100);
  const auto up_to = [&](std::uint64_t ms) {
    return milliseconds(static_cast<std::int64_t>(dice_.below(ms)));
  };
  if (lot < 70) return up_to(50);
  if (lot < 97) return up_to(900);
  return lot < 99 ? up_to(8'000) : up_to(90'000);
}

HttpResponse Network::deliver(const Link& link, const HttpRequest& request) {
  return server_.handle_from(link.address, request);
}

void Network::deliver_later(const Link& link, const HttpRequest& request, const char* why) {
  const auto wait = delay() + milliseconds(static_cast<std::int64_t>(dice_.below(120'000)));
  timeline_.after(wait, [this, &link, request, why] {
    const HttpResponse response = deliver(link, request);
    tell(link, request, std::string(why) + ": " + std::to_string(response.status));
  });
}

HttpResponse Network::shed(Link& link) {
  HttpResponse response;
  switch (dice_.below(4)) {
    case 0:
      response = {.status = 502, .body = "<html>Bad Gateway</html>"};
      return response;
    case 1:
      response.status = 429;
      break;
    default:
      response.status = 503;
  }
  response.headers["Content-Type"] = "application/json";
  response.body = R"({"error":{"code":"unavailable","message":"too much to do"}})";
  if (dice_.percent(80)) response.headers["Retry-After"] = std::to_string(dice_.below(400));
  link.saw_busy = true;
  return response;
}

// What comes is not what the server sent.
void Network::disturb(Link& link, HttpResponse& response) {
  switch (dice_.below(3)) {
    case 0:
      response.body.resize(response.body.size() / 2);
      break;
    case 1:
      if (!response.body.empty()) response.body[dice_.below(response.body.size())] ^= 1;
      break;
    default:
      if (!link.before.empty()) response = link.before[dice_.below(link.before.size())];
  }
}

Result<HttpResponse> Network::send(Link& link, const HttpRequest& request) {
  if (is_calm_) {
    HttpResponse response = deliver(link, request);
    tell(link, request, std::to_string(response.status));
    return response;
  }
  timeline_.pass(delay());
  if (link.is_cut) {
    tell(link, request, "no way");
    return unavailable("no way to the server");
  }
  const std::uint64_t lot = dice_.below(100);
  if (lot < 3) {
    tell(link, request, "request lost");
    return unavailable("no answer in time");
  }
  if (lot < 6) {
    tell(link, request, "request late");
    deliver_later(link, request, "late request");
    return unavailable("no answer in time");
  }
  if (server_is_busy && dice_.percent(60)) {
    HttpResponse response = shed(link);
    tell(link, request, "shed " + std::to_string(response.status));
    return response;
  }
  HttpResponse response = deliver(link, request);
  if (lot < 9) deliver_later(link, request, "request once more");
  if (lot >= 9 && lot < 12) {
    response = deliver(link, request);
    tell(link, request, "came twice");
  }
  timeline_.pass(delay());
  if (link.is_cut || (lot >= 12 && lot < 16)) {
    tell(link, request, "answer lost: " + std::to_string(response.status));
    return unavailable("no answer in time");
  }
  const HttpResponse right = response;
  if (lot >= 16 && lot < 19) {
    disturb(link, response);
    tell(link, request, "answer disturbed");
  }
  link.before.push_back(right);
  if (link.before.size() > kAnswersKept) link.before.pop_front();
  tell(link, request, std::to_string(response.status));
  return response;
}

}  // namespace titan::fleet
