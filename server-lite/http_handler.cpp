#include "server-lite/http_handler.hpp"

#include <exception>

#include "server-lite/front_door/limits.hpp"
#include "server-lite/front_door/listen_address.hpp"

namespace titan::server_lite {
namespace {

// "127.0.0.1" of "127.0.0.1:7480", "::1" of "[::1]:7480".
std::string_view host_part(std::string_view address) {
  if (address.starts_with('[')) return address.substr(1, address.find(']') - 1);
  return address.substr(0, address.rfind(':'));
}

bool comes_from_elsewhere(const HttpRequest& request) {
  if (request.headers.contains("Origin")) return true;
  const auto host = request.headers.find("Host");
  return host == request.headers.end() || !front_door::is_loopback(host_part(host->second));
}

ErrorCode code_of(int status) {
  switch (status) {
    case 403:
      return ErrorCode::denied;
    case 500:
      return ErrorCode::internal;
    case 408:
    case 503:
      return ErrorCode::unavailable;
    case 413:
    case 414:
    case 431:
      return ErrorCode::exhausted;
    default:
      return ErrorCode::invalid;
  }
}

}  // namespace

std::optional<HttpResponse> HttpHandler::answer_at_once(const HttpRequest& request,
                                                        const front_door::Peer& peer) {
  if (comes_from_elsewhere(request)) return deny();
  try {
    return server_.answer_at_once(request, peer.address);
  } catch (const std::exception&) {
    return fault();
  }
}

Reply HttpHandler::answer(const HttpRequest& request, const front_door::Peer& peer) {
  if (comes_from_elsewhere(request)) return deny();
  try {
    return server_.answer(request, peer.address);
  } catch (const std::exception&) {
    return fault();
  }
}

HttpResponse HttpHandler::deny() {
  return refuse(403, "only programs on this machine may ask; a browser's page may not");
}

// Nothing throws but what has no memory left, or has a fault of its own; the client learns no more.
HttpResponse HttpHandler::fault() {
  return refuse(500, "an unexpected fault; nothing more is known");
}

HttpResponse HttpHandler::refuse(int status, const std::string& message) {
  Error error{.code = code_of(status), .message = message};
  HttpResponse response = server_.refuse(status, error);
  if (status == 503) {
    response.headers["Retry-After"] = std::to_string(front_door::kRetryAfter.count());
  }
  return response;
}

}  // namespace titan::server_lite
