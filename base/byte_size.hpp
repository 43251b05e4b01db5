#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace titan {

// Sizes as people write them: a whole number of bytes, or one with KiB, MiB, GiB or TiB right
// behind it: "256MiB".
//
// invalid, quoting the text, when it is not of this form, or more than 2^63-1 bytes.
Result<std::uint64_t> parse_byte_size(std::string_view text);
// The canonical such text: the greatest unit that leaves a whole number: "256MiB", "1500".
std::string byte_size_text(std::uint64_t bytes);

}  // namespace titan
