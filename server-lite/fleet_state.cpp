#include "server-lite/fleet_state.hpp"

#include <algorithm>

namespace titan::server_lite {

std::vector<std::string> holders_of(const FleetView& view, const model::Key& deployment) {
  std::vector<std::string> holders;
  for (const auto& [host, stored] : view.reports) {
    const auto& listed = stored.report.deployments;
    const auto lists = [&](const auto& report) { return report.key == deployment; };
    if (std::any_of(listed.begin(), listed.end(), lists)) holders.push_back(host.name);
  }
  return holders;
}

}  // namespace titan::server_lite
