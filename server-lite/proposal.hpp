#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "model/entity.hpp"
#include "model/key.hpp"

namespace titan::server_lite {

// One wanted write of one entity.
struct ProposedChange {
  enum class Operation {
    create,  // it must not exist
    update,  // it must exist
    apply,   // either
    remove,
  };
  Operation operation = Operation::apply;
  model::Key key = {};
  model::Entity entity = {};  // its spec and tags count; not of a removal
  bool force = false;         // a removal does not wait for the hosts of a deployment
  std::optional<std::uint64_t> if_revision = {};  // at which it must be
  std::string if_id = {};    // that it must have, when not empty: a name may be used again
  bool is_from_git = false;  // of a template: its spec is what was read from Git
  bool if_absent = false;    // with apply: what is there stays as it is
};

// What one request asks for: all of it is written, or nothing.
struct Proposal {
  std::string id = {};     // of the request; the change is followed by it
  std::string actor = {};  // who asks for it, for the change log
  std::vector<ProposedChange> changes = {};
  bool create_workspace = false;  // make the workspaces that do not exist
  bool allow_missing = false;     // what a spec names need not exist
  bool is_batch = false;          // errors say which of the changes is to blame: "changes[2]"
};

// What a write did to an entity.
enum class WriteOutcome { created, updated, unchanged, deleting, deleted };
std::string_view name_of(WriteOutcome outcome);  // "created"

struct Written {
  model::Entity entity = {};  // as it is now, or as it was last
  WriteOutcome outcome = WriteOutcome::unchanged;
};

struct Committed {
  std::vector<Written> changes = {};  // beside those of the proposal
  bool workspace_created = false;
  std::uint64_t seq = 0;  // all of it is in the log up to here
};

// Why a proposal was not taken, and which of its changes is to blame.
struct Refusal {
  Error error;
  std::size_t change = 0;
  std::vector<model::Key> users = {};  // that keep it from being removed, when that is why
};

}  // namespace titan::server_lite
