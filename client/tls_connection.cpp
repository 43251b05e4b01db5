#include "client/tls_connection.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "client/limits.hpp"

namespace titan::client {
namespace {

using std::chrono::milliseconds;

struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Certificate = std::unique_ptr<X509, FreeCertificate>;
struct FreeNames {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

// Why a certificate was not accepted. OpenSSL forgets the certificate with the handshake.
struct CertificateRefusal {
  int error = X509_V_OK;
  int depth = 0;  // 0: the server's own, 1: its authority's, …
  Certificate certificate = {};
};

Certificate share(X509* certificate) {
  if (certificate != nullptr) X509_up_ref(certificate);
  return Certificate(certificate);
}

int keep_refusal(int accepted, X509_STORE_CTX* chain) {
  if (accepted == 1) return 1;
  const auto* session = static_cast<const SSL*>(
      X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* const refusal = static_cast<CertificateRefusal*>(SSL_get_app_data(session));
  refusal->error = X509_STORE_CTX_get_error(chain);
  refusal->depth = X509_STORE_CTX_get_error_depth(chain);
  refusal->certificate = share(X509_STORE_CTX_get_current_cert(chain));
  return 0;
}

// Waits until the socket is ready or the time is over; false then.
bool wait_for(int socket, short events, Clock::Monotonic deadline) {
  const SystemClock clock;
  while (true) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - clock.monotonic());
    if (left <= milliseconds(0)) return false;
    pollfd entry{.fd = socket, .events = events, .revents = 0};
    const auto bounded = std::min<milliseconds::rep>(left.count(), 1'000'000'000);
    const int ready = ::poll(&entry, 1, static_cast<int>(bounded));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

// What to wait for after `result`; 0 when waiting does not help.
short wanted_events(const SSL* session, int result) {
  switch (SSL_get_error(session, result)) {
    case SSL_ERROR_WANT_READ:
      return POLLIN;
    case SSL_ERROR_WANT_WRITE:
      return POLLOUT;
    default:
      return 0;
  }
}

bool is_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return ::inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
}

// Whom the certificate must be for; SNI (RFC 6066, section 3) is for names only, without the dot at
// their end.
bool expect_host(SSL* session, std::string host) {
  X509_VERIFY_PARAM* const rules = SSL_get0_param(session);
  host = host.substr(0, host.find('%'));  // the zone of an IPv6 address
  if (is_address(host)) return X509_VERIFY_PARAM_set1_ip_asc(rules, host.c_str()) == 1;
  if (host.ends_with('.')) host.pop_back();
  X509_VERIFY_PARAM_set_hostflags(
      rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  return !host.empty() && X509_VERIFY_PARAM_set1_host(rules, host.data(), host.size()) == 1 &&
         SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host.data()) ==
             1;
}

// ---- what is said of a certificate

std::string text_of(const ASN1_STRING* bytes) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(bytes)),
          static_cast<std::size_t>(ASN1_STRING_length(bytes))};
}

std::optional<std::string> text_of(const GENERAL_NAME* name) {
  if (name->type == GEN_DNS) return text_of(name->d.dNSName);
  if (name->type != GEN_IPADD) return std::nullopt;
  const std::string bytes = text_of(name->d.iPAddress);
  if (bytes.size() != sizeof(in_addr) && bytes.size() != sizeof(in6_addr)) return std::nullopt;
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(bytes.size() == sizeof(in_addr) ? AF_INET : AF_INET6, bytes.data(), text.data(),
              text.size());
  return text.data();
}

// The names and addresses that the certificate is for, the first few.
std::vector<std::string> names_of(const X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, FreeNames> all(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> names;
  for (int i = 0; i < sk_GENERAL_NAME_num(all.get()); ++i) {
    const auto name = text_of(sk_GENERAL_NAME_value(all.get(), i));
    if (!name) continue;
    if (names.size() == kCertificateNamesShown) {
      names.emplace_back("…");
      break;
    }
    names.push_back(quote(*name));
  }
  return names;
}

std::string time_text(const ASN1_TIME* time) {
  std::tm parts{};
  std::array<char, 32> text{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "a time that cannot be read";
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

std::string wrong_host(const CertificateRefusal& refusal, const std::string& host) {
  const auto names =
      refusal.certificate ? names_of(refusal.certificate.get()) : std::vector<std::string>();
  const std::string fix =
      "give the server a certificate with " + quote(host) + " in its subjectAltName";
  if (names.empty()) return "the server's certificate is for no host at all; " + fix;
  return "the server's certificate is for " + join(names, ", ") + " and not for " + quote(host) +
         "; use such a name in the URL, or " + fix;
}

std::string not_signed(const CertificateRefusal& refusal, const std::string& ca_file) {
  const std::string why = X509_verify_cert_error_string(refusal.error);
  const std::string who = ca_file.empty() ? "nobody whom this system trusts has signed"
                                          : "no certificate in " + ca_file + " has signed";
  return who + " the server's certificate (" + why +
         "); name the file that holds its authority's certificate with --ca-file";
}

Error untrusted(const CertificateRefusal& refusal, const std::string& host,
                const std::string& ca_file) {
  const std::string which =
      refusal.depth == 0 ? "the server's certificate" : "the certificate of the server's authority";
  const X509* const certificate = refusal.certificate.get();
  switch (refusal.error) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return denied(wrong_host(refusal, host));
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_UNTRUSTED:
      return denied(not_signed(refusal, ca_file));
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return denied(which + " has expired at " + time_text(X509_get0_notAfter(certificate)) +
                    "; renew it, or set the clock of this machine");
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return denied(which + " is valid from " + time_text(X509_get0_notBefore(certificate)) +
                    " on; wait until then, or set the clock of this machine");
    default:
      return denied(which + " cannot be accepted: " + X509_verify_cert_error_string(refusal.error) +
                    "; give the server another one");
  }
}

Error failed_handshake(unsigned long code) {
  if (code == 0 || ERR_SYSTEM_ERROR(code)) {
    return unavailable("the connection broke during the TLS handshake");
  }
  switch (ERR_GET_REASON(code)) {
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
      return unavailable("the connection broke during the TLS handshake");
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_HTTP_REQUEST:
      return unavailable("what answers there does not speak TLS; is its URL http:// instead?");
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
      return unavailable("the server speaks an older TLS than 1.2, the oldest that titan accepts");
    default:
      break;
  }
  const char* const reason = ERR_reason_error_string(code);
  return unavailable("the TLS handshake failed: " +
                     std::string(reason == nullptr ? "no reason is known" : reason));
}

}  // namespace

void TlsConnection::Free::operator()(SSL* session) const {
  SSL_free(session);
}

TlsConnection::TlsConnection(std::unique_ptr<SSL, Free> session, int socket, const Options& options)
    : session_(std::move(session)), socket_(socket), options_(options) {}

TlsConnection::~TlsConnection() = default;

Result<std::unique_ptr<TlsConnection>> TlsConnection::open(const TlsTrust& trust, int socket,
                                                           const Options& options) {
  ERR_clear_error();
  std::unique_ptr<SSL, Free> session(SSL_new(trust.get()));
  const int flags = ::fcntl(socket, F_GETFL);
  if (session == nullptr || SSL_set_fd(session.get(), socket) != 1 || flags < 0 ||
      ::fcntl(socket, F_SETFL, flags | O_NONBLOCK) != 0) {
    return exhausted("there is no memory for TLS");
  }
  if (!expect_host(session.get(), options.host)) {
    return invalid("the host " + quote(options.host) + " can stand in no certificate");
  }
  std::unique_ptr<TlsConnection> made(new TlsConnection(std::move(session), socket, options));
  TITAN_TRY(made->handshake(trust));
  return made;
}

Result<void> TlsConnection::handshake(const TlsTrust& trust) {
  CertificateRefusal refusal;
  SSL_set_app_data(session_.get(), &refusal);
  SSL_set_verify(session_.get(), SSL_VERIFY_PEER, &keep_refusal);
  const auto deadline = SystemClock().monotonic() + options_.handshake_timeout;
  int result = 0;
  while ((result = SSL_connect(session_.get())) != 1) {
    const short events = wanted_events(session_.get(), result);
    if (events == 0) break;
    if (!wait_for(socket_, events, deadline)) {
      return unavailable("no TLS handshake within " +
                         std::to_string(options_.handshake_timeout.count()) + " ms");
    }
  }
  SSL_set_app_data(session_.get(), nullptr);
  const unsigned long code = ERR_peek_error();
  ERR_clear_error();
  if (result == 1) return {};
  if (refusal.error != X509_V_OK) return untrusted(refusal, options_.host, trust.ca_file());
  return failed_handshake(code);
}

bool TlsConnection::can_go_on(int result) {
  const short events = wanted_events(session_.get(), result);
  return events != 0 && wait_for(socket_, events, SystemClock().monotonic() + options_.io_timeout);
}

ssize_t TlsConnection::read(char* bytes, std::size_t count) {
  while (true) {
    ERR_clear_error();
    std::size_t got = 0;
    const int result = SSL_read_ex(session_.get(), bytes, count, &got);
    if (result == 1) return static_cast<ssize_t>(got);
    if (SSL_get_error(session_.get(), result) == SSL_ERROR_ZERO_RETURN) return 0;
    if (!can_go_on(result)) return -1;
  }
}

ssize_t TlsConnection::write(const char* bytes, std::size_t count) {
  while (true) {
    ERR_clear_error();
    std::size_t put = 0;
    const int result = SSL_write_ex(session_.get(), bytes, count, &put);
    if (result == 1) return static_cast<ssize_t>(put);
    if (!can_go_on(result)) return -1;
  }
}

bool TlsConnection::is_quiet() {
  ERR_clear_error();
  char byte = 0;
  std::size_t got = 0;
  const int result = SSL_peek_ex(session_.get(), &byte, 1, &got);
  return result != 1 && SSL_get_error(session_.get(), result) == SSL_ERROR_WANT_READ;
}

void TlsConnection::say_goodbye() {
  ERR_clear_error();
  SSL_shutdown(session_.get());
  ERR_clear_error();
}

}  // namespace titan::client
