#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/manifest.hpp"
#include "model/rendered.hpp"
#include "model/report.hpp"
#include "server-lite/fleet_state.hpp"
#include "server-lite/template_renderer.hpp"
#include "server-lite/writer.hpp"
#include "store/store.hpp"

namespace titan::server_lite {

// Answers what hosts ask, and what people ask about hosts. Safe to share between threads.
class HostService {
 public:
  // How a deployment stands on one host.
  struct Standing {
    std::string host = {};
    std::optional<model::DeploymentReport> report = {};
    bool current = false;  // the host has what it should have now
    Timestamp time = {};   // of the report
  };
  struct Answer {
    bool changed = false;
    bool report_wanted = false;     // the host's report is not the one that the server has
    model::Manifest manifest = {};  // with only bookmark and poll_after when nothing changed
  };

  // Borrows all.
  HostService(store::Store& store, FleetState& state, TemplateRenderer& renderer, Writer& writer,
              const Clock& clock, std::string epoch)
      : store_(store),
        state_(state),
        renderer_(renderer),
        writer_(writer),
        clock_(clock),
        epoch_(std::move(epoch)) {}

  // A host's round trip. Without news from the host and for it, nothing is read from or written
  // to the store. not_found: no such host; and the errors of the store.
  Result<Answer> sync(const model::Key& host, const model::SyncRequest& request,
                      const std::string& request_id);
  // What sync() would answer, without noting anything. `since`: a bookmark, an RFC 3339 time, or
  // empty for everything; invalid otherwise.
  Result<Answer> changes(const model::Key& host, const std::string& since);
  // The files of the deployments in the manifest, as the host would render them. Those with an
  // error have none.
  Result<std::vector<model::RenderedDeployment>> render(const model::Manifest& manifest);
  // The bookmark that `since` means; nothing when it is empty.
  Result<std::optional<model::Bookmark>> bookmark_of(const std::string& since);

  // not_found before the host's first report.
  Result<store::StoredReport> report_of(const model::Key& host) const;
  // Every host that should have the deployment or says that it has it, by name.
  Result<std::vector<Standing>> standings_of(const model::Key& deployment);

 private:
  Result<Answer> answer(const model::Key& host, const std::optional<model::Bookmark>& since);

  store::Store& store_;
  FleetState& state_;
  TemplateRenderer& renderer_;
  Writer& writer_;
  const Clock& clock_;
  std::string epoch_;
};

}  // namespace titan::server_lite
