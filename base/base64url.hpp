#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace titan {

// base64url without padding (RFC 4648, section 5; RFC 7515, section 2), as web tokens use it.
std::string base64url(std::string_view bytes);

// The bytes that `text` stands for. Each sequence of bytes has one spelling alone: invalid for
// padding, white space, other characters, a length that no bytes give, and bits that are left over
// and not zero.
Result<std::string> parse_base64url(std::string_view text);

}  // namespace titan
