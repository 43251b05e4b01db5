#pragma once

#include <deque>
#include <functional>
#include <vector>

#include "base/transport.hpp"
#include "tests/support/faults.hpp"

namespace titan::testing {

// A network without sockets: records the requests, and answers each with the next scripted
// response; when there is none, with what the handler says (a server's own entry, for instance);
// without a handler, with an internal error. Calls are named "GET /v1/hosts". For one thread.
class FakeTransport final : public Transport {
 public:
  using Handler = std::function<HttpResponse(const HttpRequest&)>;

  FakeTransport() = default;
  explicit FakeTransport(Handler handler) : handler_(std::move(handler)) {}

  void answer(Result<HttpResponse> response) { script_.push_back(std::move(response)); }
  Faults& faults() { return faults_; }
  [[nodiscard]] const std::vector<HttpRequest>& requests() const { return requests_; }

  Result<HttpResponse> send(const HttpRequest& request) override;

 private:
  Handler handler_;
  std::deque<Result<HttpResponse>> script_;
  std::vector<HttpRequest> requests_;
  Faults faults_;
};

}  // namespace titan::testing
