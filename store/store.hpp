#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "base/timestamp.hpp"
#include "model/bookmark.hpp"
#include "model/change.hpp"
#include "model/entity.hpp"
#include "model/entity_filter.hpp"
#include "model/key.hpp"
#include "model/report.hpp"

namespace titan::store {

// One wanted write of one entity.
struct Mutation {
  model::Key key = {};
  // none: whatever there is; 0: it must not exist; n: it must be at that revision.
  std::optional<std::uint64_t> expected_revision = {};
  // The state wanted: spec, status, reason, tags, stages and deleting count, the rest is the
  // store's to write. Its key must be `key`. none: delete.
  std::optional<model::Entity> entity = {};
  // What get() gave, exactly, or null when the caller has not asked: spares the store to read it
  // again. It may be out of date by now; that is found out.
  std::shared_ptr<const model::Entity> seen = {};
  // When not empty, what is there must have this id, too: a name that is used again starts at
  // revision 1 again.
  std::string expected_id = {};

  // What follows from an entity that was read, while that is as it was.
  static Mutation upon(const model::Entity& read, std::optional<model::Entity> entity) {
    return {.key = read.key(),
            .expected_revision = read.revision,
            .entity = std::move(entity),
            .expected_id = read.id};
  }
};

// The last report of a host. It replaces the one before and is not in the change log. Of the times
// in it, `delivered` is the caller's (zero: it does not know); the store writes the others, and
// keeps all those that the report before already had of the same.
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

// How far a reader of the feed has come: it is done with all changes up to `seq`.
struct Cursor {
  std::string name = {};  // of the reader
  std::uint64_t seq = 0;
  bool operator==(const Cursor&) const = default;
};

// What is written together. Mutations apply in order, each on what those before it left.
struct Batch {
  std::vector<Mutation> mutations = {};
  std::vector<Observation> observations = {};
  // Moved together with the rest; it never moves back. Name: 1 to kCursorNameBytesMax bytes.
  std::optional<Cursor> cursor = {};
  std::string actor = {};       // who asked for it, for the change log
  std::string request_id = {};  // in which request
};

// A part of the entities of one kind.
struct ListQuery {
  model::Kind kind = model::Kind::workspace;
  std::optional<std::string> workspace = {};  // none: all of the organization
  std::string organization = std::string(model::kDefaultOrganization);
  model::EntityFilter filter = {};       // only those that match
  std::optional<model::Key> after = {};  // where the page before ended; none: from the start
  std::optional<std::uint64_t> at = {};  // as things were after this seq; none: now
  std::size_t limit = 0;                 // 1 to kPageMax
};

// A page may be short, or even empty, while more follow: one call looks at no more than
// kListScanMax entities. `next` says where to go on; none: that was all.
struct Page {
  std::vector<model::Entity> items = {};  // in the order of keys
  std::optional<model::Key> next = {};    // goes back as `after`
  std::uint64_t at = 0;                   // which moment it shows; goes back as `at`
};

// A change that altered what hosts should have: the entity appeared, vanished or has another spec,
// where one that is being deleted counts as vanished. Only what was before is told: what is after
// is the entity now, or the `before` of its next such change.
struct SpecChange {
  std::uint64_t seq = 0;
  Timestamp time = {};
  model::Key key = {};
  std::optional<model::Entity> before = {};  // none: nothing was there, or it was being deleted
  bool operator==(const SpecChange&) const = default;
};

// A part of the log: what is given must hold.
struct ChangeFilter {
  std::optional<model::Kind> kind = {};
  std::string actor = {};                    // exactly; empty: whoever it was
  std::string organization = {};             // empty: all of them
  std::vector<model::Kind> no_kinds = {};    // none of these
  std::vector<std::string> workspaces = {};  // one of these, or in none; empty: any
  bool operator==(const ChangeFilter&) const = default;

  [[nodiscard]] bool matches(const model::Key& key, std::string_view by) const;
};

// A blob, as an organization has it: what one uploaded is not there for another, whose content may
// be the same.
struct BlobName {
  BlobName(const Digest& its_digest,  // implicit
           std::string whose = std::string(model::kDefaultOrganization))
      : digest(its_digest), organization(std::move(whose)) {}
  // Whoever uploaded it; not for writing.
  static BlobName of_anybody(const Digest& digest) { return {digest, std::string()}; }

  Digest digest;
  std::string organization;
};

// Which part of the log one request wrote.
struct CommittedRange {
  std::uint64_t first_seq = 0;
  std::uint64_t last_seq = 0;
  bool operator==(const CommittedRange&) const = default;
};

// A StoredReport without its content, which is quick to read for a whole fleet.
struct ReportHead {
  std::string organization = {};
  std::string host = {};
  model::Bookmark bookmark = {};
  Timestamp time = {};
  Digest digest = {};  // of the report, as model::digest_of()
  bool operator==(const ReportHead&) const = default;
};

// How large a store is, and what it has written since it was opened: for those who watch it.
struct Figures {
  std::uint64_t data_bytes = 0;     // of its file
  std::uint64_t journal_bytes = 0;  // of what was written and is not yet in that file (the WAL)
  std::uint64_t write_groups = 0;   // commits that became durable together count as one
  std::uint64_t writes = 0;         // all of those groups together
  std::size_t writes_waiting = 0;   // that stand in line now
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
// - Commits that wait at the same time may become durable together; each is still all or nothing
//   by itself.
// - The log is kept from the horizon on: changes up to that seq may be gone, those after it are all
//   there. Whoever asks for what is gone is told so with `expired`, never with a gap.
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

