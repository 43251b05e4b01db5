#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "store/backup.hpp"
#include "store/sqlite_file.hpp"
#include "store/staged_database.hpp"

namespace titan::store {
namespace {

namespace fs = std::filesystem;

// What belongs to a database's content while it exists. The -shm is made anew when it is missing.
constexpr const char* kLogs[] = {"-wal", "-journal"};

void tell(const Progress& progress, const std::string& doing) {
  if (progress) progress(doing);
}

Result<bool> exists(FileSystem& folder, const std::string& name) {
  const auto info = folder.info(name);
  if (info) return true;
  if (info.error().code == ErrorCode::not_found) return false;
  return info.error();
}

// A log without its file counts: it must not meet the new one.
Result<bool> holds_database(FileSystem& folder, const std::string& name) {
  TITAN_ASSIGN(bool found, exists(folder, name));
  for (const char* log : kLogs) {
    TITAN_ASSIGN(const bool more, exists(folder, name + log));
    found = found || more;
  }
  return found;
}

bool same_file(const std::string& left, const std::string& right) {
  std::error_code failed;
  return fs::equivalent(left, right, failed);
}

// An administrator may restore what a server runs with fewer rights will open.
Result<void> give_to_owner_of(const std::string& folder, const std::string& path) {
  struct stat owner {};
  if (::geteuid() != 0 || ::stat(folder.c_str(), &owner) != 0) return {};
  if (::chown(path.c_str(), owner.st_uid, owner.st_gid) == 0) return {};
  return about(path, system_error(errno, "giving it to the owner of " + folder));
}

// The epoch says whose sequence numbers these are. The backup's are not the lost database's, so
// hosts that saw the latter must not take them for news.
Result<model::Bookmark> begin_epoch(Connection& connection, Random& random) {
  TITAN_TRY(connection.run("UPDATE meta SET epoch = ?1", make_token(random)));
  return bookmark_of(connection);
}

Result<model::Bookmark> fill(StagedDatabase& staged, Connection& source, Random& random,
                             const Progress& progress) {
  TITAN_TRY(staged.copy_from(source, progress));
  tell(progress, "checking the copy");
  TITAN_TRY(check_is_sound(staged.connection(), "integrity_check"));
  TITAN_ASSIGN(const model::Bookmark bookmark, begin_epoch(staged.connection(), random));
  TITAN_TRY(staged.seal());
  return bookmark;
}

bool is_held_by_others(Connection& connection) {
  const int code = sqlite3_errcode(connection.handle()) & 0xff;
  return code == SQLITE_BUSY || code == SQLITE_LOCKED;
}

Result<void> fold_log(Connection& connection) {
  // A log that is too damaged to be folded shall not be removed when this closes.
  sqlite3_db_config(connection.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  TITAN_TRY(configure(connection));
  sqlite3_busy_timeout(connection.handle(), 0);
  // Leaves the write-ahead log: all it holds goes into the file, and it is removed.
  TITAN_TRY(connection.script("PRAGMA journal_mode = DELETE"));
  // Until the new file has the name nobody can open this one and make a log beside it.
  return connection.script("BEGIN EXCLUSIVE");
}

// The old database as one file, and nobody else in it as long as the connection lives. None when
// it is too damaged for that.
Result<std::unique_ptr<Connection>> settle(const std::string& path, const std::string& vfs) {
  auto connection = Connection::open(path, {.vfs = vfs});
  const Result<void> folded = connection ? fold_log(**connection) : connection.error();
  if (folded) return connection;
  if (connection && is_held_by_others(**connection)) {
    return about(path, conflict("is open in another program"));
  }
  if (folded.error().code == ErrorCode::internal) return std::unique_ptr<Connection>();
  return about(path, folded.error());
}

// The old file gets a second name before the new file takes the first, so that at no moment the
// first is nobody's: a server that started then would begin an empty store.
Result<void> keep_file(FileSystem& folder, const Place& old, const std::string& kept) {
  const std::string old_path = old.path();
  const std::string kept_path = old.folder + "/" + kept;
  if (same_file(old_path, kept_path)) return {};  // a killed restore came as far as this
  for (const char* log : kLogs) TITAN_TRY(remove_if_present(folder, kept + log));
  const std::string meanwhile = temporary_path(kept);
  TITAN_TRY(remove_if_present(folder, meanwhile));
  if (::link(old_path.c_str(), (old.folder + "/" + meanwhile).c_str()) != 0) {
    return about(old_path, system_error(errno, "keeping it as " + kept_path));
  }
  return folder.rename(meanwhile, kept);
}

// Only a database that could not be folded still has these.
Result<void> move_logs(FileSystem& folder, const std::string& name, const std::string& kept,
                       const Progress& progress) {
  for (const char* log : kLogs) {
    TITAN_ASSIGN(const bool found, exists(folder, name + log));
    if (!found) continue;
    tell(progress, std::string("keeping its ") + log);
    TITAN_TRY(folder.rename(name + log, kept + log));
  }
  return remove_if_present(folder, name + "-shm");
}

struct KeptDatabase {
  std::string path;
  std::unique_ptr<Connection> connection;  // keeps others out of it
};

Result<KeptDatabase> keep_old(FileSystem& folder, const Place& old, const RestoreOptions& options) {
  const std::string kept = old.name + ".before-restore";
  KeptDatabase result{.path = old.folder + "/" + kept};
  TITAN_ASSIGN(const bool has_file, exists(folder, old.name));
  if (has_file) {
    tell(options.progress, "folding the log of the old database into it");
    TITAN_ASSIGN(result.connection, settle(old.path(), options.vfs));
    tell(options.progress, "keeping the old database as " + result.path);
    TITAN_TRY(keep_file(folder, old, kept));
  }
  TITAN_TRY(move_logs(folder, old.name, kept, options.progress));
  TITAN_TRY(folder.sync_directory(""));
  return result;
}

}  // namespace

Result<std::unique_ptr<FileSystem::Lock>> lock_database(const std::string& database) {
  TITAN_ASSIGN(const Place place, place_of(database));
  auto folder = DiskFileSystem::open(place.folder);
  if (!folder) return about(place.folder, folder.error());
  auto lock = lock_file(**folder, place);
  if (!lock) return lock;
  TITAN_TRY(give_to_owner_of(place.folder, place.path() + ".lock"));
  return lock;
}

Result<RestoreSummary> restore(const std::string& file, const std::string& database,
                               const FileSystem::Lock& /*held*/, Random& random,
                               const RestoreOptions& options) {
  TITAN_ASSIGN(const Place place, place_of(database));
  TITAN_ASSIGN(const auto folder, DiskFileSystem::open(place.folder));
  TITAN_ASSIGN(const bool replaces, holds_database(*folder, place.name));
  if (same_file(file, place.path())) return about(file, invalid("is the database itself"));
  if (replaces && !options.replace) {
    return about(place.path(), conflict("there is a database already; --force replaces it, and"
                                        " keeps it as " +
                                        place.name + ".before-restore"));
  }
  tell(options.progress, "opening " + file);
  TITAN_ASSIGN(const auto source, open_for_reading(file, options.vfs));
  auto staged = StagedDatabase::create(*folder, place, options.vfs);
  if (!staged) return about(place.path(), staged.error());
  auto bookmark = fill(**staged, *source, random, options.progress);
  if (!bookmark) return about(file, bookmark.error());
  TITAN_TRY(give_to_owner_of(place.folder, (*staged)->path()));

  RestoreSummary summary{.bookmark = *bookmark};
  KeptDatabase kept;
  if (replaces) {
    TITAN_ASSIGN(kept, keep_old(*folder, place, options));
    summary.kept = kept.path;
  }
  tell(options.progress, "putting the backup in its place");
  TITAN_TRY((*staged)->take_place());
  tell(options.progress, "done");
  return summary;
}

}  // namespace titan::store
