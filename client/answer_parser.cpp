#include "client/answer_parser.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/text.hpp"
#include "client/limits.hpp"

namespace titan::client {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kHeadEnd = "\r\n\r\n";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Of a header's name (RFC 9110, section 5.6.2).
bool is_token_character(char c) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         kOthers.find(c) != std::string_view::npos;
}

bool is_control(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
}

bool parse_number(std::string_view text, int base, std::uint64_t& number) {
  const char* const end = text.data() + text.size();
  const auto [stopped, failure] = std::from_chars(text.data(), end, number, base);
  return failure == std::errc{} && stopped == end && !text.empty();
}

// Whether a list of words, as "keep-alive, close", has this one; without regard to case.
bool lists(const std::string& text, std::string_view word) {
  const HeaderNameLess less;
  for (const std::string& part : split(text, ',')) {
    const std::string_view plain = trim(part);
    if (!less(plain, word) && !less(word, plain)) return true;
  }
  return false;
}

}  // namespace

AnswerParser::State AnswerParser::feed(std::string_view bytes) {
  if (state_ == State::done) keeps_alive_ = false;  // that was not asked for
  if (state_ != State::more) return state_;
  buffer_.append(bytes);
  while (take_part()) {
  }
  return state_;
}

AnswerParser::State AnswerParser::end() {
  if (state_ != State::more) return state_;
  keeps_alive_ = false;
  state_ = part_ == Part::rest ? State::done : State::broken;
  return state_;
}

bool AnswerParser::take_part() {
  switch (part_) {
    case Part::head:
      return take_head();
    case Part::counted:
    case Part::chunk:
      return take_counted();
    case Part::chunk_size:
      return take_chunk_size();
    case Part::chunk_end:
      return take_chunk_end();
    case Part::trailer:
      return take_trailer();
    case Part::rest:
      return take_rest();
    case Part::done:
      break;
  }
  if (!buffer_.empty()) keeps_alive_ = false;
  return false;
}

bool AnswerParser::fail(State state) {
  state_ = state;
  return false;
}

bool AnswerParser::finish() {
  part_ = Part::done;
  state_ = State::done;
  return true;
}

// What was looked at for the end of a line or of the head is not looked at again: who sends a head
// byte by byte costs no more than who sends it whole.
std::size_t AnswerParser::find(std::string_view end) {
  const std::size_t found = buffer_.find(end, scanned_);
  const std::size_t overlap = end.size() - 1;
  scanned_ = found == std::string::npos && buffer_.size() > overlap ? buffer_.size() - overlap : 0;
  return found;
}

// Heads before the last one and what stands around chunks count as well, or an answer of nothing
// else would never end.
bool AnswerParser::drop(std::size_t bytes) {
  buffer_.erase(0, bytes);
  dropped_ += bytes;
  if (dropped_ <= options_.head_bytes_max + options_.body_bytes_max) return true;
  return fail(State::too_long);
}

bool AnswerParser::take_head() {
  const std::size_t end = find(kHeadEnd);
  const std::size_t bytes = end == std::string::npos ? buffer_.size() : end + kHeadEnd.size();
  if (bytes > options_.head_bytes_max) return fail(State::too_long);
  if (end == std::string::npos) return false;
  const std::string head = buffer_.substr(0, end + kLineEnd.size());
  return drop(bytes) && read_head(head) && choose_body();
}

bool AnswerParser::read_head(std::string_view head) {
  response_ = {};
  bool is_first = true;
  while (!head.empty()) {
    const std::size_t end = head.find(kLineEnd);
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(end + kLineEnd.size());
    if (is_first ? !read_status_line(line) : !read_header(line)) return fail(State::broken);
    is_first = false;
  }
  return true;
}

