#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace titan::bench {

// Takes in the answer to one request, in parts as they come. It knows just enough of HTTP/1.1 for
// the servers that are measured: a body is as long as Content-Length says, and is kept only when
// asked for.
class AnswerReader {
 public:
  explicit AnswerReader(bool keeps_body = false) : keeps_body_(keeps_body) {}

  // Begins another answer.
  void reset();
  void take(std::string_view bytes);

  [[nodiscard]] bool is_whole() const { return has_head_ && body_bytes_ >= length_; }
  // What came is no answer, or more than one.
  [[nodiscard]] bool is_broken() const { return broken_ || body_bytes_ > length_; }
  [[nodiscard]] bool has_begun() const { return has_head_ || !head_.empty(); }
  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] const std::string& head() const { return head_; }
  [[nodiscard]] const std::string& body() const { return body_; }

 private:
  void read_head(std::string_view head);

  bool keeps_body_;
  bool has_head_ = false;
  bool broken_ = false;
  int status_ = 0;
  std::size_t length_ = 0;
  std::size_t body_bytes_ = 0;
  std::string head_;  // with the empty line
  std::string body_;
};

}  // namespace titan::bench
