#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace titan {

// Bytes as text for names, headers and JSON: base64 with the URL and filename safe alphabet,
// without padding (RFC 4648, section 5). How long it takes does not depend on what the bytes are.
std::string base64url(std::string_view bytes);

// The bytes of such a text; an empty text gives none. Strict, so that no two texts give the same
// bytes: invalid for padding, white space and any other letter, and when bits that no byte uses are
// not zero (RFC 4648, section 3.5). The error says where, and never quotes: the text may be secret.
Result<std::string> parse_base64url(std::string_view text);
// invalid, too, when it is not that of exactly so many bytes.
Result<std::string> parse_base64url(std::string_view text, std::size_t bytes);
// Whether it is. Quicker, and how long it takes depends on the text: not for secrets.
bool is_base64url(std::string_view text, std::size_t bytes);

}  // namespace titan
