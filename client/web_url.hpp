#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace titan::client {

// An absolute URL that a secret may be sent to: https, or http to this machine. Of RFC 3986 it
// takes what a web server's address needs; user names, fragments and characters that are not
// ASCII are refused.
struct WebUrl {
  std::string origin = {};  // "https://id.example.org:8443": for opening a Transport
  std::string target = {};  // path and query, at least "/": for an HttpRequest
  bool encrypted = false;   // https

  // invalid, quoting the URL, when it is anything else, or longer than kUrlBytesMax.
  static Result<WebUrl> parse(std::string_view text);
};

}  // namespace titan::client
