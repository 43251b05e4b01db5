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
// first). A fault is told as soon as it can be seen.
// Statuses: 400, 411 (Transfer-Encoding; a body needs a length), 413, 414, 415 (Content-Encoding),
// 417 (another expectation), 431, 501 (a method that nobody knows), 505.
tl::expected<std::optional<HeadRead>, BadRequest> read_head(std::string_view text,
                                                            std::size_t& searched);

}  // namespace titan::front_door
