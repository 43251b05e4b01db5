#pragma once

#include "base/random.hpp"
#include "base/secret.hpp"

namespace titan::server_lite {

// A new token: "titan_" and 32 random bytes in base64url.
Secret make_token_text(Random& random);

}  // namespace titan::server_lite
