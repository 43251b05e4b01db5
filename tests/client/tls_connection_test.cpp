// Whom a TLS client believes, at the handshake: everything that can be wrong with a server.
#include "client/tls_connection.hpp"

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <thread>

#include "tests/client/tls_peer.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::client {
namespace {

using std::chrono::milliseconds;
using testing::CertificateFiles;
using testing::CertificateRequest;
using testing::make_certificate;
using Server = std::function<void(int socket)>;

constexpr const char* kBroke = "the connection broke during the TLS handshake";

// What became of a handshake with the server, which runs in a thread: "" or the error.
struct Outcome {
  std::string code = {};
  std::string message = {};
  bool operator==(const Outcome&) const = default;
};
void PrintTo(const Outcome& outcome, std::ostream* out) {
  *out << outcome.code << ": " << outcome.message;
}

Outcome shake_hands(const Server& server, const TlsTrust& trust, const std::string& host,
                    milliseconds timeout = milliseconds(10'000)) {
  int ends[2] = {-1, -1};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  std::thread thread([&server, end = ends[0]] {
    server(end);
    ::close(end);
  });
  const auto opened = TlsConnection::open(
      trust, ends[1], {.host = host, .handshake_timeout = timeout, .io_timeout = timeout});
  Outcome outcome;
  if (!opened) {
    outcome = {std::string(name_of(opened.error().code)), opened.error().message};
  }
  ::close(ends[1]);
  thread.join();
  return outcome;
}

// Reads to the client's end.
void drain(int socket) {
  char bytes[4096];
  while (::recv(socket, bytes, sizeof bytes, 0) > 0) {
  }
}

Server sending(const std::string& bytes) {
  return [bytes](int socket) {
    (void)::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    drain(socket);
  };
}

class TlsConnectionTest : public ::testing::Test {
 protected:
  // What is behind a connection sees to this signal: client/tls_connection.hpp.
  static void SetUpTestSuite() { std::signal(SIGPIPE, SIG_IGN); }

  CertificateFiles make(const CertificateRequest& request) {
    return make_certificate(folder_.path(), "made" + std::to_string(++made_), request);
  }
  CertificateFiles signed_for(const std::vector<std::string>& names) {
    return make({.names = names, .issuer = authority_});
  }
  TlsTrust trust(const std::string& ca_file, bool check_validity_period = true) {
    return TlsTrust::open({.ca_file = ca_file, .check_validity_period = check_validity_period})
        .value();
  }
  static Server tls(const CertificateFiles& files, int version = 0) {
    return [files, version](int socket) {
      TlsPeer peer(socket, files, version);
      if (peer.is_connected()) peer.read_request();
    };
  }

  testing::TemporaryDirectory folder_;
  int made_ = 0;
  CertificateFiles authority_ = make({.common_name = "authority", .is_authority = true});
};

// ---- the certificate

TEST_F(TlsConnectionTest, BelievesATrustedCertificateForTheHostOnly) {
  const auto other = make({.common_name = "other authority", .is_authority = true});
  const auto alone = make({.common_name = "alone", .names = {"DNS:a.example"}});
  const auto middle = make({.common_name = "middle", .is_authority = true, .issuer = authority_});
  const auto below = make({.names = {"DNS:a.example"}, .issuer = middle});
  const std::string fix = "; name the file that holds its authority's certificate with --ca-file";
  const std::string& ca = authority_.certificate;
  struct Row {
    const char* what;
    CertificateFiles server;
    std::string trusted;
    Outcome outcome;
  };
  const std::vector<Row> rows = {
      {"signed by the authority", signed_for({"DNS:a.example"}), ca, {}},
      {"signed by another one",
       make({.names = {"DNS:a.example"}, .issuer = other}),
       ca,
       {"denied", "no certificate in " + ca +
                      " has signed the server's certificate (unable to get local issuer "
                      "certificate)" +
                      fix}},
      {"not trusted by the system",
       signed_for({"DNS:a.example"}),
       "",
       {"denied",
        "nobody whom this system trusts has signed the server's certificate (unable to get local "
        "issuer certificate)" +
            fix}},
      {"signed by itself",
       alone,
       ca,
       {"denied", "no certificate in " + ca +
                      " has signed the server's certificate (self-signed certificate)" + fix}},
      {"signed by itself, and trusted", alone, alone.certificate, {}},
      {"one in the middle is missing",
       below,
       ca,
       {"denied", "no certificate in " + ca +
                      " has signed the server's certificate (unable to get local issuer "
                      "certificate)" +
                      fix}},
      {"the one in the middle is trusted", below, middle.certificate, {}},
      {"itself trusted, though signed", below, below.certificate, {}},
      {"signed by who is no authority",
       make({.names = {"DNS:a.example"}, .issuer = alone}),
       alone.certificate,
       {"denied",
        "the certificate of the server's authority cannot be accepted: invalid CA certificate; "
        "give the server another one"}},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(shake_hands(tls(row.server), trust(row.trusted), "a.example"), row.outcome)
        << row.what;
  }
}

TEST_F(TlsConnectionTest, BelievesNamesAndAddressesAsTheyStandInTheCertificate) {
  const auto is_for = [](const std::string& names, const std::string& host) {
    return Outcome{"denied", "the server's certificate is for " + names + " and not for \"" + host +
                                 "\"; use such a name in the URL, or give the server a "
                                 "certificate with \"" +
                                 host + "\" in its subjectAltName"};
  };
  struct Row {
    std::vector<std::string> names;
    const char* host;
    Outcome outcome;
  };
  const std::vector<Row> rows = {
      {{"DNS:a.example"}, "a.example", {}},
      {{"DNS:a.example"}, "A.Example", {}},
      {{"DNS:a.example"}, "a.example.", {}},
      {{"DNS:b.example", "DNS:a.example"}, "a.example", {}},
      {{"DNS:a.example"}, "b.example", is_for("\"a.example\"", "b.example")},
      {{"DNS:a.example"}, "x.a.example", is_for("\"a.example\"", "x.a.example")},
      {{"DNS:a.example"}, "example", is_for("\"a.example\"", "example")},
      {{"DNS:*.example.com"}, "a.example.com", {}},
      {{"DNS:*.example.com"}, "example.com", is_for("\"*.example.com\"", "example.com")},
      {{"DNS:*.example.com"}, "a.b.example.com", is_for("\"*.example.com\"", "a.b.example.com")},
      {{"DNS:a*.example.com"}, "ab.example.com", is_for("\"a*.example.com\"", "ab.example.com")},
      {{"DNS:a.*.com"}, "a.b.com", is_for("\"a.*.com\"", "a.b.com")},
      {{"DNS:*"}, "localhost", is_for("\"*\"", "localhost")},
      {{"IP:127.0.0.1"}, "127.0.0.1", {}},
      {{"IP:127.0.0.1"}, "127.0.0.2", is_for("\"127.0.0.1\"", "127.0.0.2")},
      {{"DNS:127.0.0.1"}, "127.0.0.1", is_for("\"127.0.0.1\"", "127.0.0.1")},
      {{"DNS:*.0.0.1"}, "127.0.0.1", is_for("\"*.0.0.1\"", "127.0.0.1")},
      {{"IP:::1"}, "::1", {}},
      {{"IP:::1"}, "0:0::1", {}},
      {{"IP:fe80::1"}, "fe80::1%eth0", {}},
      {{"IP:::1"}, "::2", is_for("\"::1\"", "::2")},
      {{"IP:::1"}, "127.0.0.1", is_for("\"::1\"", "127.0.0.1")},
      {{"DNS:a", "DNS:b", "DNS:c", "IP:10.0.0.1", "DNS:e", "DNS:f"},
       "g",
       is_for("\"a\", \"b\", \"c\", \"10.0.0.1\", \"e\", …", "g")},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(shake_hands(tls(signed_for(row.names)), trust(authority_.certificate), row.host),
              row.outcome)
        << row.names.front() << " for " << row.host;
  }
}

TEST_F(TlsConnectionTest, DoesNotTakeTheSubjectForAName) {
  for (const char* host : {"a.example", "127.0.0.1"}) {
    const auto files = make({.common_name = host, .issuer = authority_});
    const Outcome refused{"denied",
                          "the server's certificate is for no host at all; give the server a "
                          "certificate with \"" +
                              std::string(host) + "\" in its subjectAltName"};
    EXPECT_EQ(shake_hands(tls(files), trust(authority_.certificate), host), refused);
  }
}

TEST_F(TlsConnectionTest, LooksAtDatesWhenToldTo) {
  const std::string other = make({.is_authority = true}).certificate;
  const auto old_authority = make({.common_name = "old",
                                   .is_authority = true,
                                   .valid_from_hours = -3,
                                   .valid_until_hours = -2});
  struct Row {
    CertificateFiles server;
    std::string trusted;
    const char* begin;  // of the message; the time follows
    const char* end;
  };
  const std::vector<Row> rows = {
      {make({.names = {"DNS:a"},
             .valid_from_hours = -3,
             .valid_until_hours = -2,
             .issuer = authority_}),
       authority_.certificate, "the server's certificate has expired at 2",
       "Z; renew it, or set the clock of this machine"},
      {make({.names = {"DNS:a"},
             .valid_from_hours = 2,
             .valid_until_hours = 3,
             .issuer = authority_}),
       authority_.certificate, "the server's certificate is valid from 2",
       "Z on; wait until then, or set the clock of this machine"},
      {make({.names = {"DNS:a"}, .issuer = old_authority}), old_authority.certificate,
       "the certificate of the server's authority has expired at 2",
       "Z; renew it, or set the clock of this machine"},
  };
  for (const Row& row : rows) {
    const auto refused = shake_hands(tls(row.server), trust(row.trusted), "a");
    EXPECT_EQ(refused.code, "denied");
    EXPECT_TRUE(refused.message.starts_with(row.begin)) << refused.message;
    EXPECT_TRUE(refused.message.ends_with(row.end)) << refused.message;
    EXPECT_EQ(shake_hands(tls(row.server), trust(row.trusted, false), "a"), Outcome{});
    // Names and signatures count all the same.
    EXPECT_EQ(shake_hands(tls(row.server), trust(row.trusted, false), "b").code, "denied");
    EXPECT_EQ(shake_hands(tls(row.server), trust(other, false), "a").code, "denied");
  }
}

// ---- what is no handshake

TEST_F(TlsConnectionTest, SaysWhyThereIsNoHandshake) {
  const auto files = signed_for({"DNS:a"});
  const Outcome no_tls{"unavailable",
                       "what answers there does not speak TLS; is its URL http:// instead?"};
  struct Row {
    const char* what;
    Server server;
    Outcome outcome;
  };
  const std::vector<Row> rows = {
      {"TLS 1.3", tls(files, TLS1_3_VERSION), {}},
      {"TLS 1.2", tls(files, TLS1_2_VERSION), {}},
      {"TLS 1.1",
       tls(files, TLS1_1_VERSION),
       {"unavailable", "the server speaks an older TLS than 1.2, the oldest that titan accepts"}},
      {"HTTP", sending("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"), no_tls},
      {"SSH", sending("SSH-2.0-OpenSSH_9.2p1\r\n"), no_tls},
      {"closes at once", [](int) {}, {"unavailable", kBroke}},
      {"closes after the hello",
       [](int socket) {
         char byte = 0;
         while (::recv(socket, &byte, 1, 0) == 1 && byte != 1) {
         }
       },
       {"unavailable", kBroke}},
      {"closes within a record",
       [](int socket) {
         const std::string half("\x16\x03\x03\x00\x7a\x02", 6);
         (void)::send(socket, half.data(), half.size(), MSG_NOSIGNAL);
         ::shutdown(socket, SHUT_WR);
         drain(socket);
       },
       {"unavailable", kBroke}},
      {"an alert",
       sending(std::string("\x15\x03\x03\x00\x02\x02\x28", 7)),
       {"unavailable", "the TLS handshake failed: sslv3 alert handshake failure"}},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(shake_hands(row.server, trust(authority_.certificate), "a"), row.outcome) << row.what;
  }
}

TEST_F(TlsConnectionTest, BoundsTheWholeHandshake) {
  const Outcome late{"unavailable", "no TLS handshake within 50 ms"};
  EXPECT_EQ(shake_hands(drain, trust(authority_.certificate), "a", milliseconds(50)), late);
  // A byte now and then does not make it longer: the record that it announces never ends.
  const Server trickling = [](int socket) {
    const std::string head("\x16\x03\x03\x3f\xff\x02\x00\x3f\xfb", 9);
    (void)::send(socket, head.data(), head.size(), MSG_NOSIGNAL);
    timeval pause{.tv_sec = 0, .tv_usec = 5000};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &pause, sizeof pause);
    char bytes[4096];
    while (::recv(socket, bytes, sizeof bytes, 0) != 0) {
      if (::send(socket, "", 1, MSG_NOSIGNAL) != 1) break;
    }
  };
  EXPECT_EQ(shake_hands(trickling, trust(authority_.certificate), "a", milliseconds(50)), late);
}

TEST_F(TlsConnectionTest, NamesTheHostItWantsButNoAddress) {
  const auto files = signed_for({"DNS:a.example", "IP:127.0.0.1"});
  for (const auto& [host, asked] : std::vector<std::pair<std::string, std::string>>{
           {"a.example", "a.example"}, {"a.example.", "a.example"}, {"127.0.0.1", ""}}) {
    std::string name = "not asked";
    const Server server = [&](int socket) { name = TlsPeer(socket, files).asked_name(); };
    EXPECT_EQ(shake_hands(server, trust(authority_.certificate), host), Outcome{});
    EXPECT_EQ(name, asked);
  }
}

}  // namespace
}  // namespace titan::client
