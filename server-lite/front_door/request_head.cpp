#include "server-lite/front_door/request_head.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <utility>

#include "base/text.hpp"
#include "server-lite/front_door/limits.hpp"

namespace titan::front_door {
namespace {

// ---- bytes -----------------------------------------------------------------------------------

// What a byte may stand in.
enum Use : std::uint8_t {
  kToken = 1,   // RFC 9110, section 5.6.2
  kName = 2,    // of a header: a token without "%", which some readers decode
  kTarget = 4,  // RFC 3986: path and query; "%" begins a triplet, and is none of them
  kValue = 8,   // of a header: visible ASCII, blank, tab
  kHost = 16,   // a host's name or IPv4 address
};

constexpr bool is_digit(char letter) {
  return letter >= '0' && letter <= '9';
}

constexpr char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

constexpr bool is_hex_digit(char letter) {
  return is_digit(letter) || (lower(letter) >= 'a' && lower(letter) <= 'f');
}

constexpr std::uint8_t uses_of(char letter) {
  const auto one_of = [letter](std::string_view letters) {
    return letters.find(letter) != std::string_view::npos;
  };
  const bool is_plain = is_digit(letter) || (lower(letter) >= 'a' && lower(letter) <= 'z');
  unsigned uses = 0;
  if (is_plain || one_of("!#$%&'*+-.^_`|~")) uses |= kToken;
  if (is_plain || one_of("!#$&'*+-.^_`|~")) uses |= kName;
  if (is_plain || one_of("-._~!$&'()*+,;=:@/?")) uses |= kTarget;
  if ((letter >= ' ' && letter <= '~') || letter == '\t') uses |= kValue;
  if (is_plain || one_of("-._")) uses |= kHost;
  return static_cast<std::uint8_t>(uses);
}

constexpr std::array<std::uint8_t, 256> kUses = [] {
  std::array<std::uint8_t, 256> uses{};
  for (std::size_t byte = 0; byte < uses.size(); ++byte) {
    uses[byte] = uses_of(static_cast<char>(byte));
  }
  return uses;
}();

bool may_be(char letter, Use use) {
  return (kUses[static_cast<unsigned char>(letter)] & use) != 0;
}

bool all_may_be(std::string_view text, Use use) {
  return std::all_of(text.begin(), text.end(), [use](char letter) { return may_be(letter, use); });
}

std::string shown(char letter) {
  if (letter > ' ' && letter <= '~') return quote(std::string_view(&letter, 1));
  if (letter == ' ') return "a blank";
  if (letter == '\t') return "a tab";
  if (letter == '\r') return "a carriage return";
  if (letter == '\n') return "a line feed";
  static constexpr std::string_view kDigits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(letter);
  return std::string("the byte 0x") + kDigits[byte >> 4U] + kDigits[byte & 15U];
}

// ---- headers ---------------------------------------------------------------------------------

bool is_word(std::string_view text, std::string_view word) {
  return text.size() == word.size() &&
         std::equal(text.begin(), text.end(), word.begin(),
                    [](char one, char other) { return lower(one) == lower(other); });
}

enum class Meaning {
  other,
  host,
  content_length,
  transfer_encoding,
  content_encoding,
  expect,
  connection,
};

struct KnownField {
  std::string_view name;
  Meaning meaning = Meaning::other;
  bool is_list = false;  // may be repeated
};

// Headers with a meaning here, and those that have one value. All others are lists.
constexpr std::array kKnownFields = {
    KnownField{"Host", Meaning::host},
    KnownField{"Connection", Meaning::connection, true},
    KnownField{"Content-Length", Meaning::content_length},
    KnownField{"Transfer-Encoding", Meaning::transfer_encoding, true},
    KnownField{"Content-Encoding", Meaning::content_encoding},
    KnownField{"Expect", Meaning::expect},
    KnownField{"Authorization"},
    KnownField{"Content-Location"},
    KnownField{"Content-Range"},
    KnownField{"Content-Type"},
    KnownField{"Cookie"},
    KnownField{"Date"},
    KnownField{"From"},
    KnownField{"If-Modified-Since"},
    KnownField{"If-Range"},
    KnownField{"If-Unmodified-Since"},
    KnownField{"Max-Forwards"},
    KnownField{"Origin"},
    KnownField{"Proxy-Authorization"},
    KnownField{"Range"},
    KnownField{"Referer"},
    KnownField{"User-Agent"},
};

constexpr std::size_t kFieldNameMax = 20;

// By the length of the name: a bit for each of kKnownFields. So a name is compared with one or two.
constexpr auto kFieldsOfLength = [] {
  std::array<std::uint32_t, kFieldNameMax> fields{};
  for (std::size_t i = 0; i < kKnownFields.size(); ++i) {
    fields[kKnownFields[i].name.size()] |= std::uint32_t{1} << i;
  }
  return fields;
}();

// Its place in kKnownFields; that of the end when it is not there.
std::size_t known_field(std::string_view name) {
  std::uint32_t candidates = name.size() < kFieldNameMax ? kFieldsOfLength[name.size()] : 0;
  for (; candidates != 0; candidates &= candidates - 1) {
    const auto place = static_cast<std::size_t>(std::countr_zero(candidates));
    if (is_word(name, kKnownFields[place].name)) return place;
  }
  return kKnownFields.size();
}

bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && text.size() <= 5;
}

bool is_ip6_address(std::string_view text) {
  in6_addr address{};
  return ::inet_pton(AF_INET6, std::string(text).c_str(), &address) == 1;
}

bool is_host_name(std::string_view text) {
  return !text.empty() && text.front() != '.' && text.front() != '-' && all_may_be(text, kHost) &&
         text.find("..") == std::string_view::npos;
}

// "host", "host:port"; the host may be "[IPv6]".
bool is_host_and_port(std::string_view text) {
  const bool is_ip6 = text.starts_with('[');
  const std::size_t host_end = is_ip6 ? text.find(']') : text.find(':');
  if (is_ip6 && host_end == std::string_view::npos) return false;
  const std::string_view host = is_ip6 ? text.substr(1, host_end - 1) : text.substr(0, host_end);
  const std::string_view rest = text.substr(std::min(host.size() + (is_ip6 ? 2 : 0), text.size()));
  if (!rest.empty() && !(rest.front() == ':' && is_port(rest.substr(1)))) return false;
  return is_ip6 ? is_ip6_address(host) : is_host_name(host);
}

// ---- the reader ------------------------------------------------------------------------------

constexpr std::array<std::string_view, 7> kMethods = {"GET",   "HEAD",   "POST",   "PUT",
                                                      "PATCH", "DELETE", "OPTIONS"};
constexpr std::size_t kLineEndBytes = 2;
constexpr std::size_t kLengthDigitsMax = 19;  // what 64 bits hold in any case

// How far a part of the head was read.
enum class Outcome {
  whole,
  cut_off,  // the text ends within it
  bad,      // see fault()
};

// Reads a head from its first byte on, and stops where the text ends or at the first fault.
class HeadReader {
 public:
  explicit HeadReader(std::string_view text) : all_(text) {}

