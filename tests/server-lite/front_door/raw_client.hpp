#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/descriptor.hpp"
#include "server-lite/front_door/listen_address.hpp"

namespace titan::front_door {

// A client that sends just the bytes it is told, and shows what comes back. It waits for half a
// minute at most.
class RawClient {
 public:
  explicit RawClient(const ListenAddress& address);
  // None: nobody takes the connection.
  static std::optional<RawClient> try_connect(const ListenAddress& address);

  void send(std::string_view bytes);
  // As much as goes without waiting; 0 when nothing does, or the server has closed.
  std::size_t send_some(std::string_view bytes);
  // Takes no more than so many bytes into the kernel's buffer.
  void limit_input(int bytes);
  // Waits until something has come or the connection has ended, and reads none of it.
  void await_input();
  void end_output();
  // One whole answer: head and body by its Content-Length. What there is when the connection ends.
  std::string answer();
  // All that comes until the server closes the connection.
  std::string until_closed();

 private:
  RawClient() = default;
  bool connect(const ListenAddress& address);
  bool read_more();

  Descriptor socket_{-1};
  std::string input_;
};

// A whole request; `more`: header lines.
std::string get(const std::string& target, const std::string& more = "");

}  // namespace titan::front_door
