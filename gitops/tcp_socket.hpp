#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/descriptor.hpp"
#include "base/result.hpp"

namespace titan::gitops {

using SteadyClock = std::chrono::steady_clock;

// A connection to `host` (a name or an address), which does not block. Its addresses are tried in
// their order until `deadline`. unavailable when the name leads nowhere or nobody listens there.
Result<Descriptor> connect_to(const std::string& host, std::uint16_t port,
                              SteadyClock::time_point deadline);

// Waits until the socket can be read, or written as well, or `deadline` passes: then false.
Result<bool> wait_for_socket(int socket, bool for_reading, bool for_writing,
                             SteadyClock::time_point deadline);

}  // namespace titan::gitops
