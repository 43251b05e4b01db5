#pragma once

#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/http.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "server-lite/fleet_state.hpp"
#include "server-lite/host_service.hpp"
#include "server-lite/router.hpp"
#include "server-lite/template_renderer.hpp"
#include "server-lite/writer.hpp"
#include "store/store.hpp"

namespace titan::server_lite {

// titan-server without its socket: a store, and everything that answers requests from it. A test
// or a simulation calls handle() itself. Safe to share between threads once opened.
class Server {
 public:
  // What it needs from outside; borrowed.
  struct Env {
    store::Store& store;
    const Clock& clock;
    Random& random;
    Log& log;
  };

  // Brings everything up from the store. Errors: those of the store.
  static Result<std::unique_ptr<Server>> open(const Env& env);

  [[nodiscard]] HttpResponse handle(const HttpRequest& request) const {
    return router_.handle(request);
  }

 private:
  Server(const Env& env, std::string epoch);

  FleetState state_;
  TemplateRenderer renderer_;
  Writer writer_;
  HostService hosts_;
  Router router_;
};

}  // namespace titan::server_lite
