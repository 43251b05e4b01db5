#include "gitops/remote_address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/http.hpp"
#include "base/text.hpp"

namespace titan::gitops {
namespace {

constexpr std::string_view kSchemeEnd = "://";
constexpr std::uint16_t kSshPort = 22;

// Where the "://" of a URL stands. RFC 3986, section 3.1: what is before it is a name, or "://" may
// be anywhere, as behind a password.
std::size_t end_of_scheme(std::string_view remote) {
  const auto is_of_scheme = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '-' || c == '.';
  };
  const std::size_t end = remote.find(kSchemeEnd);
  if (end == std::string_view::npos || end == 0) return std::string_view::npos;
  return std::ranges::all_of(remote.substr(0, end), is_of_scheme) ? end : std::string_view::npos;
}

// Git's own rule: a ":" before the first "/" makes "host:path" of a text without a scheme.
bool is_scp_like(std::string_view remote) {
  const std::size_t colon = remote.find(':');
  return colon != std::string_view::npos && colon < remote.find('/');
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

Error unsupported(std::string_view remote) {
  return invalid("the remote " + quote(without_credentials(remote)) +
                 " is not supported; expected a path, file://, https://, http:// or ssh://, or "
                 "user@host:path");
}

Error bad(std::string_view remote, const std::string& what) {
  return invalid("the remote " + quote(without_credentials(remote)) + " " + what);
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_';
}
bool is_address_character(char c) {
  return is_host_character(c) || c == ':' || c == '%';
}

Result<void> read_user(std::string_view remote, std::string_view user, RemoteAddress& into) {
  if (user.find(':') != std::string_view::npos) {
    return bad(remote, "holds a password; put it into a file that is its owner's alone");
  }
  into.user = percent_decode(user);
  if (into.user.empty() || std::ranges::any_of(into.user, is_control)) {
    return bad(remote, "has a user that is no name");
  }
  return {};
}

// "[user@]host[:port]"; the user and the port may be left out.
Result<void> read_authority(std::string_view remote, std::string_view text, RemoteAddress& into) {
  if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) {
    TITAN_TRY(read_user(remote, text.substr(0, at), into));
    text.remove_prefix(at + 1);
  }
  std::string_view port;
  bool is_plain = false;
  if (text.starts_with('[')) {
    const std::size_t close = std::min(text.find(']'), text.size());
    into.host = text.substr(1, close - 1);
    is_plain = close < text.size() && std::ranges::all_of(into.host, is_address_character);
    port = text.substr(std::min(close + 1, text.size()));
  } else {
    const std::size_t colon = std::min(text.find(':'), text.size());
    into.host = text.substr(0, colon);
    is_plain = std::ranges::all_of(into.host, is_host_character);
    port = text.substr(colon);
  }
  if (into.host.empty() || into.host.starts_with('-') || !is_plain) {
    return bad(remote, "names no host that can be read");
  }
  if (port.empty()) return {};
  const char* const end = port.data() + port.size();
  const auto [stopped, failure] = std::from_chars(port.data() + 1, end, into.port);
  if (!port.starts_with(':') || failure != std::errc{} || stopped != end || into.port == 0) {
    return bad(remote, "has a port that is not 1 to 65535");
  }
  return {};
}

Result<RemoteAddress> parse_file(std::string_view remote, std::string_view rest) {
  constexpr std::string_view kThisMachine = "localhost";
  if (rest.starts_with(kThisMachine)) rest.remove_prefix(kThisMachine.size());
  if (!rest.starts_with('/')) return unsupported(remote);
  RemoteAddress made{.kind = RemoteAddress::Kind::file, .path = percent_decode(rest)};
  if (made.path.find('\0') != std::string::npos) return unsupported(remote);
  return made;
}

Result<void> check_no_query(std::string_view remote, std::string_view rest) {
  if (rest.find_first_of("?#") == std::string_view::npos) return {};
  return bad(remote, "has a query or a fragment; expected none");
}

Result<RemoteAddress> parse_ssh(std::string_view remote, std::string_view rest) {
  RemoteAddress made{.kind = RemoteAddress::Kind::ssh, .port = kSshPort};
  TITAN_TRY(check_no_query(remote, rest));
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  TITAN_TRY(read_authority(remote, rest.substr(0, slash), made));
  made.path = percent_decode(rest.substr(slash));
  if (made.path.size() < 2 || std::ranges::any_of(made.path, is_control)) {
    return bad(remote, "names no path");
  }
  if (made.path.starts_with("/~")) made.path.erase(0, 1);  // of somebody's home, as Git has it
  return made;
}

Result<RemoteAddress> parse_scp_like(std::string_view remote) {
  RemoteAddress made{.kind = RemoteAddress::Kind::ssh};
  const std::size_t colon = remote.find(':');
  TITAN_TRY(read_authority(remote, remote.substr(0, colon), made));
  made.port = kSshPort;
  made.path = remote.substr(colon + 1);
  const std::string_view first = std::string_view(made.path).substr(0, made.path.find('/'));
  if (first.find('@') != std::string_view::npos) {
    return bad(remote, "holds a password, or an \"@\" in its path; expected user@host:path");
  }
  if (made.path.empty()) return bad(remote, "names no path");
  return made;
}

Result<RemoteAddress> parse_http(std::string_view remote, std::string_view scheme,
                                 std::string_view rest) {
  RemoteAddress made{.kind = RemoteAddress::Kind::http, .is_plain = scheme == "http"};
  TITAN_TRY(check_no_query(remote, rest));
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  std::string_view authority = rest.substr(0, slash);
  TITAN_TRY(read_authority(remote, authority, made));
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    authority.remove_prefix(at + 1);
  }
  made.server = std::string(scheme) + "://" + std::string(authority);
  made.path = rest.substr(slash);
  while (made.path.ends_with('/')) made.path.pop_back();
  if (made.path.empty() || made.path.find(' ') != std::string::npos) {
    return bad(remote, "names no path, percent-encoded");
  }
  return made;
}

}  // namespace

