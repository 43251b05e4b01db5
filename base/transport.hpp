#pragma once

#include "base/http.hpp"
#include "base/result.hpp"

namespace titan {

// The seam to the network: sends one request to one server and waits for the answer.
// The real one is client/http_transport. Not for use from several threads at once.
class Transport {
 public:
  virtual ~Transport() = default;
  // An answer with any status is a value. unavailable: no connection, no answer in time.
  // exhausted: the answer is larger than the transport allows.
  virtual Result<HttpResponse> send(const HttpRequest& request) = 0;
};

}  // namespace titan
