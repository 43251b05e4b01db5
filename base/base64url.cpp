#include "base/base64url.hpp"

#include <sodium.h>

#include <algorithm>

namespace titan {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

}  // namespace

std::string base64url(std::string_view bytes) {
  constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
  std::string text(sodium_base64_encoded_len(bytes.size(), kVariant), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), kVariant);
  text.pop_back();  // the NUL that the library ends it with
  return text;
}

Result<std::string> parse_base64url(std::string_view text) {
  const Error refusal = invalid("this is not base64url without padding");
  // The library (1.0.18) takes some bytes above 127 for letters.
  if (!std::ranges::all_of(text, is_letter)) return refusal;
  std::string bytes(text.size(), '\0');
  std::size_t size = 0;
  const int failed = sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(),
                                       text.data(), text.size(), nullptr, &size, nullptr,
                                       sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  if (failed != 0) return refusal;
  bytes.resize(size);
  return bytes;
}

}  // namespace titan
