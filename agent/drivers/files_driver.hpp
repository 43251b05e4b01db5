#pragma once

#include "agent/drivers/driver.hpp"

namespace titan::agent {

// The driver `files`: files under `root/` are placed, by the agent itself, and that is all. Hooks
// are what makes something of them. Works on every host; nothing of it fails.
class FilesDriver final : public Driver {
 public:
  [[nodiscard]] std::string_view name() const override { return "files"; }
  [[nodiscard]] bool acts() const override { return false; }
  Result<void> available() override { return {}; }
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
