#include "client/http_transport.hpp"

#include <httplib.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <ctime>
#include <exception>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "client/answer_bounds.hpp"
#include "client/tls_connection.hpp"
#include "client/tls_trust.hpp"

namespace titan::client {
namespace {

constexpr std::string_view kHttp = "http://";
constexpr std::string_view kHttps = "https://";
constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

struct ServerAddress {
  bool is_https = false;
  std::string host = {};  // without the brackets of an IPv6 address
  std::uint16_t port = kHttpPort;
  std::string authority = {};  // as it stands in the URL: the Host header
};

Error bad_url(std::string_view url, std::string_view what) {
  return invalid("the server URL " + quote(url) + " " + std::string(what) +
                 "; expected http://HOST:PORT or https://HOST:PORT");
}

Result<std::uint16_t> parse_port(std::string_view url, std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (failure != std::errc{} || end != text.data() + text.size() || port == 0) {
    return bad_url(url, "has the port " + quote(text) + ", which is not 1 to 65535");
  }
  return port;
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_';
}

bool is_address_character(char c) {
  return is_host_character(c) || c == ':' || c == '%';
}

Result<ServerAddress> parse_url(std::string_view url) {
  if (url.size() > kUrlBytesMax) return bad_url(url, "is too long");
  const bool is_https = url.starts_with(kHttps);
  if (!is_https && !url.starts_with(kHttp)) {
    return bad_url(url, "has no http:// or https:// in front");
  }
  std::string_view rest = url.substr(is_https ? kHttps.size() : kHttp.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);

  ServerAddress address{.is_https = is_https,
                        .port = is_https ? kHttpsPort : kHttpPort,
                        .authority = std::string(rest)};
  std::string_view port;
  bool plain = false;
  if (rest.starts_with('[')) {
    const std::size_t close = std::min(rest.find(']'), rest.size());
    address.host = rest.substr(1, close - 1);
    port = rest.substr(std::min(close + 1, rest.size()));
    plain = close < rest.size() && std::ranges::all_of(address.host, is_address_character);
  } else {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    address.host = rest.substr(0, colon);
    port = rest.substr(colon);
    plain = std::ranges::all_of(address.host, is_host_character);
  }
  if (address.host.empty() || !plain) return bad_url(url, "names no host that can be read");
  if (port.empty()) return address;
  if (!port.starts_with(':')) return bad_url(url, "has something after the host");
  TITAN_ASSIGN(address.port, parse_port(url, port.substr(1)));
  return address;
}

// A library must not let a broken connection end the program, nor change what the program does
// with signals elsewhere: SIGPIPE is held back on this thread, and taken away if it came.
class SigpipeHeld {
 public:
  SigpipeHeld() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~SigpipeHeld() {
    const timespec now{};
    if (!was_pending_) sigtimedwait(&pipe_, nullptr, &now);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  SigpipeHeld(const SigpipeHeld&) = delete;
  SigpipeHeld& operator=(const SigpipeHeld&) = delete;

 private:
  sigset_t pipe_{};
  sigset_t before_{};
  bool was_pending_ = false;
};

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

// What the library would put on the wire as it is, where a line break would become a second
// request.
Result<void> check_sendable(const HttpRequest& request) {
  const auto unsafe_in_line = [](char c) { return is_control(c) || c == ' '; };
  if (!request.target.starts_with('/') || std::ranges::any_of(request.target, unsafe_in_line)) {
    return invalid("the request target " + quote(request.target) +
                   " is not a percent-encoded path");
  }
  for (const auto& [name, value] : request.headers) {
    if (std::ranges::any_of(name, unsafe_in_line) || std::ranges::any_of(value, is_control)) {
      return invalid("the request header " + quote(name) + " holds control characters");
    }
  }
  return {};
}

HttpHeaders headers_of(const httplib::Headers& from) {
  HttpHeaders headers;
  for (const auto& [name, value] : from) {
    const auto [place, fresh] = headers.emplace(name, value);
    if (!fresh) place->second += ", " + value;
  }
  return headers;
}

void take_head(const httplib::Response& from, HttpResponse& to) {
  to.status = from.status;
  to.headers = headers_of(from.headers);
}

// One answer as it comes in.
struct Arrival {
  HttpResponse response = {};
  bool no_body = false;  // 304: the library would wait for a body that never comes
  bool too_long = false;
};

httplib::Request library_request(const HttpRequest& request, const std::string& authority,
                                 std::size_t bytes_max, Arrival& arrival) {
  httplib::Request made;
  made.method = request.method;
  made.path = request.target;
  made.body = request.body;
  made.headers.emplace("Host", authority);
  for (const auto& [name, value] : request.headers) made.headers.emplace(name, value);
  made.response_handler = [&arrival](const httplib::Response& head) {
    arrival.no_body = head.status == 304;
    if (arrival.no_body) take_head(head, arrival.response);
    return !arrival.no_body;
  };
  made.content_receiver = [&arrival, bytes_max](const char* bytes, std::size_t count, std::uint64_t,
                                                std::uint64_t) {
    arrival.too_long = arrival.response.body.size() + count > bytes_max;
    if (!arrival.too_long) arrival.response.body.append(bytes, count);
    return !arrival.too_long;
  };
  return made;
}

std::string milliseconds_text(std::chrono::milliseconds time) {
  return std::to_string(time.count()) + " ms";
}

Error connection_error(httplib::Error error, const HttpTransport::Options& options) {
  switch (error) {
    case httplib::Error::Connection:
      if (options.expected_peer.empty()) return unavailable("cannot connect");
      return unavailable("cannot connect; is " + options.expected_peer + " running there?");
    case httplib::Error::ConnectionTimeout:
      return unavailable("no connection within " + milliseconds_text(options.connect_timeout));
    case httplib::Error::Read:
      return unavailable("the connection broke, or no answer came within " +
                         milliseconds_text(options.read_timeout));
    case httplib::Error::Write:
      return unavailable("the connection broke while the request was sent");
    default:
      return unavailable("the connection failed: " + httplib::to_string(error));
  }
}

// A stream that breaks when a bound is reached.
class BoundedStream final : public httplib::Stream {
 public:
  BoundedStream(httplib::Stream& inner, AnswerBounds& bounds) : inner_(inner), bounds_(bounds) {}

