#include "store/staged_database.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/assert.hpp"
#include "base/descriptor.hpp"
#include "store/limits.hpp"

namespace titan::store {
namespace {

// What SQLite may have put beside a file.
constexpr const char* kCompanions[] = {"-journal", "-wal", "-shm"};

struct BackupFinish {
  void operator()(sqlite3_backup* backup) const { sqlite3_backup_finish(backup); }
};

std::string share_text(int done, int all) {
  const auto share = all == 0 ? 100 : static_cast<std::int64_t>(done) * 100 / all;
  return "copying: " + std::to_string(share) + " %";
}

Result<void> flush_file(const std::string& path) {
  const Descriptor file(
      retry_interrupted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); }));
  if (!file.is_open()) return system_error(errno, "opening " + path);
  if (retry_interrupted([&] { return ::fsync(file.get()); }) != 0) {
    return system_error(errno, "flushing " + path + " to the disk");
  }
  return {};
}

// A copy says of itself that it has a write-ahead log, as its source did; with one it would be
// more than one file, and not to be opened where nothing can be written.
Result<void> leave_write_ahead_log(Connection& connection) {
  TITAN_ASSIGN(Statement mode, connection.query("PRAGMA journal_mode = DELETE"));
  TITAN_ASSIGN(const bool found, mode.step());
  const std::string chosen = found ? mode.bytes(0) : "";
  if (chosen == "delete") return {};
  return internal("the copy keeps the journal \"" + chosen + "\"");
}

}  // namespace

StagedDatabase::StagedDatabase(FileSystem& folder, Place place)
    : folder_(folder), place_(std::move(place)), name_(temporary_path(place_.name)) {}

Result<std::unique_ptr<StagedDatabase>> StagedDatabase::create(FileSystem& folder,
                                                               const Place& place,
                                                               const std::string& vfs) {
  std::unique_ptr<StagedDatabase> staged(new StagedDatabase(folder, place));
  auto lock = folder.lock(staged->name_);
  if (!lock && lock.error().code == ErrorCode::conflict) {
    Error error = conflict("is being written by another process");
    error.subject = place.path();
    return error;
  }
  if (!lock) return lock.error();
  staged->lock_ = std::move(*lock);
  for (const char* companion : kCompanions) {
    TITAN_TRY(remove_if_present(folder, staged->name_ + companion));
  }
  TITAN_TRY(folder.write(staged->name_, "", 0600));
  TITAN_ASSIGN(staged->connection_, Connection::open(staged->path(), {.vfs = vfs}));
  TITAN_TRY(configure(*staged->connection_));
  // Nobody reads it before it is sealed, so neither a journal nor a flush is needed until then.
  TITAN_TRY(staged->connection_->script(
      "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF"));
  return staged;
}

StagedDatabase::~StagedDatabase() {
  connection_.reset();
  if (lock_ == nullptr || in_place_) return;
  for (const char* companion : kCompanions) {
    static_cast<void>(folder_.remove_file(name_ + companion));
  }
  // Last, since the lock is on it: from here on another may begin.
  static_cast<void>(folder_.remove_file(name_));
}

std::string StagedDatabase::path() const {
  return place_.folder + "/" + name_;
}

Result<void> StagedDatabase::copy_from(Connection& source, const Progress& progress) {
  sqlite3* to = connection_->handle();
  std::unique_ptr<sqlite3_backup, BackupFinish> backup(
      sqlite3_backup_init(to, "main", source.handle(), "main"));
  if (backup == nullptr) return failure(to, sqlite3_extended_errcode(to));
  while (true) {
    const int code = sqlite3_backup_step(backup.get(), kCopiedPagesPerStep);
    if (code == SQLITE_DONE) break;
    if (code != SQLITE_OK) {
      backup.reset();  // only now the connection knows what went wrong
      return failure(to, code);
    }
    const int all = sqlite3_backup_pagecount(backup.get());
    if (progress) progress(share_text(all - sqlite3_backup_remaining(backup.get()), all));
  }
  const int code = sqlite3_backup_finish(backup.release());
  if (code != SQLITE_OK) return failure(to, code);
  return {};
}

Result<std::uint64_t> StagedDatabase::seal() {
  TITAN_TRY(leave_write_ahead_log(*connection_));
  connection_.reset();
  TITAN_TRY(flush_file(path()));
  TITAN_ASSIGN(const auto info, folder_.info(name_));
  return info.size;
}

Result<void> StagedDatabase::take_place() {
  TITAN_ASSERT(connection_ == nullptr);
  TITAN_TRY(folder_.rename(name_, place_.name));
  in_place_ = true;
  return folder_.sync_directory("");
}

}  // namespace titan::store
