#pragma once

#include "agent/drivers/passive_driver.hpp"

namespace titan::agent {

// The driver `git`: what is rendered is committed, and no more. It is for a controller (Flux, Argo
// CD) or a person to apply it from the repository: nothing is placed or unpacked on the host, and
// what a controller makes of it is not looked at.
class GitDriver final : public PassiveDriver {
 public:
  [[nodiscard]] std::string_view name() const override { return "git"; }
  [[nodiscard]] bool places_files() const override { return false; }
};

}  // namespace titan::agent
