#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "gitops/publisher.hpp"
#include "model/change.hpp"
#include "server-lite/fleet_state.hpp"
#include "server-lite/gitops_report.hpp"
#include "server-lite/host_service.hpp"
#include "server-lite/metrics.hpp"
#include "store/store.hpp"

namespace titan::server_lite {

// The address that the server commits as.
std::string committer_address();

// Commits for the hosts with `delivery: gitops`: renders what each of them should have, makes one
// commit of all that changed, pushes it, and reports in the place of the hosts' agents. A host that
// is deleted loses its folder; one that gets an agent leaves it to that. Hosts of the organization
// `default` alone are looked at.
//
// What the hosts' reports say is all that is remembered over a restart: then every host is compared
// once, which commits nothing where nothing differs, and the change log tells which hosts were
// deleted. A repository or remote that fails is tried again, later and later; meanwhile commits
// come together here, and reports say what is waited for.
//
// step() may wait for the disk and the network, so a thread of its own takes the steps and nobody
// else waits; the others may be called from any thread.
class GitopsProcessor {
 public:
  // Borrows all.
  struct Parts {
    store::Store& store;
    FleetState& state;
    HostService& hosts;
    gitops::Publisher* publisher;  // null: the server commits for nobody
    Metrics& metrics;
    const Clock& clock;
    Random& random;  // for several threads
    Log& log;
  };
  // `wake`: called when step() has more to do.
  GitopsProcessor(const Parts& parts, std::function<void()> wake);

  // Begins with the hosts that there are; call it once, first.
  void open();
  // The next changes of the feed, which the fleet knows already. Cheap: takes note of them.
  void take(std::span<const model::Change> changes);

  // Commits a bounded number of hosts, pushes when it is time, and reports; returns when to call
  // again. Before or at now: there is more.
  Clock::Monotonic step();

 private:
  enum class Note {
    follow,  // the server commits for the host from now on
    leave,   // an agent does
    remove,  // the host is gone
  };
  enum class Stage {
    unknown,    // it was not committed yet
    committed,  // and not pushed
    pushed,     // and not reported
    refused,    // by the repository, and not reported
    settled,
  };
  // What is known of one host.
  struct Host {
    Stage stage = Stage::unknown;
    std::uint64_t seq = 0;           // what changed up to here is in the repository
    bool is_anew = false;            // what its last report says of commits is of no use
    Clock::Monotonic rests_until{};  // after a fault of its own
    std::uint32_t faults = 0;        // in a row
    GitopsReport report = {};        // what is to be said, before `settled`
    model::Bookmark bookmark = {};   // likewise
    std::string said = {};           // `pushed`: the commit; `refused`: why
  };
  // Hosts that go into one commit: side by side, what is written and what is said.
  struct Batch {
    std::vector<gitops::HostState> states = {};
    std::vector<model::Key> hosts = {};
    model::Bookmark bookmark = {};  // that all have come to
    std::size_t bytes = 0;
  };

  void note(const model::Change& change);
  void take_notes();
  void look_for_news();
  Result<void> read_log();
  void commit_due(Clock::Monotonic now);
  Batch next_batch(Clock::Monotonic now);
  Result<void> add(const model::Key& key, Host& host, Batch& batch);
  void add_gone(Batch& batch);
  void commit(const Batch& batch, Clock::Monotonic now);
  Result<gitops::Publisher::Commit> write(const Batch& batch, std::size_t first, std::size_t count);
  void settle(const Batch& batch, std::size_t at, const Result<gitops::Publisher::Commit>& done);
  void rest(const Error& error, Clock::Monotonic now);
  void push(Clock::Monotonic now);
  void note_pushed(const gitops::Repository::Pushed& pushed);
  void tell(Clock::Monotonic now);
  Result<void> tell(const model::Key& key, Host& host);
  [[nodiscard]] Clock::Monotonic next_step(Clock::Monotonic now) const;
  void count_waiting();

  const Parts parts_;
  const std::function<void()> wake_;
  Counter& commits_;
  Counter& pushes_;
  Counter& push_faults_counted_;
  Counter& faults_counted_;
  std::atomic<std::size_t> waiting_ = 0;  // hosts of which the remote has not got all

  // Of the thread that takes the steps.
  std::map<model::Key, Host> hosts_;
  std::set<model::Key> due_;      // of those, to be compared
  std::set<model::Key> to_tell_;  // of those, to be reported
  std::set<model::Key> gone_;     // whose folders go
  bool log_is_read_ = false;      // so that it is known which hosts are gone
  std::uint64_t read_until_ = 0;
  bool wants_push_ = true;    // what a process before this one has left, too
  std::string git_failure_;   // why nothing can be committed; empty: no fault is known
  std::string push_failure_;  // why the remote is not up to date; likewise
  std::uint32_t git_faults_ = 0;
  std::uint32_t push_faults_ = 0;
  Clock::Monotonic git_rests_until_{};
  Clock::Monotonic push_rests_until_{};
  Clock::Monotonic tell_rests_until_{};
  Clock::Monotonic next_look_{};  // at the remote, without news

  std::mutex mutex_;  // guards the next two
  std::map<model::Key, Note> notes_;
  bool has_news_ = false;  // something changed that hosts may get
};

}  // namespace titan::server_lite
