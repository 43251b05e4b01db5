#pragma once

#include "client/transport_factory.hpp"
#include "server-lite/oidc/url_fetcher.hpp"

namespace titan::oidc {

// Gets by a new connection for each URL, which is https, or http to this machine
// (client::WebUrl): the provider is asked twice an hour.
class HttpUrlFetcher final : public UrlFetcher {
 public:
  explicit HttpUrlFetcher(client::TransportFactory open = client::provider_transports());
  Result<HttpResponse> get(std::string_view url) override;

 private:
  client::TransportFactory open_;
};

}  // namespace titan::oidc
