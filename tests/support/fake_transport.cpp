#include "tests/support/fake_transport.hpp"

namespace titan::testing {

Result<HttpResponse> FakeTransport::send(const HttpRequest& request) {
  const std::string name = request.method + " " + request.target;
  requests_.push_back(request);
  TITAN_TRY(faults_.call(name));
  if (!script_.empty()) {
    Result<HttpResponse> response = std::move(script_.front());
    script_.pop_front();
    return response;
  }
  if (!handler_) return internal("the test has no answer for " + name);
  return handler_(request);
}

}  // namespace titan::testing
