#include "server-lite/web/web_connections.hpp"

#include "client/http_transport.hpp"

namespace titan::web {

Connect web_connections(const std::string& ca_file, const ConnectionLimits& limits) {
  return [ca_file, limits](const std::string& url) -> Result<std::unique_ptr<Transport>> {
    const bool is_https = url.starts_with("https://");
    TITAN_ASSIGN(auto transport,
                 client::HttpTransport::open(url, {.connect_timeout = limits.silence_max,
                                                   .read_timeout = limits.silence_max,
                                                   .answer_timeout = limits.answer_time_max,
                                                   .answer_bytes_max = limits.answer_bytes_max,
                                                   .ca_file = is_https ? ca_file : std::string(),
                                                   .expected_peer = "a web server"}));
    return std::unique_ptr<Transport>(std::move(transport));
  };
}

}  // namespace titan::web
