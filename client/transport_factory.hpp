#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/transport.hpp"

namespace titan::client {

// Makes a Transport to the server of an origin, "https://HOST" or "https://HOST:PORT". For those
// who learn only from one server's answer which other they have to ask.
using TransportFactory = std::function<Result<std::unique_ptr<Transport>>(std::string_view origin)>;

// HttpTransport to a Git server, for hosts: any time that its own limits allow, and answers of at
// most `answer_bytes_max`. As to titan's own server, the dates of its certificate are not looked
// at, since a device may start in 1970. `ca_file`: whose authorities alone are believed, of
// https://; empty: the system's. invalid: no such URL, or a file that is of no use.
Result<std::unique_ptr<Transport>> open_git_transport(const std::string& url,
                                                      const std::string& ca_file,
                                                      std::size_t answer_bytes_max);

// HttpTransport with the limits for identity providers: kProviderTimeout for each connect, read
// and write, and answers of at most kProviderAnswerBytesMax.
TransportFactory provider_transports();

}  // namespace titan::client
