#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.hpp"
#include "base/http.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "gitops/publisher.hpp"
#include "gitops/template_source.hpp"
#include "server-lite/answer_cache.hpp"
#include "server-lite/change_tracker.hpp"
#include "server-lite/expiry.hpp"
#include "server-lite/feed_memo.hpp"
#include "server-lite/fleet_state.hpp"
#include "server-lite/gitops_processor.hpp"
#include "server-lite/host_service.hpp"
#include "server-lite/identity/device_service.hpp"
#include "server-lite/identity/login_service.hpp"
#include "server-lite/identity/master_key.hpp"
#include "server-lite/identity/registry.hpp"
#include "server-lite/identity/secret_vault.hpp"
#include "server-lite/identity/server_keys.hpp"
#include "server-lite/lease_processor.hpp"
#include "server-lite/metrics.hpp"
#include "server-lite/oidc/oidc_provider.hpp"
#include "server-lite/parking.hpp"
#include "server-lite/placement_processor.hpp"
#include "server-lite/processor_runner.hpp"
#include "server-lite/provenance_service.hpp"
#include "server-lite/request_journal.hpp"
#include "server-lite/retention.hpp"
#include "server-lite/roll_up_processor.hpp"
#include "server-lite/router.hpp"
#include "server-lite/store_health.hpp"
#include "server-lite/template_follower.hpp"
#include "server-lite/template_renderer.hpp"
#include "server-lite/trace_service.hpp"
#include "server-lite/why_service.hpp"
#include "server-lite/writer.hpp"
#include "store/store.hpp"

namespace titan::server_lite {

// titan-server without its socket and its threads: a store, everything that answers requests from
// it, and the work that follows from changes. A test or a simulation calls handle() and step()
// itself. handle() is safe to call from several threads once opened; step() and finish() are for
// one other thread.
class Server {
 public:
  // What it needs from outside; borrowed.
  struct Env {
    store::Store& store;
    const Clock& clock;
    Random& random;
    Log& log;
    ServerKeys& keys;  // changed by open() alone
    const MasterKey& master;
  };
  struct Options {
    Retention retention = {};
    AccessLog access_log = AccessLog::news;
    // Where large answers wait that several clients ask for; borrowed. null: in memory.
    front_door::Spool* spool = nullptr;
    // Called when nobody has a token: gives the text of the first one, of an admin of `default`,
    // and has seen to it that it is not lost. null: none is made.
    std::function<Result<std::string>()> first_token = {};
    OnClone on_clone = OnClone::warn;
    RequestRates rates = {};
    // How often a host should ask: kPollIntervalMin to kPollIntervalMax.
    std::chrono::seconds poll_interval = kPollInterval;
    // Where people log in; borrowed. null: nowhere.
    oidc::OidcProvider* provider = nullptr;
    // Where templates from Git are read; borrowed. null: nowhere.
    gitops::TemplateSource* templates = nullptr;
    std::chrono::seconds template_interval = kTemplateInterval;  // between two looks at one
    // Where the server commits for hosts; borrowed, for commit_for_hosts() alone. null: nowhere.
    gitops::Publisher* publisher = nullptr;
    // As `wake`, of commit_for_hosts().
    std::function<void()> wake_git = [] {};
    // As `wake`, of read_templates().
    std::function<void()> wake_templates = [] {};
    // Called when step() has something to do, from whichever thread made it so: must be quick.
    std::function<void()> wake = [] {};
  };

  // Brings everything up from the store, and states its epoch. Errors: those of the store, of
  // ServerKeys::begin_epoch() and of SecretVault::check().
  static Result<std::unique_ptr<Server>> open(const Env& env, Options options);
  static Result<std::unique_ptr<Server>> open(const Env& env) { return open(env, Options()); }
  ~Server();

  // The answer, or a request that waits for it. `peer`: the address that the request came from;
  // empty when it was over no network.
  [[nodiscard]] Reply answer(const HttpRequest& request, std::string_view peer = "") const;
  // The answer, if it is known without waiting for anything, not even for the store.
  [[nodiscard]] std::optional<HttpResponse> answer_at_once(const HttpRequest& request,
                                                           std::string_view peer = "") const;
  // The answer to what could not even be read.
  [[nodiscard]] HttpResponse refuse(int status, const Error& error) const;
  // As answer(); a request that waits does so on the caller's thread.
  [[nodiscard]] HttpResponse handle(const HttpRequest& request) const;
  // More that /v1/metrics shows. What it borrows must live while requests are answered.
  void add_metrics(Metrics::Source source) { metrics_.add_source(std::move(source)); }

  // A bounded piece of what follows from changes and from time; returns when to call again. Before
  // or at now: there is more to do.
  Clock::Monotonic step();
  // A look at one template that is read from Git; returns when to call again. May wait for a
  // repository. For any threads, but that of step().
  Clock::Monotonic read_templates() { return follower_.step(); }
  // A piece of what hosts with `delivery: gitops` need; returns when to call again. May wait for
  // the disk and the network. For one thread, but that of step().
  Clock::Monotonic commit_for_hosts() { return gitops_.step(); }
  // How many requests wait for something to happen.
  [[nodiscard]] std::size_t waiting() const { return parking_.count(); }
  // Answers all that wait, so that handle() returns soon from now on. From any thread.
  void stop_waiting() { parking_.close(); }
  // Stores how far the processors have come. Call it last; what it does not store is done again.
  Result<void> finish() { return runner_.flush(); }

 private:
  Server(const Env& env, Options options, std::string epoch);
  Result<void> start();
  Result<void> make_what_must_be();

  const Env env_;
  const std::function<void()> wake_;
  const std::function<Result<std::string>()> first_token_;
  Metrics metrics_;
  Registry registry_;
  RequestJournal journal_;
  FleetState state_;
  AnswerCache answers_;
  StoreHealth health_;
  FeedMemo feed_;
  Parking parking_;
  ChangeTracker tracker_;
  TemplateRenderer renderer_;
  SecretVault vault_;
  Writer writer_;
  TemplateFollower follower_;
  DeviceService devices_;
  LoginService logins_;
  RollUpProcessor roll_up_;
  PlacementProcessor placement_;
  LeaseProcessor leases_;
  ProcessorRunner runner_;
  Compactor compactor_;
  ExpiryCleaner expiry_;
  HostService hosts_;
  GitopsProcessor gitops_;
  ProvenanceService provenance_;
  WhyService why_;
  TraceService traces_;
  Router router_;
};

}  // namespace titan::server_lite
