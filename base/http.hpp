#pragma once

#include <string>
#include <string_view>

#include "base/flat_map.hpp"

namespace titan {

// Compares header names without regard to ASCII case (RFC 9110, section 5.1).
struct HeaderNameLess {
  using is_transparent = void;
  bool operator()(std::string_view left, std::string_view right) const;
};
using HttpHeaders = FlatMap<std::string, std::string, HeaderNameLess>;
using HttpParameters = FlatMap<std::string, std::string>;  // of paths and queries

// One HTTP message each way, whole in memory: the same types on the client's side and the
// server's, so that a test or a simulation can join the two without a socket.
struct HttpRequest {
  std::string method = "GET";
  std::string target = "/";  // path and query, percent-encoded
  HttpHeaders headers = {};
  std::string body = {};

  [[nodiscard]] std::string_view path() const;
  [[nodiscard]] std::string_view query() const;
};

struct HttpResponse {
  int status = 200;
  HttpHeaders headers = {};
  std::string body = {};

  // The header's value, or "" when there is none.
  [[nodiscard]] std::string header(std::string_view name) const;
};

// RFC 3986: everything but unreserved characters becomes %XX.
std::string percent_encode(std::string_view text);
// The reverse; a "%" that no two hex digits follow stays as it is.
std::string percent_decode(std::string_view text);
// The decoded parameters of "a=1&b=x%20y"; of a repeated name the last one counts.
HttpParameters parse_query(std::string_view query);

}  // namespace titan
