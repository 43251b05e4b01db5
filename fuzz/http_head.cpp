// Heads of HTTP requests, as the front door reads them from the network.

#include <algorithm>

#include "base/text.hpp"
#include "fuzz/target.hpp"
#include "server-lite/front_door/limits.hpp"
#include "server-lite/front_door/request_head.hpp"

namespace titan::fuzz {
namespace {

using front_door::BadRequest;
using front_door::HeadRead;
using front_door::RequestHead;

using Outcome = tl::expected<std::optional<HeadRead>, BadRequest>;

bool is_same(const RequestHead& one, const RequestHead& other) {
  return one.method == other.method && one.target == other.target && one.headers == other.headers &&
         one.body_bytes == other.body_bytes && one.keeps_alive == other.keeps_alive &&
         one.expects_continue == other.expects_continue;
}

bool is_same(const Outcome& one, const Outcome& other) {
  if (!one || !other) return !one && !other && one.error().status == other.error().status;
  if (!*one || !*other) return !*one && !*other;
  return (*one)->bytes == (*other)->bytes && is_same((*one)->head, (*other)->head);
}

Outcome read_whole(std::string_view text) {
  std::size_t searched = 0;
  return front_door::read_head(text, searched);
}

// As it comes from the network: `first` bytes, then `piece` bytes at a time.
Outcome read_in_pieces(std::string_view text, std::size_t first, std::size_t piece) {
  std::size_t searched = 0;
  for (std::size_t end = first; end < text.size(); end += piece) {
    auto outcome = front_door::read_head(text.substr(0, end), searched);
    if (!outcome || *outcome) return outcome;
  }
  return front_door::read_head(text, searched);
}

// Most bytes that come alone let all that came before be read again: for long heads, this would be
// all that the target does. Those come in pieces, whose ends are elsewhere for each length.
constexpr std::size_t kByteByByteMax = 256;
constexpr std::size_t kPieces = 16;

void check_pieces(std::string_view text, const Outcome& whole) {
  require(is_same(read_in_pieces(text, text.size() / 2, text.size()), whole),
          "a head reads the same in two pieces", text);
  require(is_same(read_in_pieces(text, 1 + text.size() % 13, 1 + text.size() / kPieces), whole),
          "a head reads the same in any pieces", text);
  if (text.size() > kByteByByteMax) return;
  require(is_same(read_in_pieces(text, 1, 1), whole), "a head reads the same byte by byte", text);
}

// The version at the end of a request line that was read; a head does not keep it.
std::string_view version_of(std::string_view input) {
  constexpr std::string_view kVersion = "HTTP/1.x";
  return input.substr(input.find(" HTTP/1.") + 1, kVersion.size());  // no blank in a target
}

std::string text_of(const RequestHead& head, std::string_view version) {
  std::string text = head.method + " " + head.target + " " + std::string(version) + "\r\n";
  for (const auto& [name, value] : head.headers) text += name + ": " + value + "\r\n";
  return text + "\r\n";
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char letter) {
    const auto byte = static_cast<unsigned char>(letter);
    return (byte < 0x20 && letter != '\t') || byte == 0x7f;
  });
}

void check_head(const RequestHead& head) {
  require(head.target.starts_with('/'), "a target is in origin form", head.target);
  require(head.target.size() <= front_door::kRequestLineBytesMax, "a target is bounded");
  require(head.headers.size() <= front_door::kHeadersMax, "headers are not too many");
  require(head.body_bytes <= front_door::kBodyBytesMax, "a body is bounded");
  require(!has_control(head.method + head.target), "a request line holds no control character",
          head.target);
  for (const auto& [name, value] : head.headers) {
    require(!name.empty() && !has_control(name), "a header's name is a name", name);
    require(!has_control(value), "a header holds no control character", value);
  }
}

void check_printed(const RequestHead& head, std::string_view version) {
  const std::string text = text_of(head, version);
  const auto again = read_whole(text);
  require(again && *again && (*again)->bytes == text.size(), "a head that was read reads again",
          text);
  // Joining an empty value to others leaves a blank at the end, which no reader takes for a part.
  RequestHead expected = head;
  for (auto& [name, value] : expected.headers) value = std::string(trim(value));
  require(is_same((*again)->head, expected), "a head reads back equal", text);
}

void check_refusal(const BadRequest& refusal) {
  require(refusal.status >= 400 && refusal.status < 600, "a refusal is an error");
  require(!refusal.message.empty() && !has_control(refusal.message), "a refusal says why",
          refusal.message);
}

}  // namespace

void run(std::string_view input) {
  const auto outcome = read_whole(input);
  check_pieces(input, outcome);
  if (!outcome) return check_refusal(outcome.error());
  if (!*outcome) return;
  require((*outcome)->bytes <= input.size(), "a head is no longer than what came");
  require((*outcome)->bytes <= front_door::kHeadBytesMax, "a head is bounded");
  check_head((*outcome)->head);
  check_printed((*outcome)->head, version_of(input));
}

}  // namespace titan::fuzz
