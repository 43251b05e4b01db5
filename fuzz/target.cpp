#include "fuzz/target.hpp"

#include <cstdlib>
#include <iostream>

namespace titan::fuzz {

void require(bool holds, std::string_view property, std::string_view found) {
  if (holds) return;
  std::cerr << "does not hold: " << property << "\n" << found << std::endl;
  std::abort();
}

std::vector<std::string_view> parts_of(std::string_view input, std::size_t count) {
  constexpr std::string_view kSeparator = "=====\n";
  std::vector<std::string_view> parts;
  while (parts.size() + 1 < count) {
    const std::size_t end = input.find(kSeparator);
    parts.push_back(input.substr(0, end));
    input.remove_prefix(end == std::string_view::npos ? input.size() : end + kSeparator.size());
  }
  parts.push_back(input);
  return parts;
}

}  // namespace titan::fuzz
