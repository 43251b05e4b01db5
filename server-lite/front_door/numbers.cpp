#include "server-lite/front_door/numbers.hpp"

namespace titan::front_door {

std::string_view name_of(Limit limit) {
  // In the order of enum Limit.
  constexpr std::array<std::string_view, kLimits> kNames = {
      "request_line", "head_bytes", "headers",     "body_bytes",  "head_time", "body_rate",
      "idle",         "handshake",  "answer_rate", "connections", "per_peer",  "queue",
      "parked",       "output",     "spool",       "stop"};
  return kNames[static_cast<std::size_t>(limit)];
}

}  // namespace titan::front_door
