// HttpTransport over TLS, against servers on loopback.
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <stdlib.h>

#include <future>
#include <optional>

#include "client/http_transport.hpp"
#include "tests/client/loopback_server.hpp"
#include "tests/client/tls_peer.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::client {
namespace {

using std::chrono::milliseconds;
using testing::CertificateFiles;

class HttpsTransportTest : public ::testing::Test {
 protected:
  // Answers `count` requests of a TLS connection with `bytes`.
  LoopbackServer::Script answering(const std::string& bytes, int count = 1, int version = 0) {
    return [this, bytes, count, version](LoopbackServer::Peer& raw,
                                         std::vector<std::string>& requests) {
      TlsPeer peer(raw.socket(), server_, version);
      for (int i = 0; i < count && peer.is_connected(); ++i) {
        requests.push_back(peer.read_request());
        peer.write(bytes);
      }
      peer.say_goodbye();
    };
  }
  static std::string url_of(const LoopbackServer& server) {
    return "https://127.0.0.1:" + std::to_string(server.port());
  }
  std::unique_ptr<HttpTransport> open(const LoopbackServer& server,
                                      HttpTransport::Options options = {}) {
    options.ca_file = authority_.certificate;
    return HttpTransport::open(url_of(server), options).value();
  }

  testing::TemporaryDirectory folder_;
  CertificateFiles authority_ =
      testing::make_certificate(folder_.path(), "authority", {.is_authority = true});
  CertificateFiles server_ = testing::make_certificate(
      folder_.path(), "server",
      {.common_name = "server", .names = {"IP:127.0.0.1", "DNS:localhost"}, .issuer = authority_});
};

TEST_F(HttpsTransportTest, SendsTheRequestAsItIsAndKeepsItsConnection) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    LoopbackServer server({answering(answer_text("answer"), 3, version)});
    const auto transport = open(server);
    for (int i = 0; i < 3; ++i) {
      const auto response = transport->send({.method = "POST", .target = "/v1/x", .body = "{}"});
      ASSERT_TRUE(response) << response.error().text();
      EXPECT_EQ(response->status, 200);
      EXPECT_EQ(response->body, "answer");
      EXPECT_EQ(response->header("titan-bookmark"), "b");
    }
    const auto requests = server.finish();
    ASSERT_EQ(requests.size(), 3U);
    EXPECT_TRUE(requests[2].starts_with("POST /v1/x HTTP/1.1\r\n")) << requests[2];
    EXPECT_NE(requests[2].find("\r\nHost: " + url_of(server).substr(8) + "\r\n"),
              std::string::npos);
    EXPECT_TRUE(requests[2].ends_with("\r\n\r\n{}")) << requests[2];
  }
}

TEST_F(HttpsTransportTest, CarriesLongRequestsAndAnswers) {
  const std::string text(10'000'000, 'x');
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    LoopbackServer server({answering(answer_text(text), 2, version)});
    const auto transport = open(server);
    for (int i = 0; i < 2; ++i) {
      const auto response = transport->send({.method = "PUT", .body = text});
      ASSERT_TRUE(response) << response.error().text();
      EXPECT_EQ(response->body.size(), text.size());
    }
    EXPECT_TRUE(server.finish().at(1).ends_with("\r\n\r\n" + text));
  }
}

TEST_F(HttpsTransportTest, OpensAConnectionAnewThatTheServerHasClosed) {
  // With goodbye and without; and with an answer that nobody asked for, as servers give at a
  // timeout.
  for (const std::string last : {"goodbye", "nothing", "an answer"}) {
    std::promise<void> closed;
    LoopbackServer server({[&](LoopbackServer::Peer& raw, std::vector<std::string>& requests) {
                             TlsPeer peer(raw.socket(), server_);
                             requests.push_back(peer.read_request());
                             peer.write(answer_text("a"));
                             if (last == "an answer") {
                               peer.write("HTTP/1.1 408 Request Timeout\r\n\r\n");
                             }
                             if (last == "goodbye") peer.say_goodbye();
                             ::shutdown(raw.socket(), SHUT_RDWR);
                             closed.set_value();
                           },
                           answering(answer_text("b"))});
    const auto transport = open(server);
    EXPECT_EQ(transport->send({}).value().body, "a") << last;
    closed.get_future().wait();
    EXPECT_EQ(transport->send({}).value().body, "b") << last;
  }
}

TEST_F(HttpsTransportTest, ClosesWhenTheServerSaysSo) {
  LoopbackServer server(
      {answering("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\na"),
       answering("HTTP/1.1 304 Not Modified\r\n\r\n"), answering(answer_text("c"))});
  const auto transport = open(server);
  EXPECT_EQ(transport->send({}).value().body, "a");
  EXPECT_EQ(transport->send({}).value().status, 304);
  EXPECT_EQ(transport->send({}).value().body, "c");
}

TEST_F(HttpsTransportTest, TakesTheEndOfAnAnswerOnlyFromTheServer) {
  const std::string endless = "HTTP/1.1 200 OK\r\n\r\nhalf";
  LoopbackServer whole({answering(endless)});
  EXPECT_EQ(open(whole)->send({}).value().body, "half");
  LoopbackServer cut({[&](LoopbackServer::Peer& raw, std::vector<std::string>&) {
    TlsPeer peer(raw.socket(), server_);
    peer.read_request();
    peer.write(endless);
  }});
  const auto response = open(cut)->send({});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::unavailable);
}

