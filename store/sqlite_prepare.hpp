#pragma once

#include <array>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/random.hpp"
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

// Where new entities get their ids from.
class IdSource {
 public:
  explicit IdSource(Random& random) : random_(random) {}
  std::string next() {
    const std::lock_guard lock(mutex_);
    return make_uuid(random_);
  }

 private:
  std::mutex mutex_;  // guards the next
  Random& random_;
};

// What the store stamps on an entity: the slots of its text, as JSON.
enum Stamp { kCreatedTime, kId, kModifiedTime, kRevision, kVersion, kStampCount };
using Stamps = std::array<std::string, kStampCount>;

struct StoredEntity {
  model::Entity entity = {};
  std::string text = {};
};

// What the writer does with it needs no JSON, no comparison and no copy: all of that is done before
// its turn, upon what was there a moment ago. The writer uses that if nobody wrote meanwhile.
struct PreparedMutation {
  std::optional<model::Entity> wanted = {};  // as it will be read back; none: delete
  std::string new_id = {};                   // for it, if it is new
  std::optional<StoredEntity> seen = {};     // what is there; none: nothing, or not looked for
  TextTemplate text = {};                    // of `wanted`, without its stamps

  // What follows from those, by relate().
  Stamps stamps = {};           // of `wanted`; the writer knows the times
  bool alters_state = false;    // anything that is the caller's to write
  bool alters_desired = false;  // what hosts should have: model::alters_desired_state()

  // What the writer did; none: nothing.
  struct Written {
    model::Operation operation = {};
    std::uint64_t seq = 0;
    Timestamp time = {};
  };
  std::optional<Written> written = {};

  // Call it again when `seen` has become another.
  void relate();
};

struct PreparedReport {
  model::HostReport report = {};  // as it will be read back, but for the store's times
  Digest digest = {};
  Timestamp seen_time = {};  // of the report before, a moment ago; zero: there was none
  TextTemplate text = {};    // with times carried on from that one; slot 0: the new time
};

// Borrows the batch.
struct PreparedBatch {
  const Batch& batch;
  std::vector<PreparedMutation> mutations = {};
  std::vector<std::optional<PreparedReport>> reports = {};  // of each observation; none: forget
};

// Errors: invalid and exhausted, as Store::commit() says. What `reader` cannot read now is left to
// the writer.
Result<PreparedBatch> prepare(const Batch& batch, Reader& reader, IdSource& ids);

// The text of a report, where each deployment keeps the times of what `before` said the same of it.
// `before` may be null.
TextTemplate text_after(const model::HostReport& report, const StoredReport* before);

}  // namespace titan::store
