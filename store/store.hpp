#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "base/timestamp.hpp"
#include "model/bookmark.hpp"
#include "model/change.hpp"
#include "model/entity.hpp"
#include "model/key.hpp"
#include "model/report.hpp"

namespace titan::store {

// One wanted write of one entity.
struct Mutation {
  model::Key key = {};
  // none: whatever there is; 0: it must not exist; n: it must be at that revision.
  std::optional<std::uint64_t> expected_revision = {};
  // The state wanted: spec, status, reason, tags and deleting count, the rest is the store's to
  // write. Its key must be `key`. none: delete.
  std::optional<model::Entity> entity = {};
};

// The last report of a host. It replaces the one before and is not in the change log.
struct Observation {
  std::string organization = std::string(model::kDefaultOrganization);
  std::string host = {};
  std::optional<model::HostReport> report = {};  // none: forget the host
  model::Bookmark bookmark = {};                 // which the host sent with it
  bool operator==(const Observation&) const = default;
};

struct StoredReport {
  std::string organization = std::string(model::kDefaultOrganization);
  std::string host = {};
  model::Bookmark bookmark = {};
  Timestamp time = {};  // when it was stored
  model::HostReport report = {};
  bool operator==(const StoredReport&) const = default;
};

// What is written together. Mutations apply in order, each on what those before it left.
struct Batch {
  std::vector<Mutation> mutations = {};
  std::vector<Observation> observations = {};
  std::string actor = {};       // who asked for it, for the change log
  std::string request_id = {};  // in which request
};

// A part of the entities of one kind.
struct ListQuery {
  model::Kind kind = model::Kind::workspace;
  std::optional<std::string> workspace = {};  // none: all of the organization
  std::string organization = std::string(model::kDefaultOrganization);
  std::optional<model::Key> after = {};  // the last key of the page before; none: from the start
  std::size_t limit = 0;                 // 1 to kPageMax
};

// A Store keeps the entities, the log of their changes, the last report of every host, and the
// blobs that templates name. Nothing in this interface knows how: SqliteStore is the embedded
// one, a store on a distributed engine can stand in its place.
//
// What every Store promises:
// - A commit is all or nothing, and durable when it returns.
// - `seq` and `time` of changes strictly increase over all writes, also across restarts and when
//   the wall clock steps back; a seq is never used twice in one epoch. Reports take their time
//   from the same sequence.
// - A reader who sees a change sees all changes with a smaller seq: the log may be followed by
//   asking for what is after the last seq seen.
// - What commit() returns is exactly what get(), list() and changes() give afterwards.
//
// Safe to share between threads. Nothing throws.
// Errors of all methods, besides those named: unavailable (I/O error, the file is busy),
// exhausted (disk full, or a limit of store/limits.hpp), denied (no right to the file), internal
// (what is stored is damaged; the subject names the entity, the host, the blob or the file).
// Every error but `unavailable` means that nothing was written; after `unavailable` the caller
// knows only by reading: the same batch, conditional on its revisions, is safe to send again.
class Store {
 public:
  virtual ~Store() = default;

  // Writes the batch and gives one Change per mutation that changed something, in order.
  // The store stamps: id (new when the entity is), created and modified time, revision (+1),
  // version (+1 when the spec differs), seq. A mutation whose spec, status, reason, tags and
  // deleting equal what is stored writes nothing and gives no Change.
  // conflict: the revision is not the expected one; the message says the current one.
  // not_found: the deletion of what is not there.
  // invalid: the entity has another key than the mutation, or cannot be read back
  // (model::parse_entity refuses it). exhausted: more than kBatchMutationsMax of either.
  // The subject of these is that of the mutation's key.
  virtual Result<std::vector<model::Change>> commit(const Batch& batch) = 0;

  // not_found when there is none.
  virtual Result<model::Entity> get(const model::Key& key) = 0;
  // In the order of keys. invalid when the limit is out of range.
  virtual Result<std::vector<model::Entity>> list(const ListQuery& query) = 0;

  // The changes with a greater seq, in order; only those of `kind` when it is given. Fewer than
  // `limit` when the log ends. invalid when the limit (1 to kPageMax) is out of range.
  virtual Result<std::vector<model::Change>> changes(std::uint64_t after_seq, std::size_t limit,
                                                     std::optional<model::Kind> kind = {}) = 0;
  // The greatest seq whose time is before `moment`; 0 when there is none. So changes() after it
  // gives all that was changed at or after the moment.
  virtual Result<std::uint64_t> seq_before(Timestamp moment) = 0;
  // The epoch of this store and the last seq committed (0 before the first).
  virtual Result<model::Bookmark> head() = 0;

  // The last report of every host, by organization and host.
  virtual Result<std::vector<StoredReport>> reports() = 0;
  // The last report of one host; not_found when there is none.
  virtual Result<StoredReport> report(std::string_view organization, std::string_view host) = 0;

  // Keeps the bytes under their digest, for ever; true when they were not there yet.
  // invalid when `digest` is not theirs; exhausted over kBlobBytesMax.
  virtual Result<bool> put_blob(const Digest& digest, std::string_view bytes) = 0;
  // not_found when there is none. The bytes are checked against the digest.
  virtual Result<std::string> get_blob(const Digest& digest) = 0;
  virtual Result<bool> has_blob(const Digest& digest) = 0;

  // Whether the store can be read right now. Cheap: for health probes.
  virtual Result<void> check() = 0;
};

}  // namespace titan::store