TEST_F(HttpsTransportTest, HasTheLimitsOfHttp) {
  LoopbackServer talkative({answering(answer_text(std::string(1001, 'x')))});
  const auto too_long = open(talkative, {.answer_bytes_max = 1000})->send({});
  ASSERT_FALSE(too_long);
  EXPECT_EQ(too_long.error().text(), url_of(talkative) + ": the answer is longer than 1000 bytes");

  LoopbackServer silent({[&](LoopbackServer::Peer& raw, std::vector<std::string>&) {
    TlsPeer peer(raw.socket(), server_);
    peer.read_request();
    peer.read_request();
  }});
  auto transport = open(silent, {.read_timeout = milliseconds(20)});
  const auto late = transport->send({});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().text(),
            url_of(silent) + ": the connection broke, or no answer came within 20 ms");

  LoopbackServer stalled(
      {[](LoopbackServer::Peer& raw, std::vector<std::string>&) { raw.read_request(); }});
  transport = open(stalled, {.connect_timeout = milliseconds(50)});
  const auto never = transport->send({});
  ASSERT_FALSE(never);
  EXPECT_EQ(never.error().code, ErrorCode::unavailable);
  EXPECT_EQ(never.error().text(), url_of(stalled) + ": no TLS handshake within 50 ms");
}

TEST_F(HttpsTransportTest, SaysWhoseCertificateItDoesNotBelieveAndSendsNothing) {
  LoopbackServer server({answering(answer_text("a")), answering(answer_text("b"))});
  const auto transport = HttpTransport::open(url_of(server)).value();
  for (int i = 0; i < 2; ++i) {
    const auto response = transport->send({.body = "secret"});
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, ErrorCode::denied);
    EXPECT_EQ(response.error().text(),
              url_of(server) +
                  ": nobody whom this system trusts has signed the server's certificate (unable to "
                  "get local issuer certificate); name the file that holds its authority's "
                  "certificate with --ca-file");
  }
  EXPECT_TRUE(server.finish().empty());
}

TEST_F(HttpsTransportTest, IsUnavailableWhenNobodyListensOrSpeaksTls) {
  std::string url;
  { url = url_of(LoopbackServer({})); }
  const auto nobody = HttpTransport::open(url).value()->send({});
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code, ErrorCode::unavailable);
  EXPECT_EQ(nobody.error().text(), url + ": cannot connect; is titan-server running there?");

  LoopbackServer plain({[](LoopbackServer::Peer& raw, std::vector<std::string>&) {
    raw.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    raw.read_request();
  }});
  auto transport = open(plain);
  const auto response = transport->send({});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::unavailable);
  EXPECT_EQ(response.error().text(),
            url_of(plain) + ": what answers there does not speak TLS; is its URL http:// instead?");
}

TEST_F(HttpsTransportTest, BelievesTheServerByNameAsWell) {
  LoopbackServer server({answering(answer_text("a"))});
  const auto transport =
      HttpTransport::open("https://localhost:" + std::to_string(server.port()) + "/",
                          {.ca_file = authority_.certificate})
          .value();
  const auto response = transport->send({});
  ASSERT_TRUE(response) << response.error().text();
  EXPECT_EQ(response->body, "a");
}

TEST_F(HttpsTransportTest, TrustsWhomTheSystemTrusts) {
  ::setenv("SSL_CERT_FILE", authority_.certificate.c_str(), 1);
  LoopbackServer server({answering(answer_text("a"))});
  const auto transport = HttpTransport::open(url_of(server)).value();
  ::unsetenv("SSL_CERT_FILE");
  const auto response = transport->send({});
  ASSERT_TRUE(response) << response.error().text();
  EXPECT_EQ(response->body, "a");
}

TEST_F(HttpsTransportTest, LooksAtDatesWhenToldTo) {
  server_ = testing::make_certificate(folder_.path(), "old",
                                      {.common_name = "old",
                                       .names = {"IP:127.0.0.1"},
                                       .valid_from_hours = -3,
                                       .valid_until_hours = -2,
                                       .issuer = authority_});
  LoopbackServer server({answering(answer_text("a")), answering(answer_text("b"))});
  const auto refused = open(server)->send({});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::denied);
  EXPECT_EQ(open(server, {.check_validity_period = false})->send({}).value().body, "b");
}

TEST_F(HttpsTransportTest, RefusesAFileOfNoUseBeforeItConnects) {
  const std::string none = folder_.path() + "/none";
  const auto missing = HttpTransport::open("https://localhost", {.ca_file = none});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::invalid);
  EXPECT_EQ(missing.error().text(),
            none +
                ": cannot be read: No such file or directory; --ca-file wants certificates in "
                "PEM form");
  const auto plain = HttpTransport::open("http://localhost", {.ca_file = authority_.certificate});
  ASSERT_FALSE(plain);
  EXPECT_EQ(plain.error().code, ErrorCode::invalid);
  EXPECT_EQ(plain.error().text(),
            "the server URL \"http://localhost\" speaks no TLS, for which --ca-file names "
            "certificates; expected http://HOST:PORT or https://HOST:PORT");
}

}  // namespace
}  // namespace titan::client
