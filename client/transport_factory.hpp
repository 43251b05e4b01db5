#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "base/transport.hpp"

namespace titan::client {

// Makes a Transport to the server of an origin, "https://HOST" or "https://HOST:PORT". For those
// who learn only from one server's answer which other they have to ask.
using TransportFactory = std::function<Result<std::unique_ptr<Transport>>(std::string_view origin)>;

// HttpTransport with the limits for identity providers: kProviderTimeout for each connect, read
// and write, and answers of at most kProviderAnswerBytesMax.
TransportFactory provider_transports();

}  // namespace titan::client
