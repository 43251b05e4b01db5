#include "server-lite/identity/token_text.hpp"

#include <string>

#include "base/base64.hpp"

namespace titan::server_lite {

Secret make_token_text(Random& random) {
  constexpr std::size_t kTokenBytes = 32;
  const Secret bytes = Secret::random(random, kTokenBytes);
  return Secret::of("titan_" + base64url(bytes.bytes()));
}

}  // namespace titan::server_lite
