#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/signing.hpp"
#include "model/manifest.hpp"
#include "model/rendered.hpp"
#include "model/report.hpp"
#include "reconciler/poll_slot.hpp"
#include "server-lite/answer_cache.hpp"
#include "server-lite/fleet_state.hpp"
#include "server-lite/identity/secret_vault.hpp"
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
    bool wanted = false;       // the host should have it
    bool current = false;      // the host has what it should have now, and is well
    bool is_of_form = false;   // the report speaks of what the host should have now
    Timestamp delivered = {};  // when it was given that; zero once it reports it, or not known
    Timestamp time = {};       // of the report
  };
  struct StandingsPage {
    std::vector<Standing> items = {};
    std::optional<std::string> next = {};  // the host to go on after
  };
  // When a host was there last, and what it sent then.
  struct Sight {
    std::optional<Timestamp> time = {};  // none: not since this process started
    std::uint64_t bookmark = 0;          // its seq; 0: none
  };
  struct HostState {
    std::optional<Timestamp> last_report = {};
    std::optional<model::Bookmark> bookmark = {};  // that the host sent last
    std::optional<Timestamp> bookmark_time = {};   // of the change at it, while the log has it
    std::vector<Standing> deployments = {};
    // Of its last report.
    std::vector<std::string> drivers = {};
    std::int64_t clock_skew_seconds = 0;
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
    AnswerCache& answers;
    SecretVault& vault;
    const Clock& clock;
    const std::function<void()>& wake;   // when the roll-up has something to do
    std::chrono::seconds poll_interval;  // of each host; 1 s to 1 h
  };

  HostService(const Parts& parts, std::string epoch) : parts_(parts), epoch_(std::move(epoch)) {}

  // Keeps a host from counting as silent as long as a question of its waits.
  class Presence {
   public:
    Presence(const HostLife& life, const Clock& clock);
    ~Presence();
    Presence(const Presence&) = delete;
    Presence& operator=(const Presence&) = delete;

   private:
    const HostLife& life_;  // lives stay where they are
    const Clock& clock_;
  };

  // Who gets the values of secrets, sealed for this key; none: nobody, and then they are left out.
  using Reader = std::optional<PublicKey>;
  // A host's round trip. conflict: the server commits for it (`delivery: gitops`), so no agent may
  // ask in its name. Without news from the host and for it, nothing is read from or written
  // to the store. A deployment of which a value does not open has an error in its place.
  // not_found: no such host. unavailable, also: a value was forgotten meanwhile; and the errors of
  // the store.
  Result<Answer> sync(const model::Key& host, const model::SyncRequest& request,
                      const std::string& request_id, const Reader& reader);
  // The same at `now`, when neither side has news: that is known without the store. Else nothing,
  // and then nothing was noted.
  std::optional<Answer> sync_at_once(const model::Key& host, const model::SyncRequest& request,
                                     Clock::Monotonic now);
  // What the server reports in the place of an agent; when `is_there`, the host is READY from then
  // on. Nothing is written when nothing of it is news. not_found: no such host; and the errors of
  // the store.
  Result<void> accept(const model::Key& host, model::HostReport report,
                      const model::Bookmark& bookmark, bool is_there);
  // What sync() would answer to a host that has come as far as `since`; what is given out counts as
  // delivered.
  Result<Answer> deliver(const model::Key& host, const std::optional<model::Bookmark>& since,
                         const Reader& reader);
  // What sync() would answer, without noting anything.
  Result<Answer> changes(const model::Key& host, const std::optional<model::Bookmark>& since);
  // The answer to the host that nothing is new since that. In memory alone.
  [[nodiscard]] Answer no_news(const model::Key& host, const model::Bookmark& since) const;
  // The digest of all that the host should have; empty when it does not exist. In memory alone.
  [[nodiscard]] Digest digest_of(const model::Key& host) const;
  // The newest change. In memory alone.
  [[nodiscard]] model::Bookmark head() const;
  // Whether there may be something new for the host since then. In memory alone.
  [[nodiscard]] bool may_have_news(const model::Key& host, const model::Bookmark& since) const;
  // null: no such host.
  [[nodiscard]] std::unique_ptr<Presence> attend(const model::Key& host) const;
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
  // Those hosts; none also when there is no such deployment. In memory alone.
  [[nodiscard]] std::set<std::string> hosts_of(const model::Key& deployment) const;
  // How the deployment stands on one of them.
  Result<Standing> standing_on(const model::Key& deployment, const std::string& host);
  // In memory alone. not_found: no such host.
  [[nodiscard]] Result<Sight> sight_of(const model::Key& host) const;
  // What the server knows of a host that it saw so.
  Result<HostState> state_of(const model::Key& host, const Sight& sight);

 private:
  // What a look at the fleet tells about a host that asks.
  struct Look {
    const HostLife* life = nullptr;  // none: the host does not exist
    bool is_ready = false;           // its status is READY
    bool has_agent = true;           // else the server commits for it
  };
  [[nodiscard]] Answer no_news(reconciler::PollSlot slot, const model::Bookmark& since,
                               Clock::Monotonic now) const;
  Look hear(const model::Key& host, const model::SyncRequest& request);
  // Who says something of a host, and in which request.
  struct Witness {
    std::string actor = {};
    std::string request_id = {};
  };
  Result<void> observe(const model::Key& host, const model::SyncRequest& sync, bool is_ready,
                       const Witness& witness);
  Result<store::Batch> observation(const model::Key& host, const model::SyncRequest& sync,
                                   bool is_ready, const Witness& witness);
  Result<void> seal_secrets(model::Manifest& manifest, const PublicKey& reader);
  Result<void> seal_secrets(model::DesiredDeployment& desired, std::uint64_t seq,
                            const PublicKey& reader);
  // The report as the store is to keep it: with the times of deliveries that are known.
  [[nodiscard]] model::HostReport with_deliveries(const model::Key& host,
                                                  const model::HostReport& report) const;
  std::set<model::Key> take_report(const model::Key& host, const model::HostReport& report);
  // `stored`: what the host reported last; null: nothing.
  [[nodiscard]] Standing standing_on(const std::string& host, const model::Key& deployment,
                                     const store::StoredReport* stored) const;
  // What the host reported last; none: nothing.
  Result<std::optional<store::StoredReport>> report_of(const std::string& organization,
                                                       const std::string& host);

  Parts parts_;
  std::string epoch_;
};

}  // namespace titan::server_lite
