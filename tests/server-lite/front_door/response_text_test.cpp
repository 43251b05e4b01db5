#include "server-lite/front_door/response_text.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

namespace titan::front_door {
namespace {

std::string text_of(const HttpResponse& response, const ResponseForm& form = {}) {
  std::string text;
  append_response(text, response, form);
  return text;
}

TEST(ResponseText, SaysStatusHeadersAndLength) {
  EXPECT_EQ(text_of({.status = 404, .headers = {{"A", "b"}}, .body = "xyz"}, {.date = "now"}),
            "HTTP/1.1 404 Not Found\r\nDate: now\r\nA: b\r\nContent-Length: 3\r\n\r\nxyz");
  EXPECT_EQ(text_of({.status = 204, .body = "none of it"}, {.keeps_alive = false}),
            "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(text_of({.status = 304}), "HTTP/1.1 304 Not Modified\r\n\r\n");
  EXPECT_EQ(text_of({.body = "xyz"}, {.to_head = true}),
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n");
}

TEST(ResponseText, LetsNoHeaderBreakItsLine) {
  EXPECT_EQ(text_of({.headers = {{"A", std::string("b\r\nC: d\0e\x7f", 10)}}}),
            "HTTP/1.1 200 OK\r\nA: bC: de\r\nContent-Length: 0\r\n\r\n");
}

TEST(ResponseText, WritesTheDateAsTheStandardDoes) {
  EXPECT_EQ(http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(http_date(951827696), "Tue, 29 Feb 2000 12:34:56 GMT");
}

std::string unpacked(const std::string& packed) {
  std::string plain(1 << 20, '\0');
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  std::string input = packed;
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(plain.data());
  stream.avail_out = static_cast<uInt>(plain.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  plain.resize(stream.total_out);
  inflateEnd(&stream);
  return plain;
}

TEST(ResponseText, CompressesWhatIsWorthItForWhoTakesIt) {
  struct Row {
    const char* accepts;
    const char* type;
    std::size_t size;
    bool packed;
  };
  const std::vector<Row> rows = {
      {"gzip", "application/json", 10'000, true},
      {"deflate, gzip;q=0.1", "application/json", 10'000, true},
      {" * ", "text/html; charset=utf-8", 10'000, true},
      {"gzip;q=0", "application/json", 10'000, false},
      {"gzip;q=0.000", "application/json", 10'000, false},
      {"br", "application/json", 10'000, false},
      {"", "application/json", 10'000, false},
      {"xgzip", "application/json", 10'000, false},
      {"gzip", "application/octet-stream", 10'000, false},
      {"gzip", "application/json", 100, false},
  };
  for (const Row& row : rows) {
    const std::string body(row.size, 'x');
    HttpResponse response{.headers = {{"Content-Type", row.type}}, .body = body};
    compress({.headers = {{"Accept-Encoding", row.accepts}}}, response);
    EXPECT_EQ(response.header("Content-Encoding") == "gzip", row.packed) << row.accepts;
    EXPECT_EQ(row.packed ? unpacked(response.body) : response.body, body) << row.accepts;
  }
}

}  // namespace
}  // namespace titan::front_door
