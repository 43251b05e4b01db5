#include "server-lite/fleet_state.hpp"

#include <algorithm>

namespace titan::server_lite {

void put_report(FleetView& view, const model::Key& host, store::StoredReport stored) {
  view.report_digests[host] = model::digest_of(stored.report);
  view.reports[host] = std::move(stored);
}

void forget_report(FleetView& view, const model::Key& host) {
  view.report_digests.erase(host);
  view.reports.erase(host);
}

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
