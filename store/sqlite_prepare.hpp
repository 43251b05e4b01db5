#pragma once

#include <array>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "store/sqlite_connection.hpp"
#include "store/store.hpp"
#include "store/text_template.hpp"

// Internal to store/: all of a commit that can be done before the writer's turn.
namespace titan::store {

// A connection that only reads, for one thread at a time.
struct Reader {
  std::mutex mutex;  // guards the connection, and is held while it reads
  std::unique_ptr<Connection> connection;
};

// What the store stamps on an entity: the slots of its text, as JSON.
enum Stamp { kCreatedTime, kId, kModifiedTime, kRevision, kVersion, kStampCount };
using Stamps = std::array<std::string, kStampCount>;
Stamps stamps_of(const model::Entity& entity);

struct StoredEntity {
  model::Entity entity = {};
  std::string text = {};
};

struct PreparedMutation {
  std::optional<model::Entity> wanted = {};  // as it will be read back; none: delete
  TextTemplate text = {};                    // of `wanted`, without its stamps
  // What was there a moment ago. The writer uses it if nobody wrote meanwhile, and then has no JSON
  // to parse.
  std::optional<StoredEntity> seen = {};
};

struct PreparedReport {
  model::HostReport report = {};  // as it will be read back, but for `since`
  Digest digest = {};
  Timestamp seen_time = {};  // of the report before, a moment ago; zero: there was none
  TextTemplate text = {};    // with `since` carried on from that one; slot 0: the new time
};

// Borrows the batch.
struct PreparedBatch {
  const Batch& batch;
  std::vector<PreparedMutation> mutations = {};
  std::vector<std::optional<PreparedReport>> reports = {};  // of each observation; none: forget
};

// Errors: invalid and exhausted, as Store::commit() says. What `reader` cannot read now is left to
// the writer.
Result<PreparedBatch> prepare(const Batch& batch, Reader& reader);

// The text of a report, where each deployment of which `before` says the same keeps its `since`.
// `before` may be null.
TextTemplate text_after(const model::HostReport& report, const StoredReport* before);

}  // namespace titan::store
