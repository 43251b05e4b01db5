#include "agent/drivers/driver_set.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace titan::agent {

Result<Driver*> DriverSet::find(std::string_view name) {
  for (const auto& driver : drivers_) {
    if (driver->name() != name) continue;
    TITAN_TRY(driver->available());
    return driver.get();
  }
  return unavailable("the driver " + quote(name) + " is not on this host, which has " +
                     join(available(), ", "));
}

std::vector<std::string> DriverSet::available() {
  std::vector<std::string> names;
  for (const auto& driver : drivers_) {
    if (driver->available()) names.emplace_back(driver->name());
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace titan::agent