  Outcome read();

  HeadRead take_head() { return {std::move(head_), at_}; }
  BadRequest take_fault() { return std::move(fault_); }
  // When cut off: up to here a header's name or value was right; 0 when it was elsewhere.
  [[nodiscard]] std::size_t right_up_to() const { return is_in_field_ ? at_ : 0; }

 private:
  Outcome skip_empty_line();
  Outcome read_method();
  Outcome read_target();
  Outcome read_triplet();
  Outcome read_version();
  Outcome read_fields();
  Outcome read_field();
  Outcome read_line_end();

  Outcome understand(std::string_view name, std::string_view value);
  Outcome understand_length(std::string_view value);
  Outcome understand_expectation(std::string_view value);
  Outcome understand_connection(std::string_view value);
  Outcome finish();

  void keep(std::string_view name, std::string_view value);
  std::string_view take_while(Use use);
  // From here on the head may go up to `end`; what is longer is answered by `status`.
  void limit_to(std::size_t end, int status);
  [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
  Outcome run_out();
  Outcome refuse(int status, std::string message);

  std::string_view all_;
  std::string_view text_ = {};  // as much of it as the limit allows
  std::size_t limit_ = 0;
  int limit_status_ = 0;
  std::size_t at_ = 0;
  bool is_in_field_ = false;

  RequestHead head_ = {};
  std::size_t fields_ = 0;
  std::uint32_t seen_ = 0;  // a bit for each of kKnownFields
  bool is_http_1_0_ = false;
  bool has_host_ = false;
  bool has_length_ = false;
  bool has_transfer_encoding_ = false;
  bool says_close_ = false;
  bool says_keep_alive_ = false;
  BadRequest fault_ = {};
};
static_assert(kKnownFields.size() <= 32);

Outcome HeadReader::read() {
  using Part = Outcome (HeadReader::*)();
  for (const Part part :
       {&HeadReader::skip_empty_line, &HeadReader::read_method, &HeadReader::read_target,
        &HeadReader::read_version, &HeadReader::read_fields, &HeadReader::finish}) {
    const Outcome outcome = (this->*part)();
    if (outcome != Outcome::whole) return outcome;
  }
  return Outcome::whole;
}

Outcome HeadReader::skip_empty_line() {
  limit_to(kHeadBytesMax, 431);
  if (at_end()) return run_out();
  if (text_[at_] == '\r') {
    const Outcome outcome = read_line_end();
    if (outcome != Outcome::whole) return outcome;
  }
  limit_to(at_ + kRequestLineBytesMax + kLineEndBytes, 414);
  return Outcome::whole;
}

Outcome HeadReader::read_method() {
  const std::string_view method = take_while(kToken);
  if (at_end()) return run_out();
  if (method.empty() || text_[at_] != ' ') {
    return refuse(400, "the request begins with " + quote(method) + " and " + shown(text_[at_]) +
                           "; expected a method and a blank");
  }
  // The first word of the preface of HTTP/2 (RFC 9113, section 3.4), and of nothing else.
  if (method == "PRI") return refuse(505, "HTTP/2 is not spoken here; expected HTTP/1.1");
  if (std::find(kMethods.begin(), kMethods.end(), method) == kMethods.end()) {
    return refuse(501, "method " + quote(method) + " is not known");
  }
  head_.method = method;
  ++at_;
  return Outcome::whole;
}

Outcome HeadReader::read_target() {
  if (at_end()) return run_out();
  if (text_[at_] != '/') {
    return refuse(400, "the target begins with " + shown(text_[at_]) + "; expected \"/\"");
  }
  const std::size_t start = at_;
  take_while(kTarget);
  while (!at_end() && text_[at_] == '%') {
    const Outcome outcome = read_triplet();
    if (outcome != Outcome::whole) return outcome;
    take_while(kTarget);
  }
  if (at_end()) return run_out();
  if (text_[at_] != ' ') {
    return refuse(400, "the target holds " + shown(text_[at_]) +
                           "; expected path and query, percent-encoded, then a blank and HTTP/1.1");
  }
  head_.target = text_.substr(start, at_ - start);
  ++at_;
  return Outcome::whole;
}

Outcome HeadReader::read_triplet() {
  for (std::size_t place = at_ + 1; place < at_ + 3; ++place) {
    if (place == text_.size()) return run_out();
    if (is_hex_digit(text_[place])) continue;
    return refuse(400, "in the target, two hexadecimal digits must follow \"%\"; found " +
                           shown(text_[place]));
  }
  if (text_.substr(at_, 3) == "%00") return refuse(400, "the target holds \"%00\"");
  at_ += 3;
  return Outcome::whole;
}

Outcome HeadReader::read_version() {
  const std::size_t start = at_;
  for (const char expected : std::string_view("HTTP/1.1")) {
    if (at_end()) return run_out();
    const bool fits = is_digit(expected) ? is_digit(text_[at_]) : text_[at_] == expected;
    if (!fits) {
      return refuse(400, "after the target comes " + quote(text_.substr(start, at_ - start)) +
                             " and " + shown(text_[at_]) + "; expected HTTP/1.1");
    }
    ++at_;
  }
  const std::string_view version = text_.substr(start, at_ - start);
  const Outcome outcome = read_line_end();
  if (outcome != Outcome::whole) return outcome;
  is_http_1_0_ = version == "HTTP/1.0";
  if (!is_http_1_0_ && version != "HTTP/1.1") {
    return refuse(505, std::string(version) + " is not spoken here; expected HTTP/1.1");
  }
  limit_to(kHeadBytesMax, 431);
  return Outcome::whole;
}

Outcome HeadReader::read_fields() {
  for (;;) {
    if (at_end()) return run_out();
    if (text_[at_] == '\r') return read_line_end();
    if (fields_ == kHeadersMax) {
      return refuse(431, "more than " + std::to_string(kHeadersMax) + " headers");
    }
    ++fields_;
    is_in_field_ = true;
    const Outcome outcome = read_field();
    if (outcome != Outcome::whole) return outcome;
    is_in_field_ = false;
  }
}

Outcome HeadReader::read_field() {
  const std::string_view name = take_while(kName);
  if (at_end()) return run_out();
  if (name.empty() || text_[at_] != ':') {
    return refuse(400, "a header's line begins with " + quote(name) + " and " + shown(text_[at_]) +
                           "; expected a name and a colon");
  }
  ++at_;
  const std::string_view value = take_while(kValue);
  if (at_end()) return run_out();
  if (text_[at_] != '\r') {
    return refuse(400, "header " + quote(name) + " holds " + shown(text_[at_]) +
                           "; expected visible ASCII and a line end of two bytes, CR and LF");
  }
  const Outcome outcome = read_line_end();
  return outcome == Outcome::whole ? understand(name, trim(value)) : outcome;
}

// A line ends by CR and LF: a reader that takes one of them alone sees other lines than one that
// does not.
Outcome HeadReader::read_line_end() {
  if (at_end()) return run_out();
  if (text_[at_] != '\r') {
    return refuse(400, "a line holds " + shown(text_[at_]) + " where it should end by CR and LF");
  }
  if (at_ + 1 == text_.size()) return run_out();
  if (text_[at_ + 1] != '\n') return refuse(400, "a carriage return without a line feed");
  at_ += kLineEndBytes;
  return Outcome::whole;
}

Outcome HeadReader::understand(std::string_view name, std::string_view value) {
  Meaning meaning = Meaning::other;
  if (const std::size_t place = known_field(name); place < kKnownFields.size()) {
    const KnownField& known = kKnownFields[place];
    const auto bit = std::uint32_t{1} << place;
    if (!known.is_list && (seen_ & bit) != 0) {
      return refuse(400, "header " + quote(known.name) + " is there twice; expected it once");
    }
    seen_ |= bit;
    meaning = known.meaning;
  }
  keep(name, value);
  switch (meaning) {
    case Meaning::other:
      return Outcome::whole;
    case Meaning::host:
      has_host_ = true;
      if (is_host_and_port(value)) return Outcome::whole;
      return refuse(400, "Host is " + quote(value) + "; expected a host, or host:port");
    case Meaning::content_length:
      return understand_length(value);
    case Meaning::transfer_encoding:
      has_transfer_encoding_ = true;
      if (!has_length_) return Outcome::whole;
      return refuse(400, "both Content-Length and Transfer-Encoding; expected one of them");
    case Meaning::content_encoding:
      if (is_word(value, "identity")) return Outcome::whole;
      return refuse(415, "Content-Encoding is " + quote(value) + "; expected a body as it is");
    case Meaning::expect:
      return understand_expectation(value);
    case Meaning::connection:
      return understand_connection(value);
  }
  return Outcome::whole;
}

Outcome HeadReader::understand_length(std::string_view value) {
  if (value.empty() || value.size() > kLengthDigitsMax ||
      !std::all_of(value.begin(), value.end(), is_digit)) {
    return refuse(400, "Content-Length is " + quote(value) + "; expected 1 to " +
                           std::to_string(kLengthDigitsMax) + " digits");
  }
  if (has_transfer_encoding_) {
    return refuse(400, "both Transfer-Encoding and Content-Length; expected one of them");
  }
  has_length_ = true;
  std::uint64_t bytes = 0;
  std::from_chars(value.data(), value.data() + value.size(), bytes);
  if (bytes > kBodyBytesMax) {
    return refuse(413, "the body has " + std::string(value) + " bytes; expected at most " +
                           std::to_string(kBodyBytesMax));
  }
  head_.body_bytes = bytes;
  return Outcome::whole;
}

Outcome HeadReader::understand_expectation(std::string_view value) {
  if (is_http_1_0_) return Outcome::whole;  // RFC 9110, section 10.1.1
  if (!is_word(value, "100-continue")) {
    return refuse(417, "Expect is " + quote(value) + "; expected \"100-continue\"");
  }
  head_.expects_continue = true;
  return Outcome::whole;
}

Outcome HeadReader::understand_connection(std::string_view value) {
  for (std::string_view rest = value; !rest.empty();) {
    const std::size_t comma = rest.find(',');
    const std::string_view option = trim(rest.substr(0, comma));
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    if (!all_may_be(option, kToken)) {
      return refuse(400, "Connection holds " + quote(option) + "; expected a list of words");
    }
    says_close_ = says_close_ || is_word(option, "close");
    says_keep_alive_ = says_keep_alive_ || is_word(option, "keep-alive");
  }
  return Outcome::whole;
}

Outcome HeadReader::finish() {
  if (!has_host_ && !is_http_1_0_) return refuse(400, "header \"Host\" is missing");
  if (has_transfer_encoding_) {
    return refuse(411, "Transfer-Encoding is not taken; expected Content-Length");
  }
  head_.keeps_alive = !says_close_ && (!is_http_1_0_ || says_keep_alive_);
  head_.expects_continue = head_.expects_continue && head_.body_bytes > 0;
  return Outcome::whole;
}

void HeadReader::keep(std::string_view name, std::string_view value) {
  const auto place = head_.headers.lower_bound(name);
  if (place != head_.headers.end() && is_word(place->first, name)) {
    place->second.append(", ").append(value);
  } else {
    head_.headers.emplace_at(place, name, value);
  }
}

std::string_view HeadReader::take_while(Use use) {
  const std::size_t start = at_;
  while (!at_end() && may_be(text_[at_], use)) ++at_;
  return text_.substr(start, at_ - start);
}

void HeadReader::limit_to(std::size_t end, int status) {
  text_ = all_.substr(0, end);
  limit_ = end;
  limit_status_ = status;
}

Outcome HeadReader::run_out() {
  if (text_.size() < limit_) return Outcome::cut_off;
  return limit_status_ == 414 ? refuse(414, "the request line is longer than " +
                                                std::to_string(kRequestLineBytesMax) + " bytes")
                              : refuse(431, "request line and headers are longer than " +
                                                std::to_string(kHeadBytesMax) + " bytes");
}

Outcome HeadReader::refuse(int status, std::string message) {
  fault_ = {status, std::move(message)};
  return Outcome::bad;
}

// Whether what came after `searched` only lengthens the name or the value that was right up to
// there. Without this, a client that sends a long header byte by byte would have all of it read
// again for each. (The request line is read again; it is shorter.)
bool only_lengthens_field(std::string_view text, std::size_t searched) {
  if (text.size() >= kHeadBytesMax) return false;
  const void* line_end = ::memrchr(text.data(), '\n', searched);
  const std::size_t line = static_cast<const char*>(line_end) - text.data() + 1;
  const std::string_view known = text.substr(line, searched - line);
  return all_may_be(text.substr(searched),
                    known.find(':') == std::string_view::npos ? kName : kValue);
}

}  // namespace

tl::expected<std::optional<HeadRead>, BadRequest> read_head(std::string_view text,
                                                            std::size_t& searched) {
  if (searched > 0 && only_lengthens_field(text, searched)) {
    searched = text.size();
    return std::nullopt;
  }
  HeadReader reader(text);
  switch (reader.read()) {
    case Outcome::whole:
      return reader.take_head();
    case Outcome::cut_off:
      searched = reader.right_up_to();
      return std::nullopt;
    case Outcome::bad:
      break;
  }
  return tl::unexpected(reader.take_fault());
}

}  // namespace titan::front_door
