#include "model/secret.hpp"

#include <algorithm>

#include "model/limits.hpp"

namespace titan::model {
namespace {

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

bool is_secret_key(std::string_view text) {
  if (text.empty() || text.size() > kSecretKeyBytesMax) return false;
  return is_letter_or_digit(text.front()) && is_letter_or_digit(text.back()) &&
         std::ranges::all_of(text, [](char c) {
           return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.';
         });
}

}  // namespace titan::model
