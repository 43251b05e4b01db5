#pragma once

#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "store/store.hpp"

namespace titan::store {

// The embedded Store: one SQLite file in WAL mode. docs/spec/store.md describes the file.
//
// Beside the file stand `<path>-wal` and `<path>-shm`, which belong to it while the store is open
// or was not closed in order, and `<path>.lock`, which keeps a second server out. The files are
// readable by their owner alone.
//
// All writes and checkpoints go through one connection, all reads through three others: one for
// list(), one for what commit() looks at beforehand, and one for the rest. Readers of a connection
// wait for each other, but no reader for a writer's I/O. That one connection alone writes and
// checkpoints is also what keeps clear of a fault of SQLite before 3.51.3. Writers stand in line;
// the first writes what waits, and one sync makes all of it durable. head() and horizon() wait for
// nobody.
class SqliteStore final : public Store {
 public:
  enum class Synchronous {
    full,    // a commit that returned survives a power cut
    normal,  // it survives the end of the process; a power cut may lose the last ones, whole
  };
  struct Options {
    Synchronous synchronous = Synchronous::full;
    // The seam to the disk: the SQLite file layer (VFS) to use, by the name that it is registered
    // with. Empty: the system's. Tests give one that fails when it is told to.
    std::string vfs = {};
  };

  // Opens the file, creating it with a new epoch when there is none, or migrating it to this
  // schema. The folder must exist. Borrows `clock`, which must be safe to share between threads,
  // and `random`, which is asked by one thread at a time.
  // conflict: another server has it open. not_found: no such folder. invalid: the file belongs to
  // another program, or to a newer titan. internal: it is no database, or damaged.
  static Result<std::unique_ptr<SqliteStore>> open(const std::string& path, const Clock& clock,
                                                   Random& random, Options options);
  static Result<std::unique_ptr<SqliteStore>> open(const std::string& path, const Clock& clock,
                                                   Random& random) {
    return open(path, clock, random, Options());
  }
  ~SqliteStore() override;

  void listen(Listener listener) override;
  Result<std::vector<model::Change>> commit(const Batch& batch) override;
  Result<model::Entity> get(const model::Key& key) override;
  Result<Page> list(const ListQuery& query) override;
  Result<std::vector<model::Change>> changes(std::uint64_t after_seq, std::size_t limit,
                                             const ChangeFilter& filter) override;
  Result<std::vector<SpecChange>> spec_changes(std::uint64_t after_seq, std::size_t limit) override;
  Result<CommittedRange> committed(std::string_view request_id) override;
  Result<std::uint64_t> seq_before(Timestamp moment) override;
  Result<model::Bookmark> head() override;
  Result<std::uint64_t> horizon() override;
  Result<std::uint64_t> cursor(std::string_view name) override;
  Result<std::uint64_t> compact(std::uint64_t seq, std::size_t limit) override;
  Result<std::vector<ReportHead>> report_heads() override;
  Result<std::vector<StoredReport>> reports(std::string_view organization, std::string_view after,
                                            std::size_t limit) override;
  Result<StoredReport> report(std::string_view organization, std::string_view host) override;
  Result<bool> put_blob(const BlobName& name, std::string_view bytes) override;
  Result<std::string> get_blob(const BlobName& name) override;
  Result<bool> has_blob(const BlobName& name) override;
  Result<std::vector<std::string>> organizations() override;
  Result<void> check() override;
  Figures figures() override;

 private:
  struct State;  // keeps sqlite3.h out of this header
  explicit SqliteStore(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace titan::store
