#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace titan {

// Keeps the end of what programs wrote, for whoever has to find out why one of them failed.
// A plain value.
class OutputTail {
 public:
  explicit OutputTail(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  // Only the last `bytes_max` bytes of all that was added stay.
  void add(std::string_view output);
  // Valid UTF-8 without control characters but newline and tab: bytes that are neither become "?".
  // A character that was cut through at the front is left out.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool empty() const { return text_.empty(); }

 private:
  std::size_t bytes_max_;
  std::string text_;
};

}  // namespace titan
