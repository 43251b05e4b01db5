#pragma once

#include <functional>
#include <string>

#include "base/random.hpp"
#include "base/result.hpp"

namespace titan::bench {

// How a server is asked: the body of its answer, or why that was not 2xx. An empty token is none.
using Ask = std::function<Result<std::string>(const std::string& method, const std::string& path,
                                              const std::string& body, const std::string& token)>;

// Gives the host a device with a new key, as an admin, and lets that in: the session's token.
Result<std::string> open_device_session(const Ask& ask, const std::string& admin_token,
                                        const std::string& host, Random& random);

// Of a request; the same each time, which a server does not mind.
std::string nonce_of_device();

}  // namespace titan::bench
