#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <span>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/change.hpp"
#include "model/key.hpp"
#include "model/manifest.hpp"
#include "model/report.hpp"
#include "reconciler/fleet.hpp"
#include "reconciler/roll_up.hpp"
#include "store/store.hpp"

namespace titan::server_lite {

// What a host last said of one deployment, in few bytes. Keys and digests are shortened to 64 bits
// of their SHA-256, of which no two in one fleet are alike.
struct Told {
  std::uint64_t deployment = 0;  // short_of() its key
  std::uint64_t form = 0;        // of the desired digest that it spoke of
  std::uint32_t reason = 0;      // shortened too
  reconciler::Standing standing = reconciler::Standing::current;  // were that form still desired
  bool stalled = false;
  bool drifting = false;
};

// What a host was given of one deployment, and has not spoken of since; shortened likewise.
struct Given {
  std::uint64_t deployment = 0;
  std::uint64_t form = 0;
  Timestamp time = {};  // when it was given that form first
};

std::uint64_t short_of(const model::Key& key);
// When that was given first; zero: it is not known.
Timestamp given_time(std::span<const Given> given, const model::Key& deployment,
                     const Digest& form);

// What the server knows of a host besides what is asked of it.
struct HostLife {
  static constexpr std::int64_t kNever = INT64_MIN;

  // Written by whoever answers the host, with nothing but a reader's lock.
  mutable std::atomic<std::int64_t> heard_us = kNever;  // monotonic; when it was there last
  mutable std::atomic<std::uint64_t> bookmark = 0;      // the seq that it sent then; 0: none
  mutable std::atomic<std::uint32_t> waiting = 0;       // its questions that wait for an answer

  Digest report_digest = {};  // of its last report; empty: it made none
  Timestamp report_time = {};
  std::vector<Told> told = {};  // of its last report
  bool told_is_read = false;    // `told` is that of the last report
  // At most one for each deployment that the host should have. In memory alone: a restart forgets.
  std::vector<Given> given = {};

  [[nodiscard]] const Told* find(std::uint64_t deployment) const;
  // When it was there last: now, while it waits for an answer. Nothing: not since the start.
  [[nodiscard]] std::optional<Clock::Monotonic> last_there(Clock::Monotonic now) const;
};

// The part of the store that every question about hosts needs, in memory.
struct FleetView {
  reconciler::Fleet fleet = {};
  std::deque<HostLife> lives = {};                   // by host number
  std::set<model::Key> deleting = {};                // deployments that wait for their hosts
  std::map<model::Key, std::string> shortages = {};  // of deployments: why replicas are missing

  [[nodiscard]] const HostLife& life_of(const reconciler::HostRecord& host) const {
    return lives[host.number];
  }
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
  // The view before anybody else knows of it, to be filled from the store.
  FleetView& unshared() { return view_; }
  template <class Update>
  void update(Update&& update) {
    const std::unique_lock lock(mutex_);
    std::forward<Update>(update)(view_);
  }

 private:
  mutable std::shared_mutex mutex_;
  FleetView view_;  // guarded by mutex_
};

// Brings an empty view up from the store. Errors: those of the store.
Result<void> load(store::Store& store, FleetView& view);
// The next changes of the feed.
void apply(FleetView& view, std::span<const model::Change> changes);
// The host's last report, which was stored at `time`.
void put_report(FleetView& view, const model::Key& host, const model::HostReport& report,
                Timestamp time);

// What the manifest gives to the host, at its time.
void note_given(FleetView& view, const model::Key& host, const model::Manifest& manifest);

// The hosts whose last report lists the deployment, by name.
std::vector<std::string> holders_of(const FleetView& view, const model::Key& deployment);

}  // namespace titan::server_lite
