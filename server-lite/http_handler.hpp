#pragma once

#include "server-lite/front_door/handler.hpp"
#include "server-lite/server.hpp"

namespace titan::server_lite {

// What stands behind the front door: the server, and a guard. It is not checked yet who asks, so
// only programs on this machine may: a page of some website, open in a browser here, must not be
// able to write. Requests that such a page makes carry an Origin, or the website's own name as
// Host; they get 403.
class HttpHandler final : public front_door::Handler {
 public:
  // Borrows the server.
  explicit HttpHandler(const Server& server) : server_(server) {}

  std::optional<HttpResponse> answer_at_once(const HttpRequest& request,
                                             const front_door::Peer& peer) override;
  Reply answer(const HttpRequest& request, const front_door::Peer& peer) override;
  HttpResponse refuse(int status, const std::string& message) override;

 private:
  HttpResponse deny();
  HttpResponse fault();

  const Server& server_;
};

}  // namespace titan::server_lite
