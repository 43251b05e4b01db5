#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace titan::testing {

// BLAKE2b as RFC 7693 describes it, step by step: to compare with. 1 to 64 bytes, under a key of at
// most 64 bytes, which may be empty.
std::string plain_blake2b(std::size_t bytes, std::string_view key, std::string_view message);

}  // namespace titan::testing
