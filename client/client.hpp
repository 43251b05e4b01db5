#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/signing.hpp"
#include "base/timestamp.hpp"
#include "base/transport.hpp"
#include "client/access.hpp"
#include "client/list_query.hpp"
#include "client/provenance.hpp"
#include "client/trace.hpp"
#include "client/write.hpp"
#include "model/bookmark.hpp"
#include "model/change.hpp"
#include "model/entity.hpp"
#include "model/manifest.hpp"
#include "model/rendered.hpp"
#include "model/report.hpp"
#include "model/stage.hpp"

namespace titan::client {

// The answer to sync(). Without a manifest nothing changed for the host.
struct SyncAnswer {
  std::optional<model::Manifest> manifest = {};
  model::Bookmark bookmark = {};
  std::chrono::seconds poll_after{};  // when the server wants to be asked again; 0: it did not say
  bool report_wanted = false;         // the server does not have the host's report
};

// The answer to host_changes(). `rendered` is empty unless it was asked for.
struct HostChanges {
  model::Manifest manifest = {};
  std::vector<model::RenderedDeployment> rendered = {};
};

// A page of the change log, oldest first.
struct ChangePage {
  std::vector<model::Change> items = {};
  model::Bookmark bookmark = {};  // goes back as the next `since`
  bool full = false;  // `since` meant nothing to this server, or is too old: this is the beginning
};

struct ServerStatus {
  struct Dependency {
    std::string status = {};  // "ok" or "failing"
    std::string message = {};
  };
  std::string status = {};  // "ok" or "failing"
  std::string version = {};
  std::string bookmark = {};
  std::map<std::string, Dependency> dependencies = {};
  std::map<std::string, std::uint64_t> processors = {};  // by name: how many changes it is behind

  [[nodiscard]] bool ok() const { return status == "ok"; }
};

// What a host said last.
struct ReceivedReport {
  std::string host = {};
  std::optional<model::Bookmark> bookmark = {};  // how far the host had come
  Timestamp time = {};                           // when the server got it
  model::HostReport report = {};
};

// What a host says of a deployment that is not, or was not, as it should be.
struct Trouble {
  std::string output = {};  // the end of what failed programs wrote
  std::uint64_t attempts = 0;
  bool stalled = false;                 // it is not tried again as it is
  std::vector<std::string> drift = {};  // what is not as it was applied, and stays so
  std::uint64_t healed = 0;             // how often others' changes were undone
  bool operator==(const Trouble&) const = default;
};

// How a deployment stands on one host.
struct DeploymentHost {
  std::string host = {};
  std::optional<model::Status> host_status = {};      // of the host itself
  model::Status status = model::Status::initialized;  // until the first report
  std::uint64_t version = 0;
  Digest rendered_digest = {};  // empty when nothing is applied
  bool current = false;         // it is what the host should have now
  std::string reason = {};
  std::string commit = {};
  std::optional<Timestamp> since = {};  // when the server first heard this of it
  std::optional<Timestamp> time = {};   // of the report
  Trouble trouble = {};
};

// How a host is, and all that it should have or still has.
struct HostState {
  struct Deployment {
    std::string deployment = {};  // "default/prod"
    model::Status status = model::Status::initialized;
    std::uint64_t version = 0;
    bool current = false;
    std::string reason = {};
    std::optional<Timestamp> since = {};
    Trouble trouble = {};
  };
  std::string host = {};
  std::optional<Timestamp> last_seen = {};       // since this start of the server
  std::optional<Timestamp> last_report = {};     // none before the first
  std::optional<model::Bookmark> bookmark = {};  // that the host sent last
  std::optional<Timestamp> bookmark_time = {};   // when what it stands for was written
  std::vector<Deployment> deployments = {};
  std::vector<std::string> drivers = {};  // that work on the host, as it said
  std::int64_t clock_skew_seconds = 0;    // how far its clock is ahead
};

// The API of docs/spec/http-api.md with titan's own types, over any Transport.
//
// Borrows the transport, which must outlive it. Not for use from several threads at once; any
// number of Clients may share nothing and run side by side.
//
// Errors of every method: what the server answered, with its code, message, subject and field
// (each cut to kErrorTextBytesMax; an answer without an error body goes by its status), or what
// the transport returned. An answer that is not what the API promises is `internal`. Nothing is
// tried again here: see retry_after().
class Client {
 public:
  explicit Client(Transport& transport) : transport_(transport) {}

