#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace titan::gitops {

// Whom an SSH server lets in, where nobody is named.
constexpr std::string_view kStandardSshUser = "git";

// Where a remote is: the path of a bare repository, its file:// URL, https://HOST[:PORT]/PATH,
// http:// likewise, ssh://[USER@]HOST[:PORT]/PATH, or [USER@]HOST:PATH, which is ssh too when the
// ":" stands before the first "/". A plain value.
struct RemoteAddress {
  enum class Kind { file, http, ssh };

  Kind kind = Kind::file;
  std::string path = {};    // of file and ssh decoded; of http as it stands there, with its "/"
  std::string server = {};  // of http: "https://HOST:PORT", as it stands there
  bool is_plain = false;    // of http: without TLS
  std::string user = {};    // empty: none is named
  std::string host = {};    // without the brackets of an IPv6 address
  std::uint16_t port = 0;   // of ssh

  // invalid for other schemes, another machine's file://, a query or fragment, a host or path that
  // is none, and a password: that belongs into a file. The message has no credentials.
  static Result<RemoteAddress> parse(std::string_view remote);
  // Whether the host is this machine by its name or address: localhost, 127.0.0.0/8, ::1.
  [[nodiscard]] bool is_loopback() const;
};

// Whether a text names a remote in one of the forms above that are no plain path.
bool is_remote_url(std::string_view text);

// The path that a file remote stands for. invalid, too, for other remotes.
Result<std::string> path_of_remote(std::string_view remote);

// The remote as it may be shown and logged: without user, password, query and fragment.
std::string without_credentials(std::string_view remote);

}  // namespace titan::gitops
