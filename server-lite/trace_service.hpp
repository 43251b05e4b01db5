#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/timestamp.hpp"
#include "model/entity.hpp"
#include "model/key.hpp"
#include "model/stage.hpp"
#include "server-lite/change_note.hpp"
#include "server-lite/fleet_state.hpp"
#include "server-lite/host_service.hpp"
#include "store/store.hpp"

namespace titan::server_lite {

// Keeps what is reported of the versions of deployments, and tells the life of the current one:
// what was reported, the change that made it, and when each host was given it and had it. Safe to
// share between threads. docs/spec/trace.md is the description for users.
class TraceService {
 public:
  // A step that all hosts take, as far as they have.
  struct Total {
    const char* stage = "";
    std::optional<Timestamp> last = {};  // when the last of `done` took it; none: none did
    std::uint64_t done = 0;
    std::uint64_t of = 0;  // hosts that should have the deployment
  };
  // The times are of the form that the host should have now; zero: it has not come to that.
  struct OnHost {
    HostService::Standing standing = {};
    Timestamp delivered = {};  // and rendered: that is done as the host is answered
    Timestamp committed = {};  // to Git
    Timestamp deployed = {};
  };
  struct Answer {
    model::Entity deployment = {};
    // Which made the current version; none: the log no longer holds it.
    std::optional<ChangeNote> change = {};
    std::vector<Total> totals = {};  // over all hosts; with the first page alone
    std::uint64_t hosts_not_counted = 0;
    std::vector<OnHost> hosts = {};        // a page, by name
    std::optional<std::string> next = {};  // the host to go on after
  };
  struct Page {
    std::string after = {};  // the host to go on after; empty: the first page
    std::size_t limit = 0;
  };

  // Borrows all.
  struct Parts {
    store::Store& store;
    FleetState& state;
    HostService& hosts;
    const Clock& clock;
  };
  TraceService(const Parts& parts, std::string epoch) : parts_(parts), epoch_(std::move(epoch)) {}

  struct Author {
    std::string actor = {};
    std::string request_id = {};
  };
  // Notes the stage on the deployment, which it returns. not_found: there is none. conflict: it is
  // being deleted. invalid: `version` is neither the current version nor the next, or `stage` is
  // one too many. And the errors of store::Store::commit().
  Result<model::Entity> report(const model::Key& deployment, const model::StageReport& report,
                               const Author& author);

  // Reads the reports of the hosts on the page, and with the first page those of kTraceHostsMax.
  // not_found: no such deployment; and the errors of the store.
  Result<Answer> trace(const model::Key& deployment, const Page& page);

 private:
  Result<model::Entity> find(const model::Key& deployment);
  Result<OnHost> on_host(const model::Key& deployment, const std::string& host);

  Parts parts_;
  std::string epoch_;
};

}  // namespace titan::server_lite
