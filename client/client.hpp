#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "base/timestamp.hpp"
#include "base/transport.hpp"
#include "model/bookmark.hpp"
#include "model/change.hpp"
#include "model/entity.hpp"
#include "model/manifest.hpp"
#include "model/rendered.hpp"
#include "model/report.hpp"

namespace titan::client {

// What a write did.
enum class WriteOutcome { created, updated, unchanged, deleting, deleted };

struct WriteOptions {
  bool create_workspace = false;  // the entity's workspace, in the same transaction, if missing
  bool allow_missing = false;     // what the spec refers to need not exist yet
  std::optional<std::uint64_t> if_match = {};  // put() only: conflict at another revision
};

struct WriteResult {
  model::Entity entity = {};  // as it is stored now; for deletions, as it was last
  WriteOutcome outcome = WriteOutcome::unchanged;
  bool workspace_created = false;
};

struct RemoveOptions {
  bool force = false;  // do not wait for the hosts of a deployment
  std::optional<std::uint64_t> if_match = {};
};

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
  bool full = false;              // `since` meant nothing to this server: this is the beginning
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

  [[nodiscard]] bool ok() const { return status == "ok"; }
};

// What a host said last.
struct ReceivedReport {
  std::string host = {};
  std::optional<model::Bookmark> bookmark = {};  // how far the host had come
  Timestamp time = {};                           // when the server got it
  model::HostReport report = {};
};

// How a deployment stands on one host.
struct DeploymentHost {
  std::string host = {};
  model::Status status = model::Status::initialized;  // until the first report
  std::uint64_t version = 0;
  Digest rendered_digest = {};  // empty when nothing is applied
  bool current = false;         // it is what the host should have now
  std::string reason = {};
  std::string commit = {};
  std::optional<Timestamp> time = {};  // of the report
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

  // conflict when the name is taken; invalid, with the field, when the server refuses the spec.
  Result<WriteResult> create(const model::Entity& entity, const WriteOptions& options = {});
  // Creates or replaces. conflict when `if_match` is another revision than the stored one.
  Result<WriteResult> put(const model::Entity& entity, const WriteOptions& options = {});
  // not_found when it does not exist; conflict when others refer to it or it holds something.
  Result<WriteResult> remove(const model::Key& key, const RemoveOptions& options = {});

  Result<model::Entity> get(const model::Key& key);
  // All entities of a kind, page after page: of one workspace, or of all when it is left out.
  // `workspace` is ignored for kinds in no workspace. exhausted after kListPagesMax pages.
  Result<std::vector<model::Entity>> list(model::Kind kind,
                                          const std::optional<std::string>& workspace = {});

  // Stores `content` under its digest, which it returns; done when it was there already.
  Result<Digest> put_blob(std::string_view content);
  // not_found; internal when what came has another digest.
  Result<std::string> get_blob(const Digest& digest);
  Result<bool> has_blob(const Digest& digest);

  // A host's round trip: its report in, what changed out. The manifest's host must be `host`.
  Result<SyncAnswer> sync(std::string_view host, const model::SyncRequest& request);
  // The same manifest for people and tools; `since` is a bookmark or an RFC 3339 time, or empty
  // for everything.
  Result<HostChanges> host_changes(std::string_view host, std::string_view since, bool render);
  // not_found before the host's first report.
  Result<ReceivedReport> host_report(std::string_view host);
  // REQUIRES: `deployment.kind` is Kind::deployment.
  Result<std::vector<DeploymentHost>> deployment_hosts(const model::Key& deployment);

  struct ChangesQuery {
    std::string since = {};                 // as for host_changes()
    std::optional<std::size_t> limit = {};  // 1 to 1000; none: the server's choice
    std::optional<model::Kind> kind = {};
  };
  Result<ChangePage> changes(const ChangesQuery& query);

  // A server that says it is failing is a value, too.
  Result<ServerStatus> status();

  // How long the server asked to wait, by Retry-After in the last answer; none when it did not.
  [[nodiscard]] std::optional<std::chrono::seconds> retry_after() const { return retry_after_; }

 private:
  // send() gives an answer with any status; the others make an Error of all but 2xx.
  Result<HttpResponse> send(HttpRequest request);
  Result<HttpResponse> ask(HttpRequest request);
  Result<nlohmann::json> ask_json(std::string target);
  Result<WriteResult> write(HttpRequest request);

  Transport& transport_;
  std::optional<std::chrono::seconds> retry_after_;
};

std::string_view name_of(WriteOutcome outcome);  // "created"

// "/v1/hosts", "/v1/workspaces/iot/workloads"; an empty workspace gives the path across all.
std::string collection_path(model::Kind kind, std::string_view workspace);
// "/v1/workspaces/iot/workloads/temperature-sensor". Names are percent-encoded.
std::string entity_path(const model::Key& key);

}  // namespace titan::client
