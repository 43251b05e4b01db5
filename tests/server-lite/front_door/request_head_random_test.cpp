// Random requests, good ones and ones that were damaged, against a second reader of the same rules.

#include <gtest/gtest.h>

#include <array>

#include "server-lite/front_door/request_head.hpp"
#include "tests/server-lite/front_door/naive_head.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan::front_door {
namespace {

using titan::testing::SeededRandom;

constexpr std::uint64_t kSeed = 20'240'501;
constexpr int kGoodRequests = 1'500;
constexpr int kDamagedRequests = 6'000;

template <std::size_t kSize>
std::string one_of(SeededRandom& random, const std::array<const char*, kSize>& texts) {
  return texts[random.below(kSize)];
}

std::string some_of(SeededRandom& random, std::string_view letters, std::size_t length_max) {
  std::string text;
  for (std::size_t left = random.below(length_max + 1); left > 0; --left) {
    text += letters[random.below(letters.size())];
  }
  return text;
}

std::string random_target(SeededRandom& random) {
  constexpr std::string_view kLetters = "abcXYZ019-._~!$&'()*+,;=:@/";
  std::string target = "/";
  for (std::uint64_t parts = random.below(4); parts > 0; --parts) {
    target += some_of(random, kLetters, 8);
    target += one_of<5>(random, {"/", "%20", "%2F", "%0a", "?"});
  }
  return target;
}

// Of a header that may be there, and does not end the connection or make the request a bad one.
std::string random_field(SeededRandom& random) {
  return one_of<16>(random,
                    {"Accept: */*", "Accept-Encoding: gzip, br", "accept: text/plain",
                     "Connection: close", "connection:Keep-Alive , upgrade", "Upgrade: h2c",
                     "If-None-Match: \"a\"", "If-None-Match: \"b\"", "X-Note: \t odd but good \t",
                     "X-Note:", "X-note: %0d%0aHost: x", "Content_Length: 5", "TE: trailers",
                     "Trailer: X-Sum", "Via: 1.1 a, 1.1 b", "X-Forwarded-For: 192.0.2.1"});
}

// Of headers that may be there once; each with what comes before it, so that it is there once.
std::vector<std::string> random_single_fields(SeededRandom& random) {
  std::vector<std::string> fields;
  const auto maybe = [&](std::string field) {
    if (random.below(3) == 0) fields.push_back(std::move(field));
  };
  maybe("Content-Length: " + std::to_string(random.below(9'000'000) % 8'388'609));
  maybe(one_of<2>(random, {"Expect: 100-continue", "expect: 100-CONTINUE"}));
  maybe("Content-Type: application/json");
  maybe("Content-Encoding: identity");
  maybe("User-Agent: titan-agent/0.1.0");
  maybe("Authorization: Bearer abc.def");
  return fields;
}

std::string random_request(SeededRandom& random) {
  std::string text = random.below(8) == 0 ? "\r\n" : "";
  text += one_of<7>(random, {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"});
  text += " " + random_target(random);
  const bool is_old = random.below(5) == 0;
  text += is_old ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n";
  std::vector<std::string> fields = random_single_fields(random);
  if (!is_old || random.below(2) == 0) {
    fields.push_back(one_of<5>(random, {"Host: titan", "host:titan.example:7480", "Host: [::1]",
                                        "HOST: [2001:db8::7]:80", "Host:\t192.0.2.7 "}));
  }
  for (std::uint64_t left = random.below(6); left > 0; --left) {
    fields.push_back(random_field(random));
  }
  while (!fields.empty()) {
    const auto next = fields.begin() + static_cast<std::ptrdiff_t>(random.below(fields.size()));
    text += *next + "\r\n";
    fields.erase(next);
  }
  return text + "\r\n";
}

void damage(std::string& text, SeededRandom& random) {
  const std::size_t place = random.below(text.size() + 1);
  const std::size_t length = std::min<std::size_t>(random.below(4) + 1, text.size() - place);
  switch (random.below(6)) {
    case 0:
      text.erase(place, length);
      break;
    case 1:
      text.insert(place, 1, static_cast<char>(random.below(256)));
      break;
    case 2:
      if (place < text.size()) text[place] = static_cast<char>(random.below(256));
      break;
    case 3:
      text.insert(place, text.substr(place, random.below(40)));
      break;
    case 4:
      text.insert(place,
                  one_of<16>(random, {"\r", "\n", "\r\n", " ", "\t", ":", ",", "%", "%00", "\r\n ",
                                      "\r\n\r\n", "HTTP/1.0", "/", "?", "[", "\""}));
      break;
    default: {
      const std::size_t line = text.find("\r\n", place);
      if (line == std::string::npos) break;
      text.insert(
          line + 2,
          one_of<12>(random, {"Content-Length: 5\r\n", "content-length: +5\r\n",
                              "Content-Length: 5, 5\r\n", "Transfer-Encoding: chunked\r\n",
                              "transfer-encoding : chunked\r\n", "Host: other\r\n", "Host: a@b\r\n",
                              "Expect: more\r\n", "Content-Encoding: gzip\r\n",
                              "Connection: a b\r\n", "Connection: close\r\n", " folded\r\n"}));
    }
  }
}

// What the reader makes of it when it comes in random pieces; 0 when more has to come.
int status_in_random_pieces(std::string_view text, SeededRandom& random) {
  std::size_t searched = 0;
  for (std::size_t size = 0; size < text.size();) {
    size = std::min<std::size_t>(text.size(), size + 1 + random.below(20));
    const auto read = read_head(text.substr(0, size), searched);
    if (!read) return read.error().status;
    if (*read) return 200;
  }
  return 0;
}

void expect_same_as_naive(const std::string& text, const std::optional<HeadRead>& read) {
  const auto naive = naive_head(text);
  ASSERT_EQ(read.has_value(), naive.has_value());
  if (!read) return;
  EXPECT_EQ(read->bytes, naive->bytes);
  EXPECT_EQ(read->head.method, naive->head.method);
  EXPECT_EQ(read->head.target, naive->head.target);
  EXPECT_EQ(read->head.headers, naive->head.headers);
  EXPECT_EQ(read->head.body_bytes, naive->head.body_bytes);
  EXPECT_EQ(read->head.keeps_alive, naive->head.keeps_alive);
  EXPECT_EQ(read->head.expects_continue, naive->head.expects_continue);
}

// Both readers, and the one that is tested also in pieces. Whether the request was taken.
bool read_by_both(const std::string& text, SeededRandom& random) {
  SCOPED_TRACE(::testing::PrintToString(text));
  std::size_t searched = 0;
  const auto read = read_head(text, searched);
  expect_same_as_naive(text, read ? *read : std::nullopt);
  const bool is_taken = read && *read;
  const int status = !read ? read.error().status : is_taken ? 200 : 0;
  EXPECT_EQ(status_in_random_pieces(text, random), status);
  return is_taken;
}

TEST(RequestHead, TakesEveryGoodRequestAsASecondReaderDoes) {
  SeededRandom random(kSeed);
  for (int i = 0; i < kGoodRequests; ++i) {
    ASSERT_TRUE(read_by_both(random_request(random), random)) << "seed " << kSeed << ", " << i;
    if (HasFailure()) return;
  }
}

TEST(RequestHead, TakesOfDamagedRequestsWhatASecondReaderTakes) {
  SeededRandom random(kSeed);
  int taken = 0;
  for (int i = 0; i < kDamagedRequests; ++i) {
    std::string text = random_request(random);
    for (std::uint64_t left = random.below(3) + 1; left > 0; --left) damage(text, random);
    taken += read_by_both(text, random) ? 1 : 0;
    if (HasFailure()) FAIL() << "seed " << kSeed << ", " << i;
  }
  // Neither nearly all nor nearly none: otherwise the damage shows little.
  EXPECT_GT(taken, kDamagedRequests / 10);
  EXPECT_LT(taken, kDamagedRequests * 9 / 10);
}

}  // namespace
}  // namespace titan::front_door
