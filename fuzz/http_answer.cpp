// What a server answers over HTTP, byte for byte, to a client (client/answer_parser.hpp). The first
// byte of an input says in pieces of what size it comes, and whether the request was HEAD. However
// it comes, the same is read; and never more than the limits allow.

#include <algorithm>

#include "client/answer_parser.hpp"
#include "fuzz/target.hpp"

namespace titan::fuzz {
namespace {

using client::AnswerParser;
using State = AnswerParser::State;

constexpr std::size_t kHeadMax = 400;
constexpr std::size_t kBodyMax = 100;

struct Read {
  State state = State::more;
  State at_end = State::more;
  bool keeps_alive = false;
  HttpResponse response = {};
};

Read read(std::string_view bytes, std::size_t piece, bool is_head) {
  AnswerParser parser(
      {.has_no_body = is_head, .head_bytes_max = kHeadMax, .body_bytes_max = kBodyMax});
  Read read;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    read.state = parser.feed(bytes.substr(0, piece));
  }
  read.at_end = parser.end();
  if (read.at_end != State::done) return read;
  read.keeps_alive = parser.keeps_alive();
  read.response = parser.take();
  return read;
}

}  // namespace

void run(std::string_view input) {
  if (input.empty()) return;
  const auto first = static_cast<unsigned char>(input.front());
  const bool is_head = (first & 1U) != 0;
  input.remove_prefix(1);
  const Read whole = read(input, input.size() + 1, is_head);
  const Read pieces = read(input, 1 + first / 2, is_head);
  require(whole.at_end != State::more, "the end of the connection decides");
  require(whole.state == State::more || whole.state == whole.at_end, "what is decided stays so");
  require(whole.at_end == pieces.at_end, "an answer is the same in pieces");
  require(whole.response.status == pieces.response.status, "so is its status");
  require(whole.response.headers == pieces.response.headers, "so are its headers");
  require(whole.response.body == pieces.response.body, "so is its body", pieces.response.body);
  require(whole.keeps_alive == pieces.keeps_alive, "so is what becomes of the connection");
  if (whole.at_end != State::done) return;
  const HttpResponse& response = whole.response;
  require(response.body.size() <= kBodyMax, "a body is within its limit");
  require(response.status == 101 || (response.status >= 200 && response.status <= 999),
          "a status has three digits, and is the last one");
  require(!is_head || response.body.empty(), "nothing follows the answer to HEAD");
  for (const auto& [name, value] : response.headers) {
    require(!name.empty() && name.find_first_of(" :\r\n") == std::string::npos, "a name is one");
    require(value.find_first_of("\r\n") == std::string::npos, "a value is of one line", value);
  }
}

}  // namespace titan::fuzz
