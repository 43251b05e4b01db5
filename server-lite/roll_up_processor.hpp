#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "reconciler/roll_up.hpp"
#include "server-lite/fleet_state.hpp"
#include "server-lite/processor.hpp"
#include "server-lite/template_renderer.hpp"

namespace titan::server_lite {

// The status of deployments, from what their hosts report, and of workloads whose template may be
// missing. A deployment that is being deleted goes when no host holds it any more.
//
// It works on what changed: by the feed, by a report, by a delivery. Reports are not in the feed,
// so after a start everything is looked at once, when all stored reports have been read. One
// deployment costs its hosts; one that took long is left alone for kRollUpRest times as long.
class RollUpProcessor final : public Processor {
 public:
  // Borrows all.
  RollUpProcessor(store::Store& store, FleetState& state, TemplateRenderer& renderer,
                  const Clock& clock, Log& log)
      : store_(store), state_(state), renderer_(renderer), clock_(clock), log_(log) {}
  // Call it once, first.
  void open();

  [[nodiscard]] std::string_view name() const override { return "status"; }
  void take(const model::Change& change) override;
  Result<Work> work(Clock::Monotonic now) override;
  void redo(const model::Key& key) override { mark(key, kNotOfTheFeed); }

  // From any thread. What hosts say of these changed, or why one has too few replicas.
  void touched(const std::set<model::Key>& deployments);
  // From any thread. These were handed to a host.
  void delivered(const std::vector<model::Key>& deployments);
  // From any thread. The last two left something to do that no change will tell of.
  [[nodiscard]] bool has_mail() const { return has_mail_; }

 private:
  static constexpr std::uint64_t kNotOfTheFeed = UINT64_MAX;
  using MaybeMutation = std::optional<store::Mutation>;

  void mark(const model::Key& key, std::uint64_t seq);
  void take_inbox();
  void rest_damaged(const model::Key& key, Clock::Monotonic now, const Error& error);
  Result<bool> read_reports();  // a page of them; false when all are read
  Result<MaybeMutation> status_of(const model::Key& key);
  Result<MaybeMutation> workload_status(model::Entity entity);
  Result<MaybeMutation> deployment_status(model::Entity entity);
  Result<void> judge_hosts(const model::Key& deployment, reconciler::RollUpFacts& facts);
  Result<void> explain(const model::Key& deployment, reconciler::Standings& standings);
  [[nodiscard]] std::uint64_t done() const;

  store::Store& store_;
  FleetState& state_;
  TemplateRenderer& renderer_;
  const Clock& clock_;
  Log& log_;

  std::map<model::Key, std::uint64_t> due_;               // by the seq that first made it so
  std::map<model::Key, Clock::Monotonic> resting_until_;  // what took long
  std::uint64_t taken_ = 0;
  bool reports_are_read_ = false;
  struct ReportPlace {
    std::string organization = {};
    std::string host = {};
  };
  ReportPlace read_until_;  // of the reports, after a start

  std::atomic<bool> has_mail_ = false;
  std::mutex inbox_mutex_;  // guards the next three
  std::set<model::Key> inbox_;
  std::set<model::Key> started_;    // deployments that were found to be INITIALIZED no more
  std::set<model::Key> delivered_;  // of the others, the ones that a host was handed
};

}  // namespace titan::server_lite
