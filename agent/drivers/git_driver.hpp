#pragma once

#include "agent/drivers/driver.hpp"

namespace titan::agent {

// The driver `git`: what is rendered is committed, and no more. It is for a controller (Flux, Argo
// CD) or a person to apply it from the repository: nothing is placed or unpacked on the host, and
// what a controller makes of it is not looked at. Works on every host; nothing of it fails.
class GitDriver final : public Driver {
 public:
  [[nodiscard]] std::string_view name() const override { return "git"; }
  Result<void> available() override { return {}; }
  [[nodiscard]] bool acts() const override { return false; }
  [[nodiscard]] bool places_files() const override { return false; }
  [[nodiscard]] bool unpacks(std::string_view /*path*/) const override { return false; }
  Result<void> check(const Generation& /*generation*/) override { return {}; }
  Result<void> before_files(const DriverChange& /*change*/, OutputTail& /*output*/) override {
    return {};
  }
  Result<void> after_files(const DriverChange& /*change*/, OutputTail& /*output*/) override {
    return {};
  }
  Result<std::vector<std::string>> drift(const Generation& /*generation*/) override {
    return std::vector<std::string>{};
  }
};

}  // namespace titan::agent
