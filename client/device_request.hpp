#pragma once

#include <string>

#include "base/http.hpp"
#include "base/random.hpp"

namespace titan::client {

// 16 random bytes as base64url, as nonces and instances are.
std::string make_nonce(Random& random);

// What a device sends; with a body it is JSON, and without a nonce it carries none.
HttpRequest device_request(std::string method, std::string target, const std::string& nonce,
                           std::string body = {});

}  // namespace titan::client
