#include "bench/answer_reader.hpp"

#include <strings.h>

#include <charconv>

namespace titan::bench {
namespace {

constexpr std::string_view kEnd = "\r\n\r\n";
constexpr std::string_view kStart = "HTTP/1.1 ";
constexpr std::string_view kLength = "content-length: ";

std::size_t number_at(std::string_view text) {
  std::size_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

void AnswerReader::reset() {
  has_head_ = broken_ = false;
  length_ = body_bytes_ = 0;
  head_.clear();
  body_.clear();
}

void AnswerReader::take(std::string_view bytes) {
  if (!has_head_) {
    const std::size_t before = head_.size();
    head_.append(bytes);
    const auto end = head_.find(kEnd, before < kEnd.size() ? 0 : before - kEnd.size());
    if (end == std::string::npos) return;
    bytes.remove_prefix(end + kEnd.size() - before);
    head_.resize(end + kEnd.size());
    has_head_ = true;
    read_head(head_);
  }
  body_bytes_ += bytes.size();
  if (keeps_body_) body_.append(bytes);
}

void AnswerReader::read_head(std::string_view head) {
  broken_ = !head.starts_with(kStart);
  if (broken_) return;
  status_ = static_cast<int>(number_at(head.substr(kStart.size())));
  for (auto line = head.find('\n'); line != std::string_view::npos; line = head.find('\n', line)) {
    const std::string_view rest = head.substr(++line);
    if (rest.size() < kLength.size() ||
        ::strncasecmp(rest.data(), kLength.data(), kLength.size()) != 0) {
      continue;
    }
    length_ = number_at(rest.substr(kLength.size()));
    return;
  }
}

}  // namespace titan::bench
