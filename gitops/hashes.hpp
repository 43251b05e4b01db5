#pragma once

#include <string>
#include <string_view>

namespace titan::gitops {

// SHA-1 (FIPS 180-4, section 6.1) and HMAC with it (RFC 2104): 20 bytes each. For the hashed host
// names in files known_hosts alone, where it hides names and proves nothing.
std::string sha1(std::string_view bytes);
std::string hmac_sha1(std::string_view key, std::string_view message);

// The 32 bytes of a Digest.
std::string sha256(std::string_view bytes);

}  // namespace titan::gitops
