#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "gitops/template_source.hpp"
#include "model/change.hpp"
#include "server-lite/backoff.hpp"
#include "server-lite/fleet_state.hpp"
#include "server-lite/metrics.hpp"
#include "server-lite/writer.hpp"
#include "store/store.hpp"

namespace titan::server_lite {

// Follows the templates that are read from Git (TemplateSpec::git): looks at each branch or tag
// once in an interval, and writes what it finds as the next version of the template. What cannot be
// reached, or is no good, changes nothing but the template's status: what was read last stays in
// use. A commit that changes nothing below the template's folder is no new version.
//
// Each step looks at one template, and may wait for its repository; so steps are taken by threads
// of their own, and nobody else waits. Steps may be taken by several threads at once; all methods
// may be called from any thread.
class TemplateFollower {
 public:
  // Borrows all.
  struct Parts {
    store::Store& store;
    Writer& writer;
    gitops::TemplateSource* source;  // null: no template is read from Git
    Metrics& metrics;
    const Clock& clock;
    Random& random;  // for several threads, if steps are
    Log& log;
  };
  // `interval`: between two looks at a template that is well. `wake`: called when step() has more
  // to do.
  TemplateFollower(const Parts& parts, std::chrono::seconds interval, std::function<void()> wake);

  // Begins with those that there are; call it once, first.
  void open(const FleetState& state);
  // The next changes of the feed.
  void take(std::span<const model::Change> changes);

  // Looks at one template that is due; returns when to call again. Before or at now: there is more.
  Clock::Monotonic step();
  // Has it looked at as soon as may be. False: it is not one that is followed.
  bool look_soon(const model::Key& key);

 private:
  // What is known of one template.
  struct Entry {
    model::TemplateGit place = {};
    Clock::Monotonic due = {};
    bool is_busy = false;      // a thread looks at it
    bool is_changed = false;   // and meanwhile it was changed, or somebody wants another look
    std::uint32_t faults = 0;  // in a row
    std::string seen = {};     // the last commit that was dealt with; empty: none since the start
    std::string refusal = {};  // why that one is not in use; empty: it is
  };
  // How one look ended.
  struct Look {
    bool is_fault = false;  // of the repository: try again, later and later
    bool again = false;     // the template was written meanwhile
    std::string seen = {};
    std::string refusal = {};
  };

  void follow(const model::Key& key, const model::Entity* entity);
  std::optional<std::pair<model::Key, Entry>> take_due(Clock::Monotonic now);
  void settle(const model::Key& key, const Look& look, Clock::Monotonic now);
  Look look_at(const model::Key& key, const Entry& entry);
  Look look_at(const model::Entity& entity, const Entry& entry);
  Look fault(const model::Entity& entity, const Entry& entry, const Error& error);
  Look refuse(const model::Entity& entity, const std::string& commit, const Error& error);
  Result<bool> write(const model::Entity& entity, gitops::TemplateReading reading);
  void note(const model::Entity& entity, const std::string& reason);

  const Parts parts_;
  const std::chrono::seconds interval_;
  const Backoff backoff_;  // of a repository that fails
  const std::function<void()> wake_;
  Counter& looks_;
  Counter& faults_;
  Counter& refusals_;
  Counter& versions_;

  std::mutex mutex_;  // guards the next
  std::map<model::Key, Entry> entries_;
};

}  // namespace titan::server_lite
