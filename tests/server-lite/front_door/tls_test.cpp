// TLS at the front door, with a certificate that the test makes.
#include "server-lite/front_door/tls.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>
#include <fstream>
#include <memory>
#include <thread>

#include "server-lite/front_door/front_door.hpp"
#include "tests/server-lite/front_door/raw_client.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::front_door {
namespace {

template <class Thing, void (*free)(Thing*)>
struct Free {
  void operator()(Thing* thing) const { free(thing); }
};
template <class Thing, void (*free)(Thing*)>
using Owned = std::unique_ptr<Thing, Free<Thing, free>>;

TlsContext::Files make_certificate(const std::string& folder, const std::string& name) {
  const auto made = testing::make_certificate(folder, name, {.common_name = "localhost"});
  return {.certificate = made.certificate, .key = made.key};
}

class HelloHandler final : public Handler {
 public:
  std::optional<HttpResponse> answer_at_once(const HttpRequest&, const Peer&) override {
    return std::nullopt;
  }
  Reply answer(const HttpRequest& request, const Peer& peer) override {
    return HttpResponse{.body = (peer.is_encrypted ? "TLS " : "plain ") +
                                std::to_string(request.body.size()) + std::string(100'000, '.')};
  }
  HttpResponse refuse(int status, const std::string& message) override {
    return {.status = status, .body = message};
  }
};

// A client with OpenSSL's own interface.
class TlsClient {
 public:
  TlsClient(const ListenAddress& address, int version, SSL_SESSION* session)
      : context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_min_proto_version(context_.get(), version);
    SSL_CTX_set_max_proto_version(context_.get(), version);
    SSL_CTX_set_security_level(context_.get(), 0);
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(address.port);
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socket_ = Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ::connect(socket_.get(), reinterpret_cast<sockaddr*>(&name), sizeof name);
    tls_.reset(SSL_new(context_.get()));
    SSL_set_fd(tls_.get(), socket_.get());
    if (session != nullptr) SSL_set_session(tls_.get(), session);
    is_connected_ = SSL_connect(tls_.get()) == 1;
  }

  [[nodiscard]] bool is_connected() const { return is_connected_; }
  [[nodiscard]] bool is_resumed() const { return SSL_session_reused(tls_.get()) == 1; }
  Owned<SSL_SESSION, SSL_SESSION_free> session() {
    return Owned<SSL_SESSION, SSL_SESSION_free>(SSL_get1_session(tls_.get()));
  }
  // Asks for an answer after which the connection ends, and reads to its end. Whether that was said
  // (close_notify), so that nobody can have cut the answer off.
  bool ends_with_goodbye() {
    const std::string request = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    SSL_write(tls_.get(), request.data(), static_cast<int>(request.size()));
    std::array<char, 16384> part{};
    int got = 0;
    while ((got = SSL_read(tls_.get(), part.data(), part.size())) > 0) {
    }
    return SSL_get_error(tls_.get(), got) == SSL_ERROR_ZERO_RETURN;
  }
  // The body of the answer to a PUT of so many bytes.
  std::string ask(std::size_t bytes) {
    const std::string request =
        "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(bytes) + "\r\n\r\n" +
        std::string(bytes, 'x');
    EXPECT_EQ(SSL_write(tls_.get(), request.data(), static_cast<int>(request.size())),
              static_cast<int>(request.size()));
    std::string answer;
    std::array<char, 16384> part{};
    while (answer.size() < 100'000) {
      const int got = SSL_read(tls_.get(), part.data(), part.size());
      if (got <= 0) break;
      answer.append(part.data(), static_cast<std::size_t>(got));
    }
    return answer.substr(answer.find("\r\n\r\n") + 4);
  }

 private:
  Owned<SSL_CTX, SSL_CTX_free> context_;
  Descriptor socket_{-1};
  Owned<SSL, SSL_free> tls_;
  bool is_connected_ = false;
};

class TlsTest : public ::testing::Test {
 protected:
  TlsTest() {
    const auto files = make_certificate(folder_.path(), "server");
    door_ = FrontDoor::open(
                {
                    .listen = {{.host = "127.0.0.1"}, {.path = folder_.path() + "/s"}},
                    .tls = TlsContext::open(files).value(),
                },
                spool_, handler_)
                .value();
    thread_ = std::thread([this] { door_->serve(); });
  }
  ~TlsTest() override {
    door_->stop();
    thread_.join();
  }
  TlsClient client(int version, SSL_SESSION* session = nullptr) {
    return {door_->addresses()[0], version, session};
  }

  testing::TemporaryDirectory folder_;
  Spool spool_{folder_.path()};
  HelloHandler handler_;
  std::unique_ptr<FrontDoor> door_;
  std::thread thread_;
};

TEST_F(TlsTest, SaysGoodbyeAfterTheLastAnswer) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    auto one = client(version);
    ASSERT_TRUE(one.is_connected());
    EXPECT_TRUE(one.ends_with_goodbye()) << version;
  }
}

TEST_F(TlsTest, ServesBothVersionsAndResumesSessions) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient first = client(version);
    ASSERT_TRUE(first.is_connected());
    EXPECT_FALSE(first.is_resumed());
    EXPECT_TRUE(first.ask(3).starts_with("TLS 3."));
    EXPECT_TRUE(first.ask(1'000'000).starts_with("TLS 1000000."));
    const auto session = first.session();
    TlsClient second = client(version, session.get());
    ASSERT_TRUE(second.is_connected());
    EXPECT_TRUE(second.is_resumed());
    EXPECT_TRUE(second.ask(0).starts_with("TLS 0."));
  }
}

TEST_F(TlsTest, RefusesOlderVersionsAndWhatIsNoTls) {
  EXPECT_FALSE(client(TLS1_1_VERSION).is_connected());
  RawClient plain(door_->addresses()[0]);
  plain.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(plain.until_closed().find("HTTP/1.1 200"), std::string::npos);
  while (door_->numbers().handshakes_failed < 2) std::this_thread::yield();
}

TEST_F(TlsTest, LeavesUnixSocketsPlain) {
  RawClient local(door_->addresses()[1]);
  local.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_NE(local.answer().find("plain 0."), std::string::npos);
}

TEST(TlsContext, SaysWhichFileIsOfNoUse) {
  const testing::TemporaryDirectory folder;
  const auto one = make_certificate(folder.path(), "one");
  const auto other = make_certificate(folder.path(), "other");
  const std::string empty = folder.path() + "/empty";
  std::ofstream(empty).close();
  struct Row {
    TlsContext::Files files;
    ErrorCode code;
    std::string subject;
  };
  const std::vector<Row> rows = {
      {{one.certificate, folder.path() + "/none"}, ErrorCode::not_found, folder.path() + "/none"},
      {{empty, one.key}, ErrorCode::invalid, empty},
      {{one.certificate, empty}, ErrorCode::invalid, empty},
      {{one.certificate, other.key}, ErrorCode::invalid, other.key},
  };
  for (const Row& row : rows) {
    const auto refused = TlsContext::open(row.files);
    ASSERT_FALSE(refused) << row.subject;
    EXPECT_EQ(refused.error().code, row.code) << row.subject;
    EXPECT_EQ(refused.error().subject, row.subject);
  }
  EXPECT_TRUE(TlsContext::open(one));
}

}  // namespace
}  // namespace titan::front_door
