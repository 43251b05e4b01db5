#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/descriptor.hpp"
#include "base/result.hpp"

namespace titan::front_door {

// Where to listen: "127.0.0.1:7480", "[::1]:7480", "localhost:0", "unix:/run/titan/server.sock".
struct ListenAddress {
  std::string host = {};   // empty: a Unix socket
  std::uint16_t port = 0;  // 0: any free one
  std::string path = {};

  // invalid unless `text` is HOST:PORT, or "unix:" and an absolute path of at most 107 bytes.
  static Result<ListenAddress> parse(std::string_view text);
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool is_unix() const { return !path.empty(); }
  // Whether only this machine can reach it.
  [[nodiscard]] bool is_local() const;
};

// Whether the host, a name or an address, is this machine's loopback.
bool is_loopback(std::string_view host);

struct Listening {
  Descriptor socket;      // non-blocking, closed on exec
  ListenAddress address;  // with the real port
};

// Takes the address. A Unix socket may be used by this user and group alone (mode 0660); one that a
// dead server left behind is replaced. unavailable when the address cannot be had.
Result<Listening> listen_on(const ListenAddress& address);

}  // namespace titan::front_door
