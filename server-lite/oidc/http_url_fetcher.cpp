#include "server-lite/oidc/http_url_fetcher.hpp"

#include <utility>

#include "client/web_url.hpp"

namespace titan::oidc {

HttpUrlFetcher::HttpUrlFetcher(client::TransportFactory open) : open_(std::move(open)) {}

Result<HttpResponse> HttpUrlFetcher::get(std::string_view url) {
  TITAN_ASSIGN(const auto parsed, client::WebUrl::parse(url));
  TITAN_ASSIGN(const auto transport, open_(parsed.origin));
  return transport->send(
      HttpRequest{.target = parsed.target, .headers = {{"Accept", "application/json"}}});
}

}  // namespace titan::oidc
