#include "server-lite/http_handler.hpp"

#include <exception>

#include "server-lite/front_door/limits.hpp"

namespace titan::server_lite {
namespace {

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
  if (request.headers.contains("Origin")) return deny();
  try {
    return server_.answer_at_once(request, peer.address);
  } catch (const std::exception&) {
    return fault();
  }
}

Reply HttpHandler::answer(const HttpRequest& request, const front_door::Peer& peer) {
  if (request.headers.contains("Origin")) return deny();
  try {
    return server_.answer(request, peer.address);
  } catch (const std::exception&) {
    return fault();
  }
}

HttpResponse HttpHandler::deny() {
  return refuse(403, "a page of another server may not ask");
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