Result<RemoteAddress> RemoteAddress::parse(std::string_view remote) {
  if (remote.empty() || std::ranges::any_of(remote, is_control)) return unsupported(remote);
  const std::size_t scheme_end = end_of_scheme(remote);
  if (scheme_end == std::string_view::npos) {
    if (is_scp_like(remote)) return parse_scp_like(remote);
    return RemoteAddress{.kind = Kind::file, .path = std::string(remote)};
  }
  const std::string_view scheme = remote.substr(0, scheme_end);
  const std::string_view rest = remote.substr(scheme_end + kSchemeEnd.size());
  if (scheme == "file") return parse_file(remote, rest);
  if (scheme == "ssh") return parse_ssh(remote, rest);
  if (scheme == "https" || scheme == "http") return parse_http(remote, scheme, rest);
  return unsupported(remote);
}

bool RemoteAddress::is_loopback() const {
  if (host == "localhost" || host == "::1") return true;
  in_addr address{};
  constexpr std::uint32_t kLoopback = 127;
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1 &&
         (ntohl(address.s_addr) >> 24U) == kLoopback;
}

bool is_remote_url(std::string_view text) {
  return end_of_scheme(text) != std::string_view::npos || is_scp_like(text);
}

Result<std::string> path_of_remote(std::string_view remote) {
  TITAN_ASSIGN(RemoteAddress address, RemoteAddress::parse(remote));
  if (address.kind == RemoteAddress::Kind::file) return std::move(address.path);
  return invalid("the remote " + quote(without_credentials(remote)) +
                 " is on another machine; expected a path or a file:// URL");
}

std::string without_credentials(std::string_view remote) {
  const std::size_t scheme_end = end_of_scheme(remote);
  const bool is_url = scheme_end != std::string_view::npos;
  if (!is_url && !is_scp_like(remote)) return std::string(remote);

  const std::size_t start = is_url ? scheme_end + kSchemeEnd.size() : 0;
  std::string_view rest = remote.substr(start);
  rest = rest.substr(0, rest.find_first_of("?#"));
  const std::string_view authority = rest.substr(0, rest.find('/'));
  // The last "@" ends the credentials: a password may hold one that is not encoded.
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    rest.remove_prefix(at + 1);
  }
  return std::string(remote.substr(0, start)) + std::string(rest);
}

}  // namespace titan::gitops
