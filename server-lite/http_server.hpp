#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/http.hpp"
#include "base/result.hpp"

namespace titan::server_lite {

// Where to listen: "127.0.0.1:7480", "[::1]:7480", "localhost:0".
struct ListenAddress {
  std::string host = {};
  std::uint16_t port = 0;  // 0: any free one

  // invalid unless `text` is HOST:PORT with a host on loopback: who asks is not checked yet, so
  // nobody from elsewhere may ask.
  static Result<ListenAddress> parse(std::string_view text);
  [[nodiscard]] std::string text() const;
};

// HTTP/1.1 on a socket, over cpp-httplib: whole, bounded requests in, whole answers out. Requests
// run on the library's pool, so the handler must be safe to call from several threads; each
// connection holds a thread while it is open, which is enough on loopback.
class HttpServer {
 public:
  using Handler = std::function<HttpResponse(const HttpRequest&)>;

  explicit HttpServer(Handler handler);
  ~HttpServer();

  // Takes the port. unavailable when it cannot be had. Returns the address with the real port.
  Result<ListenAddress> bind(const ListenAddress& address);
  // Serves until stop(), then finishes what runs. REQUIRES: bind().
  void serve();
  // From any thread. REQUIRES: serve() runs, or will run.
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace titan::server_lite
