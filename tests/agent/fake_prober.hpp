#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "agent/prober.hpp"

namespace titan::testing {

// Asks nothing: records the checks, and says of each what the handler says; without one, that it
// holds. For one thread.
class FakeProber final : public agent::Prober {
 public:
  using Handler = std::function<Result<void>(const model::HealthCheck&, OutputTail&)>;
  struct Asked {
    model::HealthCheck check = {};
    std::chrono::seconds timeout{0};
    std::string folder = {};
  };

  FakeProber() = default;
  explicit FakeProber(Handler handler) : handler_(std::move(handler)) {}

  Result<void> probe(const model::HealthCheck& check, std::chrono::seconds timeout,
                     const std::string& folder, OutputTail& output) override {
    asked_.push_back({check, timeout, folder});
    return handler_ ? handler_(check, output) : Result<void>();
  }
  [[nodiscard]] const std::vector<Asked>& asked() const { return asked_; }

 private:
  Handler handler_;
  std::vector<Asked> asked_;
};

}  // namespace titan::testing
