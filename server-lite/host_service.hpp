#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/manifest.hpp"
#include "model/rendered.hpp"
#include "model/report.hpp"
#include "server-lite/fleet_state.hpp"
#include "server-lite/parking.hpp"
#include "server-lite/roll_up_processor.hpp"
#include "server-lite/template_renderer.hpp"
#include "store/store.hpp"

namespace titan::server_lite {

// Answers what hosts ask, and what people ask about hosts. Safe to share between threads.
class HostService {
 public:
  // How a deployment stands on one host.
  struct Standing {
    std::string host = {};
    model::Status host_status = model::Status::initialized;
    model::Key deployment = {};
    std::optional<model::DeploymentReport> report = {};
    bool wanted = false;   // the host should have it
    bool current = false;  // the host has what it should have now, and is well
    Timestamp time = {};   // of the report
  };
  struct StandingsPage {
    std::vector<Standing> items = {};
    std::optional<std::string> next = {};  // the host to go on after
  };
  struct HostState {
    std::optional<Timestamp> last_seen = {};  // since this process started; now while it waits
    std::optional<Timestamp> last_report = {};
    std::optional<model::Bookmark> bookmark = {};  // that the host sent last
    std::optional<Timestamp> bookmark_time = {};   // of the change at it, while the log has it
    std::vector<Standing> deployments = {};
  };
  struct Answer {
    bool changed = false;
    bool report_wanted = false;     // the host's report is not the one that the server has
    model::Manifest manifest = {};  // with only bookmark and poll_after when nothing changed
  };
  // Borrows all.
  struct Parts {
    store::Store& store;
    FleetState& state;
    TemplateRenderer& renderer;
    RollUpProcessor& roll_up;
    Parking& parking;
    const Clock& clock;
  };

  HostService(const Parts& parts, std::string epoch) : parts_(parts), epoch_(std::move(epoch)) {}

  // A host's round trip. Without news from the host and for it, nothing is read from or written
  // to the store. Without news for it, waits until there is some, for `wait` at most; the host
  // counts as heard of until then.
  // not_found: no such host; and the errors of the store.
  Result<Answer> sync(const model::Key& host, const model::SyncRequest& request,
                      std::chrono::seconds wait, const std::string& request_id);
  // What sync() would answer, without noting anything. `since`: a bookmark, an RFC 3339 time, or
  // empty for everything; invalid otherwise.
  Result<Answer> changes(const model::Key& host, const std::string& since,
                         std::chrono::seconds wait);
  // The files of the deployments in the manifest, as the host would render them. Those with an
  // error have none.
  Result<std::vector<model::RenderedDeployment>> render(const model::Manifest& manifest);
  // The bookmark that `since` means; nothing when it is empty. A time from before the horizon is a
  // bookmark from before it.
  Result<std::optional<model::Bookmark>> bookmark_of(const std::string& since);

  // Every host that should have the deployment or says that it has it, by name: those after the
  // host `after`. not_found: no such deployment.
  Result<StandingsPage> standings_of(const model::Key& deployment, const std::string& after,
                                     std::size_t limit);
  // not_found: no such host.
  Result<HostState> state_of(const model::Key& host);

 private:
  // What a look at the fleet tells about a host that asks.
  struct Look {
    const HostLife* life = nullptr;  // none: the host does not exist
    bool is_ready = false;           // its status is READY
  };
  Look hear(const model::Key& host, const model::SyncRequest& request);
  Result<void> observe(const model::Key& host, const model::SyncRequest& sync, bool is_ready,
                       const std::string& request_id);
  Result<store::Batch> observation(const model::Key& host, const model::SyncRequest& sync,
                                   bool is_ready, const std::string& request_id);
  std::set<model::Key> take_report(const model::Key& host, const model::HostReport& report);
  Result<Answer> answer(const model::Key& host, const std::optional<model::Bookmark>& since);
  Result<Answer> awaited_answer(const model::Key& host, const std::optional<model::Bookmark>& since,
                                std::chrono::seconds wait);
  Result<Standing> standing_on(const std::string& host, const model::Key& deployment);

  Parts parts_;
  std::string epoch_;
};

}  // namespace titan::server_lite