  // Is told every change once it is durable, in order, without gaps, from one thread at a time and
  // before the commit() that made it returns. It must be quick, do no I/O, and call nothing of the
  // store. At most one; set before the first commit; borrowed.
  using Listener = std::function<void(std::span<const model::Change> changes)>;
  virtual void listen(Listener listener) = 0;

  // Writes the batch and gives one Change per mutation that changed something, in order.
  // The store stamps: id (new when the entity is), created and modified time, revision (+1),
  // version (+1 when the spec differs), seq. A mutation whose spec, status, reason, tags,
  // stages and deleting equal what is stored writes nothing and gives no Change.
  // conflict: the revision is not the expected one; the message says the current one.
  // not_found: the deletion of what is not there.
  // invalid: the entity has another key than the mutation, or cannot be read back
  // (model::parse_entity refuses it); the cursor has a bad name or is after the last change.
  // exhausted: more than kBatchMutationsMax of either.
  // The subject of these is that of the mutation's key.
  virtual Result<std::vector<model::Change>> commit(const Batch& batch) = 0;

  // not_found when there is none.
  virtual Result<model::Entity> get(const model::Key& key) = 0;
  // Pages that are asked for with the `at` of the first show one moment together, whatever is
  // written meanwhile. With the status DELETED it shows what the log still holds of what was
  // deleted up to then, by key and then by time, with `deleted_time`; what had one key is on one
  // page, which may be longer than the limit.
  // invalid: the limit is out of range, `at` is in the future, or another status stands beside
  // DELETED (field `status`). expired: `at` is before the horizon.
  virtual Result<Page> list(const ListQuery& query) = 0;

  // The changes with a greater seq that the filter picks, in order. Fewer than `limit` when the log
  // ends. invalid when the limit (1 to kPageMax) is out of range. expired:
  // `after_seq` is before the horizon.
  virtual Result<std::vector<model::Change>> changes(std::uint64_t after_seq, std::size_t limit,
                                                     const ChangeFilter& filter = {}) = 0;
  // The changes after `after_seq` that altered what hosts should have, in order, at most `limit`
  // (1 to kPageMax). invalid and expired as changes().
  virtual Result<std::vector<SpecChange>> spec_changes(std::uint64_t after_seq,
                                                       std::size_t limit) = 0;
  // What the request wrote. not_found: nothing that the log still holds.
  virtual Result<CommittedRange> committed(std::string_view request_id) = 0;
  // The greatest seq whose time is before `moment`; 0 when there is none. So changes() after it
  // gives all that was changed at or after the moment. expired: changes from then on are gone.
  virtual Result<std::uint64_t> seq_before(Timestamp moment) = 0;
  // The epoch of this store and the last seq committed (0 before the first). No I/O. What changes()
  // and list() show is never after it, so a bookmark that was read is never of the future.
  virtual Result<model::Bookmark> head() = 0;
  // Changes up to this seq are gone; 0 when none are. No I/O.
  virtual Result<std::uint64_t> horizon() = 0;
  // Where the reader of that name stands; 0 when it never moved.
  virtual Result<std::uint64_t> cursor(std::string_view name) = 0;
  // Removes changes from the old end of the log: those up to `seq`, but none that a stored cursor
  // has not passed, and at most `limit` (1 to kPageMax) at a time. Returns the horizon then.
  virtual Result<std::uint64_t> compact(std::uint64_t seq, std::size_t limit) = 0;

  // The last report of every host, by organization and host; the content is read by the page.
  virtual Result<std::vector<ReportHead>> report_heads() = 0;
  // Those after the host `after` of the organization, and of the organizations after it ("" and ""
  // for the first), at most `limit` (1 to kPageMax).
  virtual Result<std::vector<StoredReport>> reports(std::string_view organization,
                                                    std::string_view after, std::size_t limit) = 0;
  // The last report of one host; not_found when there is none.
  virtual Result<StoredReport> report(std::string_view organization, std::string_view host) = 0;

  // Keeps the bytes under their digest, for ever; true when they were not there yet, for that
  // organization. invalid when `digest` is not theirs; exhausted over kBlobBytesMax.
  // REQUIRES: the name has an organization.
  virtual Result<bool> put_blob(const BlobName& name, std::string_view bytes) = 0;
  // not_found when there is none; internal when the bytes have not this digest, which is looked at
  // when they are first read since the start.
  virtual Result<std::string> get_blob(const BlobName& name) = 0;
  virtual Result<bool> has_blob(const BlobName& name) = 0;

  // The organizations that have an entity, sorted.
  virtual Result<std::vector<std::string>> organizations() = 0;

  // Whether the store can be read right now. Cheap: for health probes.
  virtual Result<void> check() = 0;
  // Cheap, too, and waits for nobody. A size that cannot be found out is 0.
  virtual Figures figures() = 0;
};

}  // namespace titan::store
