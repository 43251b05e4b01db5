#pragma once

#include <string>
#include <string_view>

#include "base/http.hpp"

namespace titan::front_door {

// How an answer goes out.
struct ResponseForm {
  bool to_head = false;              // the request was HEAD: the headers alone
  bool keeps_alive = true;           // the connection goes on
  std::string_view date;             // for the Date header; empty: none
  std::size_t body_bytes_apart = 0;  // the body is that long, and sent by the caller
};

// Appends the response as HTTP/1.1 (RFC 9112), with its length. Bytes that must not stand in a
// header are left out of it.
void append_response(std::string& text, const HttpResponse& response, const ResponseForm& form);

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, section 5.6.7).
std::string http_date(std::int64_t unix_seconds);

// Compresses the body with gzip when the request accepts that and it is worth it.
void compress(const HttpRequest& request, HttpResponse& response);

}  // namespace titan::front_door
