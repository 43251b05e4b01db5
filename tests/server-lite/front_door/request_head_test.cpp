#include "server-lite/front_door/request_head.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "server-lite/front_door/limits.hpp"
#include "tests/support/bad_requests.hpp"

namespace titan::front_door {
namespace {

using titan::testing::bad_requests;
using titan::testing::unescaped;

// 0: more has to come; 200: the head is whole.
int status_of(const tl::expected<std::optional<HeadRead>, BadRequest>& read) {
  if (!read) return read.error().status;
  return *read ? 200 : 0;
}

int status_of(std::string_view text) {
  std::size_t searched = 0;
  return status_of(read_head(text, searched));
}

// What the reader says in the end when the text grows to each of `sizes`.
int status_in_pieces(std::string_view text, const std::vector<std::size_t>& sizes) {
  std::size_t searched = 0;
  int status = 0;
  for (const std::size_t size : sizes) {
    status = status_of(read_head(text.substr(0, size), searched));
    if (status != 0) break;
  }
  return status;
}

// Every place where a text can be cut; of a long one those at its ends and at the limits, and some
// between.
std::vector<std::size_t> cuts_of(std::size_t size) {
  constexpr std::size_t kNear = 100;
  std::vector<std::size_t> cuts;
  for (std::size_t cut = 1; cut < size; ++cut) {
    const auto is_near = [cut](std::size_t place) {
      return cut < place + kNear && place < cut + kNear;
    };
    if (is_near(0) || is_near(kRequestLineBytesMax) || is_near(kHeadBytesMax) || is_near(size) ||
        cut % (1 + size / 64) == 0) {
      cuts.push_back(cut);
    }
  }
  return cuts;
}

TEST(RequestHead, RefusesEveryBadRequestInTheSameWayInWhateverPiecesItComes) {
  for (const auto& sample : bad_requests()) {
    SCOPED_TRACE(sample.name);
    const std::string_view text = sample.bytes;
    EXPECT_EQ(status_of(text), sample.status);
    auto cuts = cuts_of(text.size());
    for (const std::size_t cut : cuts) {
      ASSERT_EQ(status_in_pieces(text, {cut, text.size()}), sample.status) << "cut at " << cut;
    }
    cuts.push_back(text.size());
    EXPECT_EQ(status_in_pieces(text, cuts), sample.status) << "in small pieces";
  }
}

TEST(RequestHead, SaysWhatIsWrongWithEveryBadRequest) {
  std::set<std::string> names;
  for (const auto& sample : bad_requests()) {
    EXPECT_TRUE(names.insert(sample.name).second) << "twice: " << sample.name;
    std::size_t searched = 0;
    const auto read = read_head(sample.bytes, searched);
    ASSERT_FALSE(read) << sample.name;
    const auto& message = read.error().message;
    EXPECT_GE(message.size(), 15U) << sample.name << ": " << message;
    EXPECT_LE(message.size(), 300U) << sample.name << ": " << message;
    EXPECT_TRUE(std::all_of(message.begin(), message.end(), [](char letter) {
      return letter == '\t' || static_cast<unsigned char>(letter) >= ' ';
    })) << sample.name;
  }
  EXPECT_GE(names.size(), 300U);
}

TEST(RequestHead, TellsAFaultAtTheByteThatMakesItOne) {
  const struct {
    const char* name;
    const char* before;  // nothing is wrong so far
    const char* fault;
    int status;
  } kSamples[] = {
      {"a byte that no method holds", "GE", "(", 400},
      {"an unknown method", "BREW", " ", 501},
      {"an absolute target", "GET ", "h", 400},
      {"a byte that no target holds", "GET /a", "\\\\", 400},
      {"a bad first digit", "GET /%", "g", 400},
      {"a bad second digit", "GET /%0", "g", 400},
      {"an encoded NUL", "GET /%0", "0", 400},
      {"another protocol", "GET / ", "F", 400},
      {"another version", "GET / HTTP/1.2\\r", "\\n", 505},
      {"a carriage return alone", "GET / HTTP/1.1\\r", "a", 400},
      {"a line feed alone", "GET / HTTP/1.1", "\\n", 400},
      {"a request line that is too long", "{A*8193}", "A", 414},
      {"a folded header", "{get}X: y\\r\\n", "\\x20", 400},
      {"a blank before the colon", "{get}X", "\\x20", 400},
      {"a control in a value", "{get}X: y", "\\x01", 400},
      {"a bad length", "{post}Content-Length: x\\r", "\\n", 400},
      {"a second Host", "{get}Host: titan\\r", "\\n", 400},
      {"a header too many", "{get}{a:\\r\\n*99}", "b", 431},
      {"a head that is too long", "{get}X: {a*16351}", "a", 431},
      {"a missing Host", "GET / HTTP/1.1\\r\\nA: b\\r\\n\\r", "\\n", 400},
  };
  for (const auto& sample : kSamples) {
    SCOPED_TRACE(sample.name);
    const std::string before = unescaped(sample.before);
    const std::string text = before + unescaped(sample.fault);
    std::size_t searched = 0;
    EXPECT_EQ(status_of(read_head(before, searched)), 0);
    EXPECT_EQ(status_of(read_head(text, searched)), sample.status);
    EXPECT_EQ(status_of(text), sample.status);
  }
}

struct GoodSample {
  const char* name;
  const char* text;
  RequestHead head;
};

std::vector<GoodSample> good_requests() {
  const HttpHeaders host = {{"Host", "titan"}};
  const auto with = [](std::string name, std::string value) {
    return HttpHeaders{{"Host", "titan"}, {std::move(name), std::move(value)}};
  };
  return {
      {"the least", "GET / HTTP/1.1\\r\\nHost: titan{end}", {"GET", "/", host}},
      {"an empty line first", "\\r\\n{get}\\r\\n", {"GET", "/", host}},
      {"HEAD", "HEAD / HTTP/1.1\\r\\nHost: titan{end}", {"HEAD", "/", host}},
      {"PUT", "PUT / HTTP/1.1\\r\\nHost: titan{end}", {"PUT", "/", host}},
      {"PATCH", "PATCH / HTTP/1.1\\r\\nHost: titan{end}", {"PATCH", "/", host}},
      {"DELETE", "DELETE / HTTP/1.1\\r\\nHost: titan{end}", {"DELETE", "/", host}},
      {"OPTIONS", "OPTIONS / HTTP/1.1\\r\\nHost: titan{end}", {"OPTIONS", "/", host}},
      {"every byte of a target",
       "GET /aZ09-._~!$&'()*+,;=:@//?/?a=%20%aF%Fa HTTP/1.1\\r\\nHost: titan{end}",
       {"GET", "/aZ09-._~!$&'()*+,;=:@//?/?a=%20%aF%Fa", host}},
      {"blanks around a value", "{get}X: \\t a b\\tc \\t{end}", {"GET", "/", with("X", "a b\tc")}},
      {"no blank before a value", "{get}X:a{end}", {"GET", "/", with("X", "a")}},
      {"an empty value", "{get}X:{end}", {"GET", "/", with("X", "")}},
      {"a blank value", "{get}X: \\t{end}", {"GET", "/", with("X", "")}},
      {"colons in a value", "{get}X: a: b:{end}", {"GET", "/", with("X", "a: b:")}},
      {"an encoded line end stays as it is",
       "{get}X: a%0d%0aContent-Length: 5{end}",
       {"GET", "/", with("X", "a%0d%0aContent-Length: 5")}},
      {"every byte of a name",
       "{get}aZ09!#$&'*+-.^_`|~: a{end}",
       {"GET", "/", with("aZ09!#$&'*+-.^_`|~", "a")}},
      {"an underscore is no hyphen",
       "{get}Content_Length: a{end}",
       {"GET", "/", with("Content_Length", "a")}},
      {"a list in two headers", "{get}A: x\\r\\na: y{end}", {"GET", "/", with("A", "x, y")}},
      {"a list with an empty header", "{get}A:\\r\\nA: y{end}", {"GET", "/", with("A", ", y")}},
      {"entity tags in two headers",
       "{get}If-None-Match: \"a\"\\r\\nIf-None-Match: \"b\"{end}",
       {"GET", "/", with("If-None-Match", "\"a\", \"b\"")}},
      {"a body", "{post}Content-Length: 5{end}", {"POST", "/", with("Content-Length", "5"), 5}},
      {"a body of nothing",
       "{post}Content-Length: 0{end}",
       {"POST", "/", with("Content-Length", "0"), 0}},
      {"zeros before a length",
       "{post}Content-Length: 0000000000000000005{end}",
       {"POST", "/", with("Content-Length", "0000000000000000005"), 5}},
      {"the longest body",
       "{post}Content-Length: 8388608{end}",
       {"POST", "/", with("Content-Length", "8388608"), kBodyBytesMax}},
      {"a GET with a body",
       "{get}Content-Length: 7{end}",
       {"GET", "/", with("Content-Length", "7"), 7}},
      {"a body as it is",
       "{post}Content-Encoding: Identity{end}",
       {"POST", "/", with("Content-Encoding", "Identity")}},
      {"an expectation",
       "{post}Content-Length: 5\\r\\nExpect: 100-Continue{end}",
       {"POST",
        "/",
        {{"Content-Length", "5"}, {"Expect", "100-Continue"}, {"Host", "titan"}},
        5,
        true,
        true}},
      {"an expectation without a body",
       "{get}Expect: 100-continue{end}",
       {"GET", "/", with("Expect", "100-continue"), 0, true, false}},
      {"close", "{get}Connection: Close{end}", {"GET", "/", with("Connection", "Close"), 0, false}},
      {"close in a list",
       "{get}Connection: upgrade,, close ,{end}",
       {"GET", "/", with("Connection", "upgrade,, close ,"), 0, false}},
      {"close in a second header",
       "{get}Connection: keep-alive\\r\\nConnection: close{end}",
       {"GET", "/", with("Connection", "keep-alive, close"), 0, false}},
      {"a word that holds close",
       "{get}Connection: closed{end}",
       {"GET", "/", with("Connection", "closed")}},
      {"an upgrade is not asked for",
       "{get}Upgrade: h2c{end}",
       {"GET", "/", with("Upgrade", "h2c")}},
      {"an old request", "GET / HTTP/1.0{end}", {"GET", "/", {}, 0, false}},
      {"an old request that goes on",
       "GET / HTTP/1.0\\r\\nConnection: Keep-Alive{end}",
       {"GET", "/", {{"Connection", "Keep-Alive"}}, 0, true}},
      {"an old request that says both",
       "GET / HTTP/1.0\\r\\nConnection: keep-alive, close{end}",
       {"GET", "/", {{"Connection", "keep-alive, close"}}, 0, false}},
      {"an old request cannot expect",
       "POST / HTTP/1.0\\r\\nContent-Length: 5\\r\\nExpect: anything{end}",
       {"POST", "/", {{"Content-Length", "5"}, {"Expect", "anything"}}, 5, false, false}},
  };
}

void expect_same(const RequestHead& found, const RequestHead& expected) {
  EXPECT_EQ(found.method, expected.method);
  EXPECT_EQ(found.target, expected.target);
  EXPECT_EQ(found.headers, expected.headers);
  EXPECT_EQ(found.body_bytes, expected.body_bytes);
  EXPECT_EQ(found.keeps_alive, expected.keeps_alive);
  EXPECT_EQ(found.expects_continue, expected.expects_continue);
}

TEST(RequestHead, ReadsGoodRequestsInWhateverPiecesTheyCome) {
  for (const auto& sample : good_requests()) {
    SCOPED_TRACE(sample.name);
    const std::string text = unescaped(sample.text);
    const std::string more = text + "GET /next HTTP/1.1\n\n";
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      std::size_t searched = 0;
      if (cut < text.size()) {
        ASSERT_EQ(status_of(read_head(text.substr(0, cut), searched)), 0) << "cut at " << cut;
      }
      const auto read = read_head(more, searched);
      ASSERT_TRUE(read) << "cut at " << cut << ": " << read.error().message;
      ASSERT_TRUE(*read) << "cut at " << cut;
      EXPECT_EQ((*read)->bytes, text.size());
      expect_same((*read)->head, sample.head);
    }
  }
}

TEST(RequestHead, TakesHostsOfEveryKind) {
  for (const char* host :
       {"titan", "TITAN", "titan.example", "titan.example.", "a-b_c.d", "1a", "192.0.2.7",
        "titan:0", "titan:80", "titan:65535", "192.0.2.7:7480", "[::1]", "[::1]:7480",
        "[2001:db8::7]", "[2001:DB8:0:0:0:0:0:7]:80", "[::ffff:192.0.2.7]"}) {
    EXPECT_EQ(status_of(std::string("GET / HTTP/1.1\r\nHost: ") + host + "\r\n\r\n"), 200) << host;
  }
}

TEST(RequestHead, GoesUpToEachLimit) {
  for (const char* text :
       {"GET /{a*8178} HTTP/1.1\\r\\nHost: titan{end}", "\\r\\nGET /{a*8178} HTTP/1.0{end}",
        "{get}X-Note: {a*16343}{end}", "{get}{a*16350}:{end}", "{get}{a:b\\r\\n*99}\\r\\n"}) {
    EXPECT_EQ(status_of(unescaped(text)), 200) << text;
  }
}

TEST(RequestHead, LooksOnlyOnceAtALongHeaderThatComesByteByByte) {
  const std::string text = unescaped("{get}X-Note: {a*9000}");
  const std::string name = unescaped("{get}{a*9000}");
  for (const std::string& whole : {text, name}) {
    std::size_t searched = 0;
    for (std::size_t size = whole.size() - 8000; size <= whole.size(); ++size) {
      ASSERT_EQ(status_of(read_head(std::string_view(whole).substr(0, size), searched)), 0);
      ASSERT_EQ(searched, size);
    }
  }
}

}  // namespace
}  // namespace titan::front_door
