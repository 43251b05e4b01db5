#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/result.hpp"
#include "model/entity.hpp"
#include "model/report.hpp"
#include "server-lite/fleet_state.hpp"
#include "server-lite/template_renderer.hpp"
#include "store/store.hpp"

namespace titan::server_lite {

// What a write did to the entity.
enum class WriteOutcome { created, updated, unchanged, deleting, deleted };
std::string_view name_of(WriteOutcome outcome);  // "created"

struct PutRequest {
  model::Entity entity = {};  // its spec and tags count
  bool must_create = false;   // conflict when it exists
  bool create_workspace = false;
  bool allow_missing = false;
  std::optional<std::uint64_t> if_match = {};
  std::string request_id = {};
};

struct RemoveRequest {
  model::Key key = {};
  bool force = false;  // do not wait for the hosts of a deployment
  std::optional<std::uint64_t> if_match = {};
  std::string request_id = {};
};

struct Written {
  model::Entity entity = {};  // as it is now, or as it was last
  WriteOutcome outcome = WriteOutcome::unchanged;
  bool workspace_created = false;
};

// The one writer: every change of the store goes through it, one at a time, and into the fleet's
// state in the order of the feed. After each change it brings the status of the deployments that
// the change touches up to date, in a commit of its own with the actor "titan"; a server that was
// killed between the two makes up for it in open().
// Safe to share between threads. Errors besides those named: those of store::Store::commit().
class Writer {
 public:
  // Borrows all.
  Writer(store::Store& store, FleetState& state, TemplateRenderer& renderer, Log& log)
      : store_(store), state_(state), renderer_(renderer), log_(log) {}

  // Brings the fleet's state up from the store, and every status up to date. Call it once, first.
  Result<void> open();

  // invalid: what the entity names does not exist, its template does not compile, it asks for
  // what the server cannot do. conflict: it exists (must_create), is being deleted, or is at
  // another revision.
  Result<Written> put(const PutRequest& request);
  // not_found; conflict when it is in use or at another revision.
  Result<Written> remove(const RemoveRequest& request);

  // Notes that a host was heard of, with its report if it sent one. Writes nothing when that is
  // no news. not_found when there is no such host.
  Result<void> observe(const model::Key& host, const model::SyncRequest& sync,
                       const std::string& request_id);
  // Deployments that were handed to a host for the first time become CREATING.
  Result<void> note_delivered(const std::vector<model::Key>& deployments,
                              const std::string& request_id);

 private:
  Result<std::vector<model::Change>> commit(const store::Batch& batch);
  // For writes that need not be one: a status each. At most kBatchMutationsMax at a time.
  Result<void> commit_in_parts(store::Batch batch);
  void follow_up(const std::vector<model::Change>& changes, const std::string& request_id);
  void roll_up_or_warn(const std::set<model::Key>& keys, const std::string& request_id);
  Result<void> roll_up(const std::set<model::Key>& keys, const std::string& request_id);
  Result<std::optional<store::Mutation>> status_write(const model::Key& key);
  Result<std::optional<store::Mutation>> deployment_status_write(const model::Entity& entity);
  Result<std::optional<model::Entity>> find(const model::Key& key);
  Result<void> admit(const PutRequest& request, bool workspace_exists);

  store::Store& store_;
  FleetState& state_;
  TemplateRenderer& renderer_;
  Log& log_;
  std::mutex mutex_;  // held for the whole of each public method: one writer at a time
};

}  // namespace titan::server_lite
