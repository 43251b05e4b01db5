#include "store/backup.hpp"

#include <filesystem>
#include <utility>

#include "store/sqlite_file.hpp"
#include "store/staged_database.hpp"

namespace titan::store {
namespace {

Result<void> check_target(FileSystem& folder, const Place& target, const std::string& database,
                          bool replace) {
  const auto info = folder.info(target.name);
  if (!info && info.error().code == ErrorCode::not_found) return {};
  if (!info) return info.error();
  if (info->type != FileSystem::Type::file) {
    return about(target.path(), invalid("is no regular file"));
  }
  std::error_code failed;
  if (std::filesystem::equivalent(target.path(), database, failed)) {
    return about(target.path(), invalid("is the database itself"));
  }
  if (replace) return {};
  return about(target.path(), conflict("it exists already; --force replaces it"));
}

// The copy is what will be needed one day, so it is what gets checked.
Result<BackupSummary> fill(StagedDatabase& staged, Connection& source, const Progress& progress) {
  // From the first read on the transaction shows one moment.
  TITAN_TRY(source.run("BEGIN"));
  BackupSummary summary;
  TITAN_ASSIGN(summary.bookmark, bookmark_of(source));
  TITAN_TRY(staged.copy_from(source, progress));
  TITAN_TRY(source.run("COMMIT"));
  if (progress) progress("checking the copy");
  TITAN_TRY(check_is_ours(staged.connection()));
  TITAN_TRY(check_is_sound(staged.connection(), "quick_check"));
  TITAN_ASSIGN(summary.bytes, staged.seal());
  return summary;
}

}  // namespace

Result<BackupSummary> back_up(const std::string& database, const std::string& file,
                              const BackupOptions& options) {
  TITAN_ASSIGN(const auto source, open_for_reading(database, options.vfs));
  TITAN_ASSIGN(const Place target, place_of(file));
  auto folder = DiskFileSystem::open(target.folder);
  if (!folder) return about(target.folder, folder.error());
  TITAN_TRY(check_target(**folder, target, database, options.replace));
  auto staged = StagedDatabase::create(**folder, target, options.vfs);
  if (!staged) return about(target.path(), staged.error());
  auto summary = fill(**staged, *source, options.progress);
  if (!summary) return about(target.path(), summary.error().context("backing up " + database));
  // Somebody may have made the file meanwhile.
  TITAN_TRY(check_target(**folder, target, database, options.replace));
  if (options.progress) options.progress("putting the backup in its place");
  TITAN_TRY((*staged)->take_place());
  return summary;
}

}  // namespace titan::store
