#pragma once

#include "agent/drivers/driver_set.hpp"
#include "tests/agent/fake_prober.hpp"
#include "tests/support/fake_process_runner.hpp"

namespace titan::testing {

// What runs on a host, for an agent in a test: nothing does. Its drivers are `files` and `git`, as
// the others have no programs.
struct HostParts {
  FakeProcessRunner processes;
  FakeProcessRunner no_programs{[](const Command& command) -> Result<Outcome> {
    return not_found(command.arguments[0] + " is not installed");
  }};
  FakeProber prober;
  agent::DriverSet drivers{
      no_programs, {.systemd = {.runtime_folder = "/nowhere/systemd"}, .external_folders = {}}};
};

}  // namespace titan::testing
