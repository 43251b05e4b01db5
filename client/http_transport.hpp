#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/transport.hpp"
#include "client/limits.hpp"

namespace titan::client {

// A Transport over HTTP/1.1 to one server. The connection is opened by the first send() and kept
// open between them; a connection that the server closed meanwhile is opened anew. Small requests
// leave at once (TCP_NODELAY). Redirects are not followed and no proxy is used.
//
// Errors of send(): unavailable when there is no connection, or it breaks, or a timeout passes;
// exhausted when the answer is longer than `answer_bytes_max`. Their subject is the server's URL.
class HttpTransport final : public Transport {
 public:
  struct Options {
    std::chrono::milliseconds connect_timeout = kConnectTimeout;
    std::chrono::milliseconds read_timeout = kReadTimeout;  // of one read or write, not of all
    std::size_t answer_bytes_max = kAnswerBytesMax;
  };

  // `url` is http://HOST, http://HOST:PORT (IPv6 in brackets) and at most a "/" after it.
  // Connects to nothing yet. invalid when `url` is anything else; https is refused as well.
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
