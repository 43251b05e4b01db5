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
  std::string text = clip(rest, rest.size());
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7F) c = '?';
  }
  return text;
}

}  // namespace titan
