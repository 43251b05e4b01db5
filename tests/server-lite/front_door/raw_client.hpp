#pragma once

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

  void send(std::string_view bytes);
  void end_output();
  // One whole answer: head and body by its Content-Length. What there is when the connection ends.
  std::string answer();
  // All that comes until the server closes the connection.
  std::string until_closed();

 private:
  bool read_more();

  Descriptor socket_{-1};
  std::string input_;
};

}  // namespace titan::front_door
