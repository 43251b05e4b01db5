#include "client/device_request.hpp"

#include <utility>

#include "base/base64.hpp"
#include "base/secret.hpp"
#include "client/limits.hpp"

namespace titan::client {

std::string make_nonce(Random& random) {
  return base64url(Secret::random(random, kNonceBytes).bytes());
}

HttpRequest device_request(std::string method, std::string target, const std::string& nonce,
                           std::string body) {
  HttpRequest request{std::move(method), std::move(target), {}, std::move(body)};
  request.headers.emplace("Accept", "application/json");
  request.headers.emplace("User-Agent", "titan/" TITAN_VERSION);
  if (!request.body.empty()) request.headers.emplace("Content-Type", "application/json");
  if (!nonce.empty()) request.headers.emplace("Titan-Nonce", nonce);
  return request;
}

}  // namespace titan::client