  bool is_readable() const override { return inner_.is_readable(); }
  bool is_writable() const override { return inner_.is_writable(); }
  ssize_t read(char* bytes, std::size_t count) override {
    if (!bounds_.allow(AnswerBounds::Clock::now())) return -1;
    const ssize_t got = inner_.read(bytes, std::min(count, bounds_.bytes_left()));
    if (got > 0) bounds_.note(static_cast<std::size_t>(got), AnswerBounds::Clock::now());
    return got;
  }
  ssize_t write(const char* bytes, std::size_t count) override {
    return inner_.write(bytes, count);
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    inner_.get_remote_ip_and_port(ip, port);
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    inner_.get_local_ip_and_port(ip, port);
  }
  socket_t socket() const override { return inner_.socket(); }

 private:
  httplib::Stream& inner_;
  AnswerBounds& bounds_;
};

// The library's client, with bounds to each answer.
class BoundedClient : public httplib::ClientImpl {
 public:
  BoundedClient(const ServerAddress& address, const HttpTransport::Options& options)
      : ClientImpl(address.host, address.port), options_(options) {}

  // Before each request.
  void begin() {
    bounds_ = AnswerBounds({.time_max = options_.answer_timeout,
                            .bytes_max = options_.answer_bytes_max + kHeadBytesMax,
                            .rate_min = options_.answer_rate_min,
                            .rate_grace = options_.answer_rate_grace},
                           AnswerBounds::Clock::now());
  }
  [[nodiscard]] const AnswerBounds& bounds() const { return bounds_; }

 protected:
  using Callback = std::function<bool(httplib::Stream&)>;
  bool within_bounds(httplib::Stream& stream, const Callback& callback) {
    BoundedStream bounded(stream, bounds_);
    return callback(bounded);
  }

 private:
  bool process_socket(const Socket& socket, Callback callback) override {
    using std::chrono::microseconds;
    const microseconds timeout = options_.read_timeout;
    constexpr std::int64_t kSecond = 1'000'000;
    const auto whole = static_cast<time_t>(timeout.count() / kSecond);
    const auto rest = static_cast<time_t>(timeout.count() % kSecond);
    return httplib::detail::process_client_socket(
        socket.sock, whole, rest, whole, rest,
        [&](httplib::Stream& stream) { return within_bounds(stream, callback); });
  }

  HttpTransport::Options options_;
  AnswerBounds bounds_;
};

// What the library reads from and writes to in place of its socket.
class TlsStream final : public httplib::Stream {
 public:
  // Borrows both; the connection may go away meanwhile, and then nothing can be read or written.
  TlsStream(const std::unique_ptr<TlsConnection>& connection, socket_t socket)
      : connection_(connection), socket_(socket) {}

  bool is_readable() const override { return connection_ != nullptr; }
  bool is_writable() const override { return connection_ != nullptr; }
  ssize_t read(char* bytes, std::size_t count) override {
    return connection_ == nullptr ? -1 : connection_->read(bytes, count);
  }
  ssize_t write(const char* bytes, std::size_t count) override {
    return connection_ == nullptr ? -1 : connection_->write(bytes, count);
  }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return socket_; }

 private:
  const std::unique_ptr<TlsConnection>& connection_;
  socket_t socket_;
};

// The library's client over a TlsConnection. The library has TLS of its own, which takes the name
// in a certificate's subject for the host's, sets no bound to a whole handshake, does not say what
// is wrong with a certificate, and sends a request into a connection that the server has closed.
class TlsClient final : public BoundedClient {
 public:
  TlsClient(const ServerAddress& address, TlsTrust trust, const HttpTransport::Options& options)
      : BoundedClient(address, options),
        trust_(std::move(trust)),
        options_{.host = address.host,
                 .handshake_timeout = options.connect_timeout,
                 .io_timeout = options.read_timeout} {}
  ~TlsClient() override { stop(); }

