#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/file_system.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "model/bookmark.hpp"

// Backups of the embedded store's file, and how one is put back. docs/spec/keeping.md tells it for
// people. Nothing here throws. Errors besides those named: unavailable, exhausted and denied, as of
// Store.
namespace titan::store {

// Told in a few words what is done next, between any two steps of long work.
using Progress = std::function<void(const std::string& doing)>;

struct BackupOptions {
  bool replace = false;  // an existing file
  Progress progress = {};
  std::string vfs = {};  // as SqliteStore::Options
};
struct BackupSummary {
  std::uint64_t bytes = 0;
  model::Bookmark bookmark = {};  // the moment that the backup shows
};

// Copies the database at the path `database` into `file`: one moment, also while a server writes
// to it, which it neither disturbs nor waits for. It only reads the database, and never
// checkpoints. `file` is one file of mode 0600, checked, and on the disk when it gets its name; a
// file of that name stays until then, whenever the process or the power ends.
// not_found: no database, or no folder for `file`. conflict: `file` exists and is not to be
// replaced, or another backup is writing it. invalid: not a database of ours, `file` is the
// database itself or no regular file. internal: the database is damaged.
Result<BackupSummary> back_up(const std::string& database, const std::string& file,
                              const BackupOptions& options);

// Keeps servers away from the database at that path while it is held.
// conflict: a server holds it. not_found: no such folder.
Result<std::unique_ptr<FileSystem::Lock>> lock_database(const std::string& database);

struct RestoreOptions {
  bool replace = false;  // an existing database, which is kept as <database>.before-restore
  Progress progress = {};
  std::string vfs = {};
};
struct RestoreSummary {
  model::Bookmark bookmark = {};         // a new epoch, the seq of the backup
  std::optional<std::string> kept = {};  // where the database before is now
};

// Puts a copy of the backup `file` in the place `database`, with a new epoch, so that every host
// gets its full manifest. The copy is checked whole before anything else is touched, and then takes
// its place by one rename: at every moment the old database or the new one stands there whole.
// The log of the old one is folded into it before, so it never meets the new file. An old database
// that is damaged is kept as it is, with its log beside it.
// REQUIRES: `held` is from lock_database(database).
// not_found: no such file. conflict: there is a database and it is not to be replaced, or another
// program has it open. invalid: `file` is no backup of ours, from a newer titan, or the database
// itself. internal: the backup is damaged.
Result<RestoreSummary> restore(const std::string& file, const std::string& database,
                               const FileSystem::Lock& held, Random& random,
                               const RestoreOptions& options);

}  // namespace titan::store
