#include "client/transport_factory.hpp"

#include "client/http_transport.hpp"
#include "client/limits.hpp"

namespace titan::client {

TransportFactory provider_transports() {
  return [](std::string_view origin) -> Result<std::unique_ptr<Transport>> {
    HttpTransport::Options options;
    options.connect_timeout = kProviderTimeout;
    options.read_timeout = kProviderTimeout;
    options.answer_bytes_max = kProviderAnswerBytesMax;
    TITAN_ASSIGN(auto transport, HttpTransport::open(origin, options));
    return std::unique_ptr<Transport>(std::move(transport));
  };
}

}  // namespace titan::client
