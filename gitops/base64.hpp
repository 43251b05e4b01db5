#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace titan::gitops {

// Base64 with its first alphabet (RFC 4648, section 4), as HTTP and OpenSSH have it.
std::string base64(std::string_view bytes);
// The same without the "=" at the end.
std::string base64_unpadded(std::string_view bytes);
// The bytes of such a text, padded or not. invalid, without quoting it, when it is none.
Result<std::string> parse_base64(std::string_view text);

}  // namespace titan::gitops
