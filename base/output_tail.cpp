#include "base/output_tail.hpp"

#include "base/text.hpp"

namespace titan {

void OutputTail::add(std::string_view output) {
  if (output.size() >= bytes_max_) {
    text_ = output.substr(output.size() - bytes_max_);
    return;
  }
  const std::size_t total = text_.size() + output.size();
  if (total > bytes_max_) text_.erase(0, total - bytes_max_);
  text_ += output;
}

std::string OutputTail::text() const {
  std::string_view rest = text_;
  // The rest of a character that was cut through.
  while (text_.size() == bytes_max_ && !rest.empty() && (rest.front() & 0xC0) == 0x80) {
    rest.remove_prefix(1);
  }
  const std::string valid = clip(rest, rest.size());
  std::string text;
  for (std::size_t i = 0; i < valid.size(); ++i) {
    const auto byte = static_cast<unsigned char>(valid[i]);
    // U+0080 to U+009F are control characters, too.
    const bool is_c1 = byte == 0xC2 && static_cast<unsigned char>(valid[i + 1]) < 0xA0;
    const bool is_c0 = (byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7F;
    text += is_c0 || is_c1 ? '?' : valid[i];
    if (is_c1) ++i;
  }
  return text;
}

}  // namespace titan
