#include "client/transport_factory.hpp"

#include "client/http_transport.hpp"
#include "client/limits.hpp"

namespace titan::client {

Result<std::unique_ptr<Transport>> open_git_transport(const std::string& url,
                                                      const std::string& ca_file,
                                                      std::size_t answer_bytes_max) {
  const bool is_https = url.starts_with("https://");
  TITAN_ASSIGN(auto transport,
               HttpTransport::open(url, {.answer_bytes_max = answer_bytes_max,
                                         .ca_file = is_https ? ca_file : std::string(),
                                         .check_validity_period = false,
                                         .expected_peer = "a web server"}));
  return std::unique_ptr<Transport>(std::move(transport));
}

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
