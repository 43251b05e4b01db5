#pragma once

#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <utility>

#include "model/key.hpp"
#include "reconciler/fleet.hpp"
#include "store/store.hpp"

namespace titan::server_lite {

// The part of the store that every question about hosts needs, in memory.
struct FleetView {
  reconciler::Fleet fleet = {};
  std::map<model::Key, store::StoredReport> reports = {};  // by host
  std::map<model::Key, Digest> report_digests = {};        // of the reports
  std::set<model::Key> heard_of = {};                      // hosts that have synced
  std::set<model::Key> deleting = {};                      // deployments that wait for their hosts
};

// Guards a FleetView: many readers, or the one writer. Whoever reads or updates must do no I/O
// meanwhile, so that a slow disk never delays a host's question.
class FleetState {
 public:
  template <class Question>
  auto read(Question&& question) const {
    const std::shared_lock lock(mutex_);
    return std::forward<Question>(question)(static_cast<const FleetView&>(view_));
  }
  template <class Update>
  void update(Update&& update) {
    const std::unique_lock lock(mutex_);
    std::forward<Update>(update)(view_);
  }

 private:
  mutable std::shared_mutex mutex_;
  FleetView view_;  // guarded by mutex_
};

void put_report(FleetView& view, const model::Key& host, store::StoredReport stored);
void forget_report(FleetView& view, const model::Key& host);

// The hosts whose last report lists the deployment, in order.
std::vector<std::string> holders_of(const FleetView& view, const model::Key& deployment);

}  // namespace titan::server_lite
