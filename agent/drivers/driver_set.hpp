#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agent/drivers/driver.hpp"
#include "base/result.hpp"

namespace titan::agent {

// The drivers of a host. Not for use from several threads.
class DriverSet {
 public:
  explicit DriverSet(std::vector<std::unique_ptr<Driver>> drivers) : drivers_(std::move(drivers)) {}

  // unavailable, saying what is there or what is missing: the host does not have it.
  Result<Driver*> find(std::string_view name);
  // The names of those that work, sorted.
  std::vector<std::string> available();

 private:
  std::vector<std::unique_ptr<Driver>> drivers_;
};

}  // namespace titan::agent