// "HTTP/1.1 200 OK"; the reason may be missing, with the space before it.
bool AnswerParser::read_status_line(std::string_view line) {
  constexpr std::size_t kStatusAt = 9;
  constexpr std::size_t kStatusEnd = 12;
  if (!line.starts_with("HTTP/1.") || line.size() < kStatusEnd || line[kStatusAt - 1] != ' ') {
    return false;
  }
  if (!is_digit(line[7]) || (line.size() > kStatusEnd && line[kStatusEnd] != ' ')) return false;
  std::uint64_t status = 0;
  if (!parse_number(line.substr(kStatusAt, 3), 10, status) || status < 100) return false;
  is_old_ = line[7] == '0';
  response_.status = static_cast<int>(status);
  return true;
}

bool AnswerParser::read_header(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == 0 || colon == std::string_view::npos) return false;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trim(line.substr(colon + 1));
  if (!std::ranges::all_of(name, is_token_character) || std::ranges::any_of(value, is_control)) {
    return false;
  }
  const auto [place, fresh] = response_.headers.emplace(std::string(name), std::string(value));
  if (!fresh) place->second.append(", ").append(value);
  return true;
}

// RFC 9112, section 6.3.
bool AnswerParser::choose_body() {
  const std::string connection = response_.header("Connection");
  keeps_alive_ = is_old_ ? lists(connection, "keep-alive") : !lists(connection, "close");
  const int status = response_.status;
  if (status < 200 && status != 101) return true;  // the head of the next one
  if (options_.has_no_body || status == 101 || status == 204 || status == 304) return finish();
  const std::string coding = response_.header("Transfer-Encoding");
  if (!coding.empty()) {
    if (!lists(coding, "chunked") || lists(coding, "gzip")) return fail(State::broken);
    part_ = Part::chunk_size;
    return true;
  }
  const auto length = response_.headers.find("Content-Length");
  if (length == response_.headers.end()) {
    part_ = Part::rest;
    return true;
  }
  std::uint64_t bytes = 0;
  if (!parse_number(length->second, 10, bytes)) return fail(State::broken);
  return begin_counted(bytes, Part::counted);
}

bool AnswerParser::begin_counted(std::uint64_t bytes, Part part) {
  if (bytes > options_.body_bytes_max - response_.body.size()) return fail(State::too_long);
  left_ = bytes;
  part_ = part;
  return part == Part::counted && bytes == 0 ? finish() : true;
}

bool AnswerParser::take_body(std::size_t bytes) {
  if (bytes > options_.body_bytes_max - response_.body.size()) return fail(State::too_long);
  response_.body.append(buffer_, 0, bytes);
  return drop(bytes);
}

bool AnswerParser::take_counted() {
  const std::size_t bytes = std::min<std::uint64_t>(left_, buffer_.size());
  if (!take_body(bytes)) return false;
  left_ -= bytes;
  if (left_ > 0) return false;
  if (part_ == Part::counted) return finish();
  part_ = Part::chunk_end;
  return true;
}

bool AnswerParser::take_line(std::string& line) {
  const std::size_t end = find(kLineEnd);
  if (std::min(end, buffer_.size()) > kAnswerLineBytesMax) return fail(State::too_long);
  if (end == std::string::npos) return false;
  line = buffer_.substr(0, end);
  return drop(end + kLineEnd.size());
}

bool AnswerParser::take_chunk_size() {
  std::string line;
  if (!take_line(line)) return false;
  std::uint64_t bytes = 0;
  const std::string_view digits = trim(std::string_view(line).substr(0, line.find(';')));
  if (!parse_number(digits, 16, bytes)) return fail(State::broken);
  if (bytes > 0) return begin_counted(bytes, Part::chunk);
  part_ = Part::trailer;
  return true;
}

bool AnswerParser::take_chunk_end() {
  if (buffer_.size() < kLineEnd.size()) return false;
  if (!buffer_.starts_with(kLineEnd)) return fail(State::broken);
  part_ = Part::chunk_size;
  return drop(kLineEnd.size());
}

bool AnswerParser::take_trailer() {
  std::string line;
  if (!take_line(line)) return false;
  return line.empty() ? finish() : true;
}

bool AnswerParser::take_rest() {
  keeps_alive_ = false;
  take_body(buffer_.size());
  return false;
}

}  // namespace titan::client
