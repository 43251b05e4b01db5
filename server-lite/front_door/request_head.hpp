#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "base/http.hpp"

namespace titan::front_door {

// The request line and the headers of one request, read strictly: what two readers could
// understand in two ways is refused (RFC 9112, and section 11.2 of it).
struct RequestHead {
  std::string method = {};
  std::string target = {};        // in origin form: starts with "/"
  HttpHeaders headers = {};       // repeated ones joined by ", " where that is allowed
  std::size_t body_bytes = 0;     // by Content-Length
  bool keeps_alive = true;        // the client wants to go on with the connection
  bool expects_continue = false;  // and waits for "100 Continue" before it sends the body
};

// The request cannot be served; the connection is closed after the answer.
struct BadRequest {
  int status = 400;
  std::string message = {};  // for people: what was found, what was expected
};

// What `text` holds from its start on; the rest is of the body or of later requests.
struct HeadRead {
  RequestHead head = {};
  std::size_t bytes = 0;  // of the head, with the empty line
};

// Reads the head of a request as far as it has come. nullopt: so far nothing is wrong, more has to
// come; `searched` holds how much of the text needs no second look and goes back in with more (0 at
// first). A fault is told as soon as it can be seen: of what a line looks like at the byte, of what
// it means at its end, of what is missing at the end of the head. So the answer is the same in
// whatever pieces the text comes.
// Statuses: 400, 411 (Transfer-Encoding; a body needs a length), 413, 414, 415 (Content-Encoding),
// 417 (another expectation), 431, 501 (a method that nobody knows), 505.
//
// Stricter than RFC 9112 asks for, all 400:
// - a target in another form than the origin's, or with a byte that RFC 3986 does not allow there,
//   a bad percent triplet, or "%00";
// - "%" in the name of a header, and bytes from 0x80 on in a value;
// - a Host that is no name, IPv4 address or "[IPv6 address]", with a port or without;
// - a header that has one value, twice, even with the same; so with Content-Length.
// At most one empty line before the request line is skipped.
tl::expected<std::optional<HeadRead>, BadRequest> read_head(std::string_view text,
                                                            std::size_t& searched);

}  // namespace titan::front_door
