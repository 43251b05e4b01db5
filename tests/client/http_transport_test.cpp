#include "client/http_transport.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/client/loopback_server.hpp"

namespace titan::client {
namespace {

using std::chrono::milliseconds;

// Answers `count` requests of a connection with `bytes`.
LoopbackServer::Script answering(const std::string& bytes, int count = 1) {
  return [bytes, count](LoopbackServer::Peer& peer, std::vector<std::string>& requests) {
    for (int i = 0; i < count; ++i) {
      requests.push_back(peer.read_request());
      peer.write(bytes);
    }
  };
}

std::unique_ptr<HttpTransport> open(const LoopbackServer& server,
                                    const HttpTransport::Options& options = {}) {
  return HttpTransport::open(server.url(), options).value();
}

TEST(HttpTransport, SendsTheRequestAsItIsAndGivesTheAnswerWhole) {
  LoopbackServer server({answering(answer_text(R"({"a": 1})"))});
  const auto transport = open(server);
  const auto response = transport
                            ->send({.method = "POST",
                                    .target = "/v1/x%2Fy?a=%20b",
                                    .headers = {{"Content-Type", "application/json"}},
                                    .body = "{\"b\": 2}"})
                            .value();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"a": 1})");
  EXPECT_EQ(response.header("titan-bookmark"), "b");
  const std::string request = server.finish().at(0);
  EXPECT_TRUE(request.starts_with("POST /v1/x%2Fy?a=%20b HTTP/1.1\r\n")) << request;
  EXPECT_TRUE(request.ends_with("\r\n\r\n{\"b\": 2}")) << request;
  EXPECT_NE(request.find("\r\nHost: " + server.url().substr(7) + "\r\n"), std::string::npos);
  EXPECT_NE(request.find("\r\nContent-Type: application/json\r\n"), std::string::npos);
}

TEST(HttpTransport, KeepsItsConnection) {
  LoopbackServer server({answering(answer_text("x"), 3)});
  const auto transport = open(server);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(transport->send({}).value().body, "x");
  EXPECT_EQ(server.finish().size(), 3U);
}

TEST(HttpTransport, OpensAConnectionAnewThatTheServerHasClosed) {
  LoopbackServer server(
      {answering("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\na"),
       answering(answer_text("b"))});
  const auto transport = open(server);
  EXPECT_EQ(transport->send({}).value().body, "a");
  EXPECT_EQ(transport->send({}).value().body, "b");
}

TEST(HttpTransport, GivesEveryStatusAsAValue) {
  const char* const answers[] = {
      "HTTP/1.1 204 No Content\r\nTitan-Poll-After: 5\r\n\r\n",
      "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n",
      "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno",
      "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
  };
  for (const char* answer : answers) {
    LoopbackServer server({answering(answer)});
    const auto response = open(server)->send({}).value();
    EXPECT_EQ(std::to_string(response.status), std::string(answer).substr(9, 3));
  }
}

TEST(HttpTransport, ReadsNoBodyAfterHead) {
  LoopbackServer server(
      {answering("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"), answering(answer_text("b"))});
  const auto transport = open(server);
  EXPECT_EQ(transport->send({.method = "HEAD"}).value().body, "");
}

TEST(HttpTransport, ReadsAnAnswerThatComesInPieces) {
  LoopbackServer server({answering(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")});
  EXPECT_EQ(open(server)->send({}).value().body, "abcde");
}

TEST(HttpTransport, RefusesAnAnswerOverTheLimit) {
  const std::string answers[] = {
      answer_text(std::string(1001, 'x')),
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + std::string(1001, 'x') +
          "\r\n0\r\n\r\n",
  };
  for (const std::string& answer : answers) {
    LoopbackServer server({answering(answer)});
    const auto response = open(server, {.answer_bytes_max = 1000})->send({});
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, ErrorCode::exhausted);
    EXPECT_EQ(response.error().subject, server.url());
  }
  LoopbackServer server({answering(answer_text(std::string(1000, 'x')))});
  EXPECT_EQ(open(server, {.answer_bytes_max = 1000})->send({}).value().body.size(), 1000U);
}

TEST(HttpTransport, IsUnavailableWhenNobodyListens) {
  std::string url;
  { url = LoopbackServer({}).url(); }
  const auto response = HttpTransport::open(url).value()->send({});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::unavailable);
  EXPECT_EQ(response.error().text(), url + ": cannot connect; is titan-server running there?");
}

TEST(HttpTransport, IsUnavailableWhenTheConnectionBreaks) {
  const LoopbackServer::Script scripts[] = {
      [](LoopbackServer::Peer&, auto&) {},
      [](LoopbackServer::Peer& peer, auto&) { peer.read_request(); },
      answering("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"),
      answering("garbage\r\n\r\n"),
  };
  for (const auto& script : scripts) {
    LoopbackServer server({script});
    const auto response = open(server)->send({});
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, ErrorCode::unavailable) << response.error().text();
    EXPECT_EQ(response.error().subject, server.url());
  }
}

TEST(HttpTransport, SurvivesAServerThatClosesWhileALongRequestIsSent) {
  LoopbackServer server({[](LoopbackServer::Peer&, auto&) {}});
  const auto response =
      open(server)->send({.method = "PUT", .body = std::string(32UL << 20U, 'x')});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::unavailable);
}

