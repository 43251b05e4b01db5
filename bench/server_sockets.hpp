#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "base/result.hpp"

namespace titan::bench {

// Of the connections to a port of this machine that the server has closed and whose client has not
// yet noticed, since it has not read all that was sent: by the client's port, how many bytes the
// kernel still holds for it. Asked of the kernel (sock_diag(7), IPv4). unavailable: it does not
// say.
Result<std::map<std::uint16_t, std::size_t>> closed_by_server(std::uint16_t server_port);

}  // namespace titan::bench
