#include "cli/login_hint.hpp"

#include <utility>

namespace titan::cli {
namespace {

class HintingTransport final : public Transport {
 public:
  HintingTransport(std::unique_ptr<Transport> transport, Error hint)
      : transport_(std::move(transport)), hint_(std::move(hint)) {}

  Result<HttpResponse> send(const HttpRequest& request) override {
    constexpr int kUnauthorized = 401;
    TITAN_ASSIGN(HttpResponse response, transport_->send(request));
    if (response.status == kUnauthorized) return hint_;
    return response;
  }

 private:
  std::unique_ptr<Transport> transport_;
  Error hint_;
};

}  // namespace

std::unique_ptr<Transport> with_login_hint(std::unique_ptr<Transport> transport, Error hint) {
  return std::make_unique<HintingTransport>(std::move(transport), std::move(hint));
}

}  // namespace titan::cli