TEST(HttpTransport, GivesUpWaitingForAnAnswer) {
  // The server reads on until the client has closed its end.
  LoopbackServer server({[](LoopbackServer::Peer& peer, auto&) {
    peer.read_request();
    peer.read_request();
  }});
  auto transport = open(server, {.read_timeout = milliseconds(20)});
  const auto response = transport->send({});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::unavailable);
  EXPECT_NE(response.error().message.find("20 ms"), std::string::npos);
  transport.reset();
}

// Sends `head`, then `piece` after `piece` until nobody listens any more.
LoopbackServer::Script endless(const std::string& head, const std::string& piece) {
  return [=](LoopbackServer::Peer& peer, auto&) {
    peer.read_request();
    peer.write(head);
    const auto send = [&] {
      return ::send(peer.socket(), piece.data(), piece.size(), MSG_NOSIGNAL);
    };
    while (send() > 0) {
    }
  };
}

TEST(HttpTransport, GivesUpWhenAnAnswerComesTooSlowly) {
  LoopbackServer server({endless("HTTP/1.1 200 OK\r\nContent-Length: 4000000000\r\n\r\n", "x"),
                         endless("HTTP/1.1 200 OK\r\nX: ", "x")});
  auto transport =
      open(server, {.answer_timeout = milliseconds(20), .answer_bytes_max = std::size_t{1} << 40U});
  for (int i = 0; i < 2; ++i) {
    const auto response = transport->send({});
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, ErrorCode::unavailable) << response.error().text();
  }
}

TEST(HttpTransport, GivesUpWhenAnAnswerComesWithTooFewBytesASecond) {
  LoopbackServer server({endless("HTTP/1.1 200 OK\r\nContent-Length: 4000000000\r\n\r\n", "x"),
                         endless("HTTP/1.1 200 OK\r\nX: ", "x")});
  auto transport = open(server, {.answer_rate_min = std::size_t{1} << 40U,
                                 .answer_rate_grace = milliseconds(20),
                                 .answer_bytes_max = std::size_t{1} << 40U});
  for (int i = 0; i < 2; ++i) {
    const auto response = transport->send({});
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, ErrorCode::unavailable);
    EXPECT_EQ(response.error().message,
              "the answer came with less than 1099511627776 bytes a second");
  }
}

TEST(HttpTransport, GivesUpWhenTheHeadOfAnAnswerNeverEnds) {
  LoopbackServer server({endless("HTTP/1.1 200 OK\r\n", "X-Header: value\r\n")});
  const auto response = open(server, {.answer_bytes_max = 1000})->send({});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::exhausted) << response.error().text();
}

TEST(HttpTransport, RefusesWhatCannotStandInARequest) {
  const HttpRequest requests[] = {
      {.target = "/a b"},
      {.target = "/a\r\nX: y"},
      {.target = "relative"},
      {.target = "/", .headers = {{"X", "a\r\nb"}}},
      {.target = "/", .headers = {{"X Y", "a"}}},
  };
  const auto transport = HttpTransport::open("http://127.0.0.1:1").value();
  for (const HttpRequest& request : requests) {
    const auto response = transport->send(request);
    ASSERT_FALSE(response) << request.target;
    EXPECT_EQ(response.error().code, ErrorCode::invalid) << request.target;
  }
}

TEST(HttpTransport, TakesOnlyUrlsOfAServer) {
  for (const char* url : {"http://localhost", "http://localhost/", "http://10.0.0.5:7480",
                          "http://titan.example.com:80/", "http://[::1]:7480", "http://[::1]",
                          "https://localhost", "https://[::1]:7480/"}) {
    EXPECT_TRUE(HttpTransport::open(url)) << url;
  }
  struct Row {
    const char* url;
    const char* found;
  };
  const Row rows[] = {
      {"", "has no http:// or https:// in front"},
      {"localhost:7480", "has no http:// or https:// in front"},
      {"ftp://localhost", "has no http:// or https:// in front"},
      {"http://", "names no host that can be read"},
      {"http://:7480", "names no host that can be read"},
      {"http://user@host", "names no host that can be read"},
      {"http://host/path", "names no host that can be read"},
      {"http://a b", "names no host that can be read"},
      {"http://[::1", "names no host that can be read"},
      {"http://[]", "names no host that can be read"},
      {"http://[::1]7480", "has something after the host"},
      {"http://host:", "has the port \"\", which is not 1 to 65535"},
      {"http://host:0", "has the port \"0\", which is not 1 to 65535"},
      {"http://host:65536", "has the port \"65536\", which is not 1 to 65535"},
      {"http://host:80x", "has the port \"80x\", which is not 1 to 65535"},
      {"https://", "names no host that can be read"},
      {"https://host:0", "has the port \"0\", which is not 1 to 65535"},
      {"http://host:80/x", "has the port \"80/x\", which is not 1 to 65535"},
  };
  for (const Row& row : rows) {
    const auto opened = HttpTransport::open(row.url);
    ASSERT_FALSE(opened) << row.url;
    EXPECT_EQ(opened.error().code, ErrorCode::invalid) << row.url;
    EXPECT_EQ(opened.error().message, "the server URL \"" + std::string(row.url) + "\" " +
                                          row.found +
                                          "; expected http://HOST:PORT or https://HOST:PORT");
  }
  EXPECT_FALSE(HttpTransport::open("http://" + std::string(kUrlBytesMax, 'a')));
}

}  // namespace
}  // namespace titan::client
