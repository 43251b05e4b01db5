#pragma once

#include "agent/drivers/driver.hpp"

namespace titan::agent {

// A driver that runs nothing: what it is for is done by the agent itself, or by somebody else.
// Works on every host; nothing of it fails.
class PassiveDriver : public Driver {
 public:
  [[nodiscard]] bool acts() const final { return false; }
  Result<void> available() final { return {}; }
  [[nodiscard]] bool unpacks(std::string_view /*path*/) const final { return false; }
  Result<void> check(const Generation& /*generation*/) final { return {}; }
  Result<void> before_files(const DriverChange& /*change*/, OutputTail& /*output*/) final {
    return {};
  }
  Result<void> after_files(const DriverChange& /*change*/, OutputTail& /*output*/) final {
    return {};
  }
  Result<std::vector<std::string>> drift(const Generation& /*generation*/) final {
    return std::vector<std::string>{};
  }
};

}  // namespace titan::agent
