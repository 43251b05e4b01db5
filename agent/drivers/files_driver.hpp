#pragma once

#include "agent/drivers/driver.hpp"

namespace titan::agent {

constexpr std::string_view kFilesDriver = "files";

// Files at their places, and nothing more: the agent does all of it.
class FilesDriver final : public Driver {
 public:
  [[nodiscard]] std::string_view name() const override { return kFilesDriver; }
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
    return std::vector<std::string>();
  }
};

}  // namespace titan::agent
