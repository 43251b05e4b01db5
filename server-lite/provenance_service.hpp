#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "model/bookmark.hpp"
#include "model/manifest.hpp"
#include "model/rendered.hpp"
#include "server-lite/fleet_state.hpp"
#include "server-lite/preview_answer.hpp"
#include "server-lite/proposal.hpp"
#include "server-lite/template_renderer.hpp"
#include "server-lite/writer.hpp"
#include "store/store.hpp"

namespace titan::server_lite {

// Answers what people ask about what hosts get: now, at an earlier moment, and if something were
// written. It writes nothing, and what it shows of the values of secrets are their placeholders
// (model/secret_use.hpp). Safe to share between threads.
class ProvenanceService {
 public:
  // Borrows all.
  struct Parts {
    store::Store& store;
    FleetState& state;
    TemplateRenderer& renderer;
    Writer& writer;
  };
  ProvenanceService(const Parts& parts, std::string epoch)
      : parts_(parts), epoch_(std::move(epoch)) {}

  // What a deployment is on a host at some moment. With desired.error there are no files: the host
  // is told the error, and keeps what it has.
  struct Rendering {
    model::DesiredDeployment desired = {};
    std::vector<model::RenderedFile> files = {};  // desired.rendered_digest is theirs
  };
  struct HostRendering {
    model::Bookmark bookmark = {};  // of the moment
    std::vector<Rendering> deployments = {};
  };
  // Whether who asks may see what is in a workspace.
  using Sees = std::function<bool(std::string_view workspace)>;

  // The moment that `at` means: a bookmark, or a time, which is the moment after the last change
  // up to it; empty: now. The moment has to be one that the fleet still knows.
  // invalid, with `at` as the field: it is neither, or in the future. expired: it is older than the
  // change log is kept, or of another epoch. And the errors of the store.
  Result<std::uint64_t> moment_of(const std::string& at);

  // The deployment on the host at `seq`. not_found: one of the two did not exist then, or the one
  // was not meant for the other; the message says which. expired: the log was compacted meanwhile.
  // And the errors of the store.
  Result<HostRendering> render(const model::Key& deployment, const model::Key& host,
                               std::uint64_t seq);
  // All that the host should have, of what may be seen; by key. not_found: no such host then.
  Result<HostRendering> render(const model::Key& host, std::uint64_t seq, const Sees& sees);

  struct PreviewAnswer {
    model::Bookmark bookmark = {};  // what it was compared with
    std::vector<PreviewGroup> groups = {};
    std::size_t hosts = 0;             // that were looked at
    std::size_t changed_hosts = 0;     // on which something happens
    std::size_t more_hosts = 0;        // that may be reached, and were not looked at
    std::size_t more_deployments = 0;  // likewise
  };
  // What the proposal would change for hosts, of what may be seen. Refused as Writer::propose().
  tl::expected<PreviewAnswer, Refusal> preview(const Proposal& proposal, const Sees& sees);

 private:
  Result<Rendering> rendering_of(model::DesiredDeployment desired);
  Result<PreviewAnswer> compare(const reconciler::Preview& preview, const Sees& sees);

  Parts parts_;
  std::string epoch_;
};

}  // namespace titan::server_lite
