#include "gitops/base64.hpp"

#include <algorithm>

#include "base/base64.hpp"

namespace titan::gitops {

std::string base64_unpadded(std::string_view bytes) {
  std::string text = base64url(bytes);
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  return text;
}

std::string base64(std::string_view bytes) {
  constexpr std::size_t kGroup = 4;
  std::string text = base64_unpadded(bytes);
  while (text.size() % kGroup != 0) text += '=';
  return text;
}

Result<std::string> parse_base64(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  if (text.find_first_of("-_") != std::string_view::npos) return invalid("is no base64");
  std::string other(text);
  std::replace(other.begin(), other.end(), '+', '-');
  std::replace(other.begin(), other.end(), '/', '_');
  return parse_base64url(other);
}

}  // namespace titan::gitops
