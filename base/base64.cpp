#include "base/base64.hpp"

#include <sodium.h>

#include <algorithm>

#include "base/secret.hpp"
#include "base/sodium.hpp"

namespace titan {
namespace {

constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// Looks at every letter, so that how long it takes says nothing of them.
bool is_ascii(std::string_view text) {
  unsigned all = 0;
  for (const char letter : text) all |= static_cast<unsigned char>(letter);
  return all < 0x80;
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

Error refusal_of(std::string_view text) {
  const auto bad = text.find_first_not_of(kAlphabet);
  if (bad != std::string_view::npos) {
    return invalid("letter " + std::to_string(bad + 1) +
                   " is not of base64url: expected A-Z, a-z, 0-9, - and _, without padding");
  }
  if (text.size() % 4 == 1) {
    return invalid("base64url is never of " + std::to_string(text.size()) +
                   " letters: expected a whole number of bytes");
  }
  return invalid("the last letter of base64url has bits that belong to no byte: expected zeros");
}

}  // namespace

std::string base64url(std::string_view bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), kVariant), '\0');
  sodium_bin2base64(text.data(), text.size(), sodium::bytes_of(bytes), bytes.size(), kVariant);
  text.pop_back();  // the NUL that libsodium ends it with
  return text;
}

Result<std::string> parse_base64url(std::string_view text) {
  if (!is_ascii(text)) return refusal_of(text);  // some of which libsodium 1.0.18 takes for letters
  std::string bytes(text.size() / 4 * 3 + 2, '\0');
  std::size_t size = 0;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                        text.size(), nullptr, &size, nullptr, kVariant) != 0) {
    wipe(bytes);
    return refusal_of(text);
  }
  bytes.resize(size);
  return bytes;
}

bool is_base64url(std::string_view text, std::size_t bytes) {
  if (text.size() != (bytes * 4 + 2) / 3) return false;
  if (!std::all_of(text.begin(), text.end(), is_letter)) return false;
  const std::size_t bits_over = text.size() * 6 - bytes * 8;
  return text.empty() || kAlphabet.find(text.back()) % (std::size_t{1} << bits_over) == 0;
}

Result<std::string> parse_base64url(std::string_view text, std::size_t bytes) {
  auto parsed = parse_base64url(text);
  if (!parsed || parsed->size() == bytes) return parsed;
  const std::size_t found = parsed->size();
  wipe(*parsed);
  return invalid("found base64url of " + std::to_string(found) + " bytes, expected " +
                 std::to_string(bytes));
}

}  // namespace titan