  // From now on every request carries it as a bearer's token (RFC 6750, section 2.1). Nothing is
  // sent of an empty one.
  void set_token(Secret token) { token_ = std::move(token); }

  // conflict when the name is taken; invalid, with the field, when the server refuses the spec.
  Result<WriteResult> create(const model::Entity& entity, const WriteOptions& options = {});
  // Creates or replaces. conflict when `if_match` is another revision than the stored one.
  Result<WriteResult> put(const model::Entity& entity, const WriteOptions& options = {});
  // not_found when it does not exist; conflict when others refer to it or it holds something.
  Result<WriteResult> remove(const model::Key& key, const RemoveOptions& options = {});

  Result<model::Entity> get(const model::Key& key);
  // Writes all of these or none, in order; references are checked against the state after all of
  // them. Errors name the place in `field`: "changes[2].entity.spec.target". exhausted: more than
  // kBatchChangesMax, and nothing was sent.
  Result<BatchResult> change(const std::vector<BatchChange>& changes,
                             const BatchOptions& options = {});
  // not_found: the server never had a change of that id, or its log no longer holds it.
  Result<ChangeStatus> change_status(std::string_view id);

  // Is told, now and then, how many items have come so far.
  using Progress = std::function<void(std::size_t items)>;

  // Asks for page after page. When the server has forgotten the moment that the first page
  // showed, the list is begun anew, once; then it is `expired`. exhausted after kListPagesMax
  // pages. invalid: the filter cannot be sent.
  Result<EntityList> list(const ListQuery& query, const Progress& progress = {});

  // Stores `content` under its digest, which it returns; done when it was there already.
  Result<Digest> put_blob(std::string_view content);
  // not_found; internal when what came has another digest.
  Result<std::string> get_blob(const Digest& digest);
  Result<bool> has_blob(const Digest& digest);

  // Has the server read a template from Git soon, and not only when its time comes. not_found;
  // conflict: it is not read from Git.
  Result<void> sync_template(std::string_view name);

  // A host's round trip: its report in, what changed out. The manifest's host must be `host`.
  // With `wait` (cut to kWaitMax) the server answers only when there is news, or after that time.
  Result<SyncAnswer> sync(std::string_view host, const model::SyncRequest& request,
                          std::chrono::seconds wait = {});
  // The same manifest for people and tools; `since` is a bookmark or an RFC 3339 time, or empty
  // for everything.
  Result<HostChanges> host_changes(std::string_view host, std::string_view since, bool render);
  // not_found before the host's first report.
  Result<ReceivedReport> host_report(std::string_view host);
  Result<HostState> host_state(std::string_view host);
  // All of them, page after page. exhausted after kListPagesMax pages.
  // REQUIRES: `deployment.kind` is Kind::deployment.
  Result<std::vector<DeploymentHost>> deployment_hosts(const model::Key& deployment,
                                                       const Progress& progress = {});

  // Notes what happened to a version of the deployment, which it returns. not_found: there is none;
  // invalid: the version is neither the current one nor the next, or it has too many stages.
  // REQUIRES: `deployment.kind` is Kind::deployment.
  Result<model::Entity> report_stage(const model::Key& deployment,
                                     const model::StageReport& report);
  // The life of the deployment's current version, with all hosts, page after page. exhausted after
  // kListPagesMax pages. REQUIRES: `deployment.kind` is Kind::deployment.
  Result<Trace> trace(const model::Key& deployment, const Progress& progress = {});

