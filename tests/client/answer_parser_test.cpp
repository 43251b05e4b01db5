#include "client/answer_parser.hpp"

#include <gtest/gtest.h>

namespace titan::client {
namespace {

using State = AnswerParser::State;

constexpr AnswerParser::Options kOptions{.head_bytes_max = 200, .body_bytes_max = 20};

struct ParserRow {
  const char* bytes;
  State state;  // after all of them
  int status = 0;
  const char* body = "";
  bool keeps_alive = false;
  bool has_no_body = false;
};

const ParserRow kRows[] = {
    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", State::done, 200, "ab", true},
    {"HTTP/1.1 200 OK\r\ncontent-length:2\r\n\r\nab", State::done, 200, "ab", true},
    {"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", State::done, 200, "", true},
    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: Keep-Alive, Close\r\n\r\nab", State::done,
     200, "ab", false},
    {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nab", State::done, 200, "ab", false},
    {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nab", State::done, 200,
     "ab", true},
    {"HTTP/1.1 204 No Content\r\n\r\n", State::done, 204, "", true},
    {"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", State::done, 304, "", true},
    {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", State::done, 200, "", true, true},
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 No\r\nContent-Length: 1\r\n\r\nx", State::done, 404,
     "x", true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\na;x=y\r\n0123456789\r\n0\r\n"
     "Trailer: t\r\n\r\n",
     State::done, 200, "abc0123456789", true},
    {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab", State::done, 200, "a", false},
    {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", State::more},
    {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n", State::more},
    {"HTTP/1.1 200 OK\r\n\r\nas long as it comes", State::more},
    {"HTTP/1.1 200 OK\r\n\r\nlonger than all of twenty", State::too_long},
    {"HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n", State::too_long},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n15\r\n", State::too_long},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\nb\r\n",
     State::too_long},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", State::too_long},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", State::broken},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", State::broken},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc", State::broken},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", State::broken},
    {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", State::broken},
    {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", State::broken},
    {"HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n", State::broken},
    {"HTTP/1.1 200 OK\r\nNo colon\r\n\r\n", State::broken},
    {"HTTP/1.1 200 OK\r\nSpace : x\r\n\r\n", State::broken},
    {"HTTP/1.1 200 OK\r\n: x\r\n\r\n", State::broken},
    {"HTTP/1.1 200 OK\r\nA: \x01\r\n\r\n", State::broken},
    {"HTTP/1.1 2000 OK\r\n\r\n", State::broken},
    {"HTTP/1.1 099 OK\r\n\r\n", State::broken},
    {"HTTP/2 200 OK\r\n\r\n", State::broken},
    {"garbage\r\n\r\n", State::broken},
    {"\r\n\r\n", State::broken},
};

State feed_all(AnswerParser& parser, std::string_view bytes, std::size_t piece) {
  State state = State::more;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    state = parser.feed(bytes.substr(0, piece));
  }
  return state;
}

TEST(AnswerParser, ReadsWhatComesInPiecesOfAnySize) {
  for (const ParserRow& row : kRows) {
    for (const std::size_t piece : {1UL, 2UL, 7UL, 1000UL}) {
      SCOPED_TRACE(std::string(row.bytes) + " in pieces of " + std::to_string(piece));
      AnswerParser::Options options = kOptions;
      options.has_no_body = row.has_no_body;
      AnswerParser parser(options);
      ASSERT_EQ(feed_all(parser, row.bytes, piece), row.state);
      if (row.state != State::done) continue;
      EXPECT_EQ(parser.keeps_alive(), row.keeps_alive);
      const HttpResponse response = parser.take();
      EXPECT_EQ(response.status, row.status);
      EXPECT_EQ(response.body, row.body);
    }
  }
}

TEST(AnswerParser, TakesTheEndOfTheConnectionForTheEndOfAnAnswerOnlyWithoutALength) {
  const std::pair<const char*, State> rows[] = {
      {"HTTP/1.1 200 OK\r\n\r\nab", State::done},
      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", State::broken},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", State::broken},
      {"HTTP/1.1 200 OK\r\n", State::broken},
      {"", State::broken},
  };
  for (const auto& [bytes, state] : rows) {
    AnswerParser parser(kOptions);
    parser.feed(bytes);
    EXPECT_EQ(parser.end(), state) << bytes;
    if (state != State::done) continue;
    EXPECT_FALSE(parser.keeps_alive());
  }
}

TEST(AnswerParser, BoundsWhatItPassesOver) {
  AnswerParser continues(kOptions);
  State state = State::more;
  for (int i = 0; i < 100 && state == State::more; ++i) {
    state = continues.feed("HTTP/1.1 100 Continue\r\n\r\n");
  }
  EXPECT_EQ(state, State::too_long);
  AnswerParser chunks(kOptions);
  state = chunks.feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 15 && state == State::more; ++i) {
    state = chunks.feed("1;extension=of-some-length\r\nx\r\n");
  }
  EXPECT_EQ(state, State::too_long);
}

TEST(AnswerParser, ReadsALongHeadByteByByteInNoTimeAtAll) {
  AnswerParser parser({.head_bytes_max = 1U << 20U, .body_bytes_max = 1});
  State state = parser.feed("HTTP/1.1 204 No\r\nA: ");
  for (int i = 0; i < 1'000'000 && state == State::more; ++i) state = parser.feed("b");
  EXPECT_EQ(state, State::more);
  EXPECT_EQ(parser.feed("\r\n\r\n"), State::done);
}

TEST(AnswerParser, BoundsHeadsAndJoinsHeadersThatComeTwice) {
  AnswerParser endless(kOptions);
  State state = endless.feed("HTTP/1.1 200 OK\r\n");
  for (int i = 0; i < 100 && state == State::more; ++i) state = endless.feed("A: b\r\n");
  EXPECT_EQ(state, State::too_long);
  AnswerParser parser(kOptions);
  EXPECT_EQ(parser.feed("HTTP/1.1 204 No\r\nA: b\r\nB:  c%20\t\r\na: d\r\n\r\n"), State::done);
  const HttpResponse response = parser.take();
  EXPECT_EQ(response.header("a"), "b, d");
  EXPECT_EQ(response.header("b"), "c%20") << "values are as they came";
}

}  // namespace
}  // namespace titan::client
