#pragma once

#include "agent/drivers/passive_driver.hpp"

namespace titan::agent {

// The driver `files`: files under `root/` are placed, by the agent itself, and that is all. Hooks
// are what makes something of them.
class FilesDriver final : public PassiveDriver {
 public:
  [[nodiscard]] std::string_view name() const override { return "files"; }
};

}  // namespace titan::agent