  // What the deployment is on the host, at the moment `at`: a bookmark, an RFC 3339 time, or empty
  // for now. `path`: of one file alone; empty: all. not_found: one of them is, or was, not there;
  // expired: the server's log no longer holds the moment.
  struct RenderQuery {
    model::Key deployment = {};
    std::string host = {};
    std::string at = {};
    std::string path = {};
  };
  Result<HostRendering> render(const RenderQuery& query);
  // All that the host gets, of what the caller may see.
  Result<HostRendering> render_host(std::string_view host, std::string_view at);
  // Where the lines of a file on the host come from. `path`: below the host's root, or as rendered;
  // `line`: 0 for all of them; `deployment`: "default/prod", when several have such a file (else
  // conflict). not_found: there is no such file, or line.
  struct WhyQuery {
    std::string host = {};
    std::string path = {};
    std::uint64_t line = 0;
    std::string deployment = {};
    std::string at = {};
  };
  Result<Why> why(const WhyQuery& query);
  // What change() would do on hosts; nothing is written. The blobs of templates have to be there.
  // Errors as those of change().
  Result<Preview> preview(const std::vector<BatchChange>& changes,
                          const BatchOptions& options = {});

  struct ChangesQuery {
    std::string since = {};                 // as for host_changes()
    std::optional<std::size_t> limit = {};  // 1 to 1000; none: the server's choice
    std::optional<model::Kind> kind = {};
    std::string actor = {};  // only what this one wrote; empty: whoever it was
    // Cut to kWaitMax: how long the server holds an answer back that would be empty.
    std::chrono::seconds wait{};
  };
  Result<ChangePage> changes(const ChangesQuery& query);

  // A server that says it is failing is a value, too.
  Result<ServerStatus> status();

  // Who the token's owner is. denied without a token that counts.
  Result<Whoami> whoami();
  // Where people log in. not_found: the server has no identity provider.
  Result<LoginProvider> login_provider();
  // Exchanges an ID token of the provider for a token of the server's. `organization`: where to;
  // empty: the server chooses. denied: the ID token does not count, or no group of the person's has
  // a role there.
  Result<LoginAnswer> log_in(const Secret& id_token, std::string_view organization);
  // Whether one may; `verb` is get, list, watch, create, update, apply or delete. `workspace`:
  // where; empty: `default` for what is written, anywhere for what is read.
  Result<Permission> permission(std::string_view verb, model::Kind kind,
                                std::string_view workspace);
  // The devices that wait to be approved.
  Result<std::vector<WaitingDevice>> lobby();
  // The key that devices know the server by, as this connection tells it: it is as sure as that.
  Result<PublicKey> server_key();

  // How long the server asked to wait, by Retry-After in the last answer; none when it did not.
  [[nodiscard]] std::optional<std::chrono::seconds> retry_after() const { return retry_after_; }
  // What the last answer said beside its error; empty when it was none.
  [[nodiscard]] const Refusal& refusal() const { return refusal_; }

 private:
  // send() gives an answer with any status; the others make an Error of all but 2xx.
  Result<HttpResponse> send(HttpRequest request);
  Result<HttpResponse> ask(HttpRequest request);
  Result<nlohmann::json> ask_json(std::string target);
  Result<WriteResult> write(HttpRequest request);
  Result<EntityList> list_once(const ListQuery& query, const Progress& progress);

  Transport& transport_;
  Secret token_;
  std::optional<std::chrono::seconds> retry_after_;
  Refusal refusal_;
};

// "/v1/hosts", "/v1/workspaces/iot/workloads"; an empty workspace gives the path across all.
std::string collection_path(model::Kind kind, std::string_view workspace);
// "/v1/workspaces/iot/workloads/temperature-sensor". Names are percent-encoded.
std::string entity_path(const model::Key& key);

}  // namespace titan::client
