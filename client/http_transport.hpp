#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/transport.hpp"
#include "client/limits.hpp"

namespace titan::client {

// A Transport over HTTP/1.1 to one server, with TLS 1.2 or 1.3 when its URL is https://. The
// connection is opened by the first send() and kept open between them; a connection that the server
// closed meanwhile is opened anew. Small requests leave at once (TCP_NODELAY). Redirects are not
// followed and no proxy is used.
//
// The server's certificate and the host in it are always verified (tls_trust.hpp and
// tls_connection.hpp say how): there is no option to go without.
//
// Errors of send(): unavailable when there is no connection, or it breaks, or a timeout passes, or
// the answer comes too slowly, or the server speaks no TLS that is new enough; denied when its
// certificate is not to be trusted; exhausted when the answer is longer than `answer_bytes_max`.
// Their subject is the server's URL.
class HttpTransport final : public Transport {
 public:
  struct Options {
    std::chrono::milliseconds connect_timeout = kConnectTimeout;  // and of the TLS handshake
    std::chrono::milliseconds read_timeout = kReadTimeout;  // of one read or write, not of all
    // Of a whole answer: who sends a byte now and then holds nobody up for ever. It is looked at
    // between two reads, so it may be exceeded by one read_timeout.
    std::chrono::milliseconds answer_timeout = kAnswerTimeout;
    // An answer that, once `answer_rate_grace` has passed since its first byte, has come with less
    // than so many bytes a second on average is given up. Looked at between two reads. 0: no
    // matter.
    std::size_t answer_rate_min = kAnswerRateMin;
    std::chrono::milliseconds answer_rate_grace = kAnswerRateGrace;
    std::size_t answer_bytes_max = kAnswerBytesMax;  // of the body; of the head kHeadBytesMax
    // PEM: its certificates alone are trusted; empty: those of the system.
    std::string ca_file = {};
    // Whether a certificate has to be valid at this machine's time. Only the agent says false: a
    // device without a battery starts in 1970, and nothing on a host is decided by its wall clock,
    // or it could not even ask for the right time. A certificate that has expired is then as good
    // as before; names and signatures count all the same. What a host is told shall be believed for
    // its signature, not for the dates of a connection.
    bool check_validity_period = true;
    // What should listen there, for the message when nothing does; may be empty.
    std::string expected_peer = "titan-server";
  };

  // `url` is http://HOST, https://HOST, or these with :PORT (else 80 or 443; IPv6 in brackets), and
  // at most a "/" after it. Connects to nothing yet. invalid when `url` is anything else, or a
  // `ca_file` goes with http://; and as TlsTrust::open() when that file is of no use.
  static Result<std::unique_ptr<HttpTransport>> open(std::string_view url, const Options& options);
  static Result<std::unique_ptr<HttpTransport>> open(std::string_view url) {
    return open(url, Options{});
  }
  ~HttpTransport() override;

  Result<HttpResponse> send(const HttpRequest& request) override;

 private:
  struct Connection;
  explicit HttpTransport(std::unique_ptr<Connection> connection);
  std::unique_ptr<Connection> connection_;
};

}  // namespace titan::client
