#include "server-lite/http_server.hpp"

#include <arpa/inet.h>
#include <httplib.h>

#include <atomic>
#include <charconv>
#include <thread>
#include <utility>

#include "base/text.hpp"
#include "server-lite/limits.hpp"
#include "server-lite/request.hpp"

namespace titan::server_lite {
namespace {

bool is_loopback(const std::string& host) {
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24U) == 127;
  return host == "::1" || host == "localhost";
}

// "127.0.0.1" of "127.0.0.1:7480", "::1" of "[::1]:7480".
std::string host_part(std::string_view address) {
  if (address.starts_with('[')) return std::string(address.substr(1, address.find(']') - 1));
  return std::string(address.substr(0, address.rfind(':')));
}

// A page of some website, open in a browser on this machine, must not be able to write here:
// requests that it makes carry an Origin, or the website's own name as Host.
bool comes_from_elsewhere(const httplib::Request& request) {
  return request.has_header("Origin") || !is_loopback(host_part(request.get_header_value("Host")));
}

HttpRequest request_of(const httplib::Request& theirs) {
  HttpRequest request{.method = theirs.method, .target = theirs.target, .body = theirs.body};
  for (const auto& [name, value] : theirs.headers) request.headers.emplace(name, value);
  return request;
}

void give(const HttpResponse& response, httplib::Response& theirs) {
  theirs.status = response.status;
  for (const auto& [name, value] : response.headers) {
    if (HeaderNameLess less; less(name, "content-type") || less("content-type", name)) {
      theirs.set_header(name, value);
    }
  }
  if (response.status == 204 || response.status == 304) return;
  const std::string type = response.header("Content-Type");
  if (!response.header("Content-Encoding").empty()) {  // the library would compress it once more
    const auto body = std::make_shared<std::string>(response.body);
    return theirs.set_content_provider(
        body->size(), type, [body](size_t offset, size_t length, httplib::DataSink& sink) {
          return sink.write(body->data() + offset, length);
        });
  }
  theirs.set_content(response.body, type.empty() ? "application/octet-stream" : type);
}

// The library refused the request before it reached the handler.
Error refusal(int status) {
  switch (status) {
    case 403:
      return denied("only programs on this machine may ask; a browser's page may not");
    case 411:
      return invalid("a body needs a Content-Length");
    case 413:
      return exhausted("the body is larger than " + std::to_string(kBodyBytesMax) + " bytes");
    case 414:
    case 431:
      return exhausted("the request's first line or headers are too large");
    default:
      return invalid("the request is not one that this server can read");
  }
}

}  // namespace

Result<ListenAddress> ListenAddress::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const auto refuse = [&](const std::string& why) {
    return invalid("the address " + quote(text) + " " + why + ", such as 127.0.0.1:7480");
  };
  if (colon == std::string_view::npos) return refuse("is not HOST:PORT");
  const std::string_view digits = text.substr(colon + 1);
  ListenAddress address{.host = host_part(text)};
  const char* end = digits.data() + digits.size();
  const auto [parsed, error] = std::from_chars(digits.data(), end, address.port);
  if (error != std::errc() || parsed != end) return refuse("has no port from 0 to 65535");
  if (!is_loopback(address.host)) {
    return refuse(
        "is not on loopback: titan-server does not check yet who asks, so it listens to this "
        "machine alone; use a loopback address");
  }
  return address;
}

std::string ListenAddress::text() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

struct HttpServer::State {
  Handler handler;
  httplib::Server server;
  std::atomic<bool> served = false;  // serve() has come to its end
};

HttpServer::HttpServer(Handler handler) : state_(std::make_unique<State>()) {
  state_->handler = std::move(handler);
  httplib::Server& server = state_->server;
  server.new_task_queue = [] { return new httplib::ThreadPool(kConnectionsServed); };
  server.set_payload_max_length(kBodyBytesMax);
  server.set_keep_alive_max_count(kKeepAliveRequestsMax);
  server.set_keep_alive_timeout(kIdleTimeout.count());
  server.set_read_timeout(kReadTimeout.count(), 0);
  server.set_tcp_nodelay(true);
  // So that a stop that comes just before the library waits for a connection is seen all the same.
  server.set_idle_interval(kStopNoticed);
  // The library's own choice, SO_REUSEPORT, would let two servers share one port unnoticed.
  server.set_socket_options([](socket_t socket) {
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  server.set_pre_routing_handler([](const httplib::Request& request, httplib::Response& response) {
    if (comes_from_elsewhere(request)) {
      response.status = 403;
    } else if (request.has_header("Transfer-Encoding")) {
      response.status = 411;
    } else {
      return httplib::Server::HandlerResponse::Unhandled;
    }
    response.set_header("Connection", "close");
    return httplib::Server::HandlerResponse::Handled;
  });
  server.set_error_handler([](const httplib::Request&, httplib::Response& response) {
    if (response.body.empty()) {
      give(error_response(response.status, refusal(response.status), ""), response);
    }
  });
  server.set_exception_handler([](const httplib::Request&, httplib::Response& response,
                                  const std::exception_ptr&) {
    give(error_response(500, internal("an unexpected fault; nothing more is known"), ""), response);
  });
  const auto serve = [this](const httplib::Request& request, httplib::Response& response) {
    give(state_->handler(request_of(request)), response);
  };
  const std::string everything = ".*";
  server.Get(everything, serve)
      .Post(everything, serve)
      .Put(everything, serve)
      .Patch(everything, serve)
      .Delete(everything, serve)
      .Options(everything, serve);
}

HttpServer::~HttpServer() = default;

Result<ListenAddress> HttpServer::bind(const ListenAddress& address) {
  ListenAddress bound = address;
  if (address.port == 0) {
    const int port = state_->server.bind_to_any_port(address.host);
    if (port <= 0) return unavailable("cannot listen on " + address.text());
    bound.port = static_cast<std::uint16_t>(port);
  } else if (!state_->server.bind_to_port(address.host, address.port)) {
    return unavailable("cannot listen on " + address.text() + ": is another program there?");
  }
  return bound;
}

void HttpServer::serve() {
  state_->server.listen_after_bind();
  state_->served = true;
}

void HttpServer::stop() {
  // The library forgets a stop that comes before it runs.
  while (!state_->server.is_running() && !state_->served) std::this_thread::yield();
  state_->server.stop();
}

}  // namespace titan::server_lite
