#pragma once

#include <string>
#include <string_view>

namespace titan::testing {

// SipHash-2-4 of 128 bits, step by step as its paper and its reference implementation describe it:
// to compare with. Under a key of 16 bytes.
std::string plain_siphash(std::string_view key, std::string_view message);

}  // namespace titan::testing
