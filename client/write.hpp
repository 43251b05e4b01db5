#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "model/bookmark.hpp"
#include "model/entity.hpp"

// What a Client writes, alone or as a batch, and what comes of it. Plain values.
namespace titan::client {

// What a write did.
enum class WriteOutcome { created, updated, unchanged, deleting, deleted };

std::string_view name_of(WriteOutcome outcome);  // "created"

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

// One entity of a batch that is to be as it says.
struct EntityWrite {
  enum class Operation {
    create,  // conflict when it exists
    update,  // not_found when it does not
    apply,   // either
  };
  Operation operation = Operation::apply;
  model::Entity entity = {};
  std::optional<std::uint64_t> revision = {};  // conflict at another one
};

// One entity of a batch that is to go.
struct EntityRemoval {
  model::Key key = {};
  bool force = false;
  std::optional<std::uint64_t> revision = {};
};

using BatchChange = std::variant<EntityWrite, EntityRemoval>;

struct BatchOptions {
  bool create_workspaces = false;  // those of the batch's entities, if missing
  bool allow_missing = false;
  bool wait = true;  // for the outcome; otherwise it is asked for by change_status()
};

enum class ChangeState { accepted, committed, refused };

std::string_view name_of(ChangeState state);  // "COMMITTED"

struct BatchResult {
  std::string id = {};  // for change_status()
  ChangeState state = ChangeState::committed;
  // Both only when committed: from where on all of it can be read, and an item per change.
  std::optional<model::Bookmark> bookmark = {};
  std::vector<WriteResult> items = {};  // which of them created a workspace is not told
  bool workspace_created = false;       // at least one
};

// How far a write has come on the server.
struct ChangeStatus {
  // A part of the server that follows the change log.
  struct Processor {
    std::string name = {};
    std::optional<model::Bookmark> bookmark = {};
    bool done = false;  // it has seen the whole change
  };
  std::string id = {};
  ChangeState state = ChangeState::accepted;
  std::optional<model::Bookmark> bookmark = {};  // when committed
  std::optional<Error> error = {};               // when refused
  std::vector<Processor> processors = {};
};

// What an answer with an error says beside the Error itself.
struct Refusal {
  std::optional<std::uint64_t> revision = {};  // the stored one, when another was expected
  std::vector<std::string> users = {};         // what refers to it, as "deployment default/prod"
};

}  // namespace titan::client