  void close_if_stale() {
    if (connection_ != nullptr && !connection_->is_quiet()) stop();
  }
  // Why the last handshake failed, if one did since this was asked last.
  std::optional<Error> take_handshake_error() { return std::exchange(handshake_error_, {}); }

 private:
  bool create_and_connect_socket(Socket& socket, httplib::Error& error) override {
    if (!ClientImpl::create_and_connect_socket(socket, error)) return false;
    auto opened = TlsConnection::open(trust_, socket.sock, options_);
    if (opened) {
      connection_ = std::move(*opened);
      return true;
    }
    handshake_error_ = std::move(opened.error());
    shutdown_socket(socket);
    close_socket(socket);
    error = httplib::Error::SSLConnection;
    return false;
  }
  void shutdown_ssl(Socket&, bool shutdown_gracefully) override {
    if (connection_ != nullptr && shutdown_gracefully) connection_->say_goodbye();
    connection_.reset();
  }
  bool process_socket(const Socket& socket, Callback callback) override {
    TlsStream stream(connection_, socket.sock);
    return within_bounds(stream, callback);
  }

  TlsTrust trust_;
  TlsConnection::Options options_;
  std::unique_ptr<TlsConnection> connection_;
  std::optional<Error> handshake_error_;
};

void set_up(httplib::ClientImpl& library, const HttpTransport::Options& options) {
  library.set_keep_alive(true);
  library.set_tcp_nodelay(true);
  library.set_url_encode(false);
  library.set_decompress(false);
  library.set_follow_location(false);
  library.set_connection_timeout(options.connect_timeout);
  library.set_read_timeout(options.read_timeout);
  library.set_write_timeout(options.read_timeout);
}

}  // namespace

struct HttpTransport::Connection {
  Connection(std::string url_, std::string authority_, const Options& options_)
      : url(std::move(url_)), authority(std::move(authority_)), options(options_) {}
  ~Connection() {
    const SigpipeHeld held;  // the goodbye of TLS is written
    library.reset();
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Result<void> use(const ServerAddress& address) {
    if (!address.is_https) {
      library = std::make_unique<BoundedClient>(address, options);
    } else {
      TITAN_ASSIGN(TlsTrust trust,
                   TlsTrust::open({.ca_file = options.ca_file,
                                   .check_validity_period = options.check_validity_period}));
      auto client = std::make_unique<TlsClient>(address, std::move(trust), options);
      tls = client.get();
      library = std::move(client);
    }
    set_up(*library, options);
    return {};
  }

  Result<HttpResponse> send(const HttpRequest& request) {
    Arrival arrival;
    const httplib::Request made =
        library_request(request, authority, options.answer_bytes_max, arrival);
    const SigpipeHeld held;
    if (tls != nullptr) tls->close_if_stale();
    library->begin();
    const httplib::Result result = library->send(made);
    if (tls != nullptr) {
      if (auto error = tls->take_handshake_error()) return std::move(*error);
    }
    const AnswerBounds::Found found = library->bounds().found();
    if (found == AnswerBounds::Found::too_slow) {
      return unavailable("the answer came with less than " +
                         std::to_string(options.answer_rate_min) + " bytes a second");
    }
    if (found == AnswerBounds::Found::too_late) {
      return unavailable("the answer did not come whole within " +
                         milliseconds_text(options.answer_timeout));
    }
    if (arrival.too_long || found == AnswerBounds::Found::too_long) {
      return exhausted("the answer is longer than " + std::to_string(options.answer_bytes_max) +
                       " bytes");
    }
    if (!result && !arrival.no_body) return connection_error(result.error(), options);
    // The library tells of the head of a 204, or of the answer to HEAD, only at the end.
    if (result) take_head(*result, arrival.response);
    return std::move(arrival.response);
  }

  std::string url;
  std::string authority;
  Options options;
  std::unique_ptr<BoundedClient> library;
  TlsClient* tls = nullptr;  // the library's client, when it speaks TLS
};

HttpTransport::HttpTransport(std::unique_ptr<Connection> connection)
    : connection_(std::move(connection)) {}

HttpTransport::~HttpTransport() = default;

Result<std::unique_ptr<HttpTransport>> HttpTransport::open(std::string_view url,
                                                           const Options& options) {
  TITAN_ASSIGN(const ServerAddress address, parse_url(url));
  if (!options.ca_file.empty() && !address.is_https) {
    return bad_url(url, "speaks no TLS, for which --ca-file names certificates");
  }
  auto connection = std::make_unique<Connection>(std::string(url), address.authority, options);
  TITAN_TRY(connection->use(address));
  return std::unique_ptr<HttpTransport>(new HttpTransport(std::move(connection)));
}

Result<HttpResponse> HttpTransport::send(const HttpRequest& request) {
  TITAN_TRY(check_sendable(request));
  try {
    Result<HttpResponse> response = connection_->send(request);
    if (!response) response.error().subject = connection_->url;
    return response;
  } catch (const std::exception& failure) {
    return Error{ErrorCode::internal, std::string("the HTTP library failed: ") + failure.what(),
                 connection_->url};
  }
}

}  // namespace titan::client
