#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "server-lite/front_door/handler.hpp"
#include "server-lite/front_door/listen_address.hpp"
#include "server-lite/front_door/numbers.hpp"
#include "server-lite/front_door/tls.hpp"

namespace titan::front_door {

// HTTP/1.1 for an open network, plain and over TLS, on TCP and Unix sockets. One thread runs an
// event loop that holds all connections: it assembles whole, strictly read, bounded requests, has
// the handler answer at once what it knows, and hands the rest to kWorkers threads. Requests that
// wait for something cost no thread. Every limit is in limits.hpp; whoever meets one is answered
// or cut, and the others do not notice.
class FrontDoor {
 public:
  struct Options {
    std::vector<ListenAddress> listen = {};
    std::optional<TlsContext> tls = {};  // of all TCP addresses; none: they are plain
  };

  // Takes the addresses; from then on clients can connect, and wait. Borrows the handler, and the
  // spool, where large bodies wait.
  // unavailable: an address cannot be had; exhausted: no memory or descriptors.
  static Result<std::unique_ptr<FrontDoor>> open(Options options, Spool& spool, Handler& handler);
  ~FrontDoor();

  // Those taken, with their real ports.
  [[nodiscard]] const std::vector<ListenAddress>& addresses() const;
  // Serves until stop(). Then takes no new connection, answers what was taken, tells parked
  // requests that they waited in vain, and returns: within kStopTime.
  void serve();
  // From any thread, also before serve().
  void stop();
  [[nodiscard]] const Numbers& numbers() const;

 private:
  class Loop;
  explicit FrontDoor(std::unique_ptr<Loop> loop);
  std::unique_ptr<Loop> loop_;
};

}  // namespace titan::front_door
