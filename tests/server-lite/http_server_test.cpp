#include "server-lite/http_server.hpp"

#include <gtest/gtest.h>
#include <httplib.h>

#include <thread>

#include "server-lite/limits.hpp"

namespace titan::server_lite {
namespace {

TEST(ListenAddress, IsHostAndPortOnLoopback) {
  for (const char* text : {"127.0.0.1:7480", "127.1.2.3:0", "[::1]:80", "localhost:65535"}) {
    const auto address = ListenAddress::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->text(), text);
  }
}

TEST(ListenAddress, RefusesAnotherAddressAndSaysWhy) {
  for (const char* text : {"0.0.0.0:7480", "192.168.1.5:7480", "[::]:7480", "example.com:80",
                           "127.0.0.1.example.com:80", ":7480"}) {
    const auto address = ListenAddress::parse(text);
    ASSERT_FALSE(address) << text;
    EXPECT_NE(address.error().message.find("not on loopback"), std::string::npos) << text;
  }
  for (const char* text : {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536"}) {
    EXPECT_FALSE(ListenAddress::parse(text)) << text;
  }
}

// A server on a free port that says what it was asked.
class HttpServerTest : public ::testing::Test {
 protected:
  HttpServerTest()
      : server_([](const HttpRequest& request) {
          if (request.path() == "/nothing") return HttpResponse{.status = 204};
          if (request.path() == "/throw") throw std::runtime_error("secret");
          return HttpResponse{.status = 200,
                              .headers = {{"Content-Type", "text/plain"}, {"X-A", "b"}},
                              .body = request.method + " " + request.target + " " +
                                      std::to_string(request.body.size())};
        }) {
    const auto bound = server_.bind({.host = "127.0.0.1"}).value();
    port_ = bound.port;
    thread_ = std::thread([this] { server_.serve(); });
  }
  ~HttpServerTest() override {
    server_.stop();
    thread_.join();
  }

  HttpServer server_;
  int port_ = 0;
  std::thread thread_;
};

TEST_F(HttpServerTest, HandsOverWholeRequestsAndGivesWholeAnswers) {
  httplib::Client client("127.0.0.1", port_);
  const auto got = client.Get("/v1/x?y=%20z");
  ASSERT_TRUE(got);
  EXPECT_EQ(got->body, "GET /v1/x?y=%20z 0");
  EXPECT_EQ(got->get_header_value("Content-Type"), "text/plain");
  EXPECT_EQ(got->get_header_value("X-A"), "b");
  EXPECT_EQ(client.Put("/a", std::string(100'000, 'x'), "application/json")->body, "PUT /a 100000");
  EXPECT_EQ(client.Get("/nothing")->status, 204);
  EXPECT_EQ(client.Head("/v1/x")->status, 200);
}

TEST_F(HttpServerTest, RefusesABodyThatIsTooLarge) {
  httplib::Client client("127.0.0.1", port_);
  const auto answer = client.Post("/a", std::string(9'000'000, 'x'), "application/json");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 413);
  EXPECT_NE(answer->body.find("\"code\":\"exhausted\""), std::string::npos) << answer->body;
}

TEST_F(HttpServerTest, RefusesABodyWithoutALength) {
  httplib::Client client("127.0.0.1", port_);
  const auto answer = client.Post(
      "/a",
      [](std::size_t, httplib::DataSink& sink) {
        sink.write("x", 1);
        sink.done();
        return true;
      },
      "application/json");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 411);
}

TEST_F(HttpServerTest, RefusesWhatABrowsersPageAsks) {
  httplib::Client client("127.0.0.1", port_);
  EXPECT_EQ(client.Get("/", {{"Origin", "http://evil.example"}})->status, 403);
  EXPECT_EQ(client.Get("/", {{"Host", "evil.example"}})->status, 403);
  EXPECT_EQ(client.Get("/", {{"Host", "localhost:1"}})->status, 200);
}

TEST_F(HttpServerTest, AFaultOfAHandlerIsA500ThatTellsNothing) {
  httplib::Client client("127.0.0.1", port_);
  const auto answer = client.Get("/throw");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 500);
  EXPECT_EQ(answer->body.find("secret"), std::string::npos);
  EXPECT_FALSE(answer->has_header("EXCEPTION_WHAT"));
}

TEST_F(HttpServerTest, APortThatIsTakenIsRefused) {
  HttpServer second([](const HttpRequest&) { return HttpResponse{}; });
  EXPECT_FALSE(second.bind({.host = "127.0.0.1", .port = static_cast<std::uint16_t>(port_)}));
}

}  // namespace
}  // namespace titan::server_lite
