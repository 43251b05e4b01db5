#pragma once

#include <string>
#include <string_view>

namespace titan::testing {

// The bytes of hex digits, as standards print them; blanks between them are left out.
inline std::string bytes_of_hex(std::string_view hex) {
  std::string digits;
  for (const char letter : hex) {
    if (letter != ' ') digits += letter;
  }
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

// The same bytes, but for one bit.
inline std::string with_bit_flipped(std::string_view bytes, std::size_t bit) {
  std::string flipped(bytes);
  flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
  return flipped;
}

}  // namespace titan::testing
