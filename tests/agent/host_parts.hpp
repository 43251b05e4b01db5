#pragma once

#include <memory>
#include <vector>

#include "agent/drivers/driver_set.hpp"
#include "agent/drivers/files_driver.hpp"
#include "tests/agent/fake_prober.hpp"
#include "tests/support/fake_process_runner.hpp"

namespace titan::testing {

// What runs on a host, for an agent in a test: nothing does. Its driver is `files`, and others that
// are given.
struct HostParts {
  HostParts() : HostParts(std::vector<std::unique_ptr<agent::Driver>>()) {}
  explicit HostParts(std::vector<std::unique_ptr<agent::Driver>> others)
      : drivers(with_files(std::move(others))) {}

  FakeProcessRunner processes;
  FakeProber prober;
  agent::DriverSet drivers;

 private:
  static std::vector<std::unique_ptr<agent::Driver>> with_files(
      std::vector<std::unique_ptr<agent::Driver>> drivers) {
    drivers.push_back(std::make_unique<agent::FilesDriver>());
    return drivers;
  }
};

}  // namespace titan::testing
