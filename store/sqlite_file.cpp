#include "store/sqlite_file.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "base/text.hpp"
#include "store/limits.hpp"
#include "store/sqlite_schema.hpp"

namespace titan::store {
namespace {

Result<void> check_has_content(Connection& connection) {
  TITAN_ASSIGN(const std::int64_t version, connection.integer("PRAGMA user_version"));
  const auto newest = static_cast<std::int64_t>(schema_steps().size());
  if (version == 0) return invalid("has no content; expected a database of titan-server");
  if (version <= newest) return {};
  return invalid("has schema version " + std::to_string(version) +
                 ", and this titan knows versions up to " + std::to_string(newest) +
                 ": it was written by a newer titan");
}

Result<void> prepare_for_reading(Connection& connection) {
  TITAN_TRY(configure(connection));
  TITAN_TRY(connection.script("PRAGMA query_only = ON"));
  sqlite3_db_config(connection.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  TITAN_TRY(check_is_ours(connection));
  return check_has_content(connection);
}

// unavailable when the disk does not give all of the file.
Result<void> read_through(Connection& connection) {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(connection.handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  sqlite3_int64 size = 0;
  int code = file->pMethods->xFileSize(file, &size);
  std::array<char, 64UL << 10U> bytes;
  for (sqlite3_int64 at = 0; at < size && code == SQLITE_OK; at += bytes.size()) {
    const auto count = std::min<sqlite3_int64>(size - at, bytes.size());
    code = file->pMethods->xRead(file, bytes.data(), static_cast<int>(count), at);
  }
  if (code == SQLITE_OK) return {};
  return unavailable("it cannot be read: " + std::string(sqlite3_errstr(code)));
}

}  // namespace

Result<Place> place_of(const std::string& path) {
  std::error_code failed;
  const auto absolute = std::filesystem::absolute(path, failed);
  if (failed) return about(path, system_error(failed.value(), "finding the file"));
  const auto real = std::filesystem::weakly_canonical(absolute, failed);
  if (failed) return about(path, system_error(failed.value(), "finding the file"));
  return Place{real.parent_path().string(), real.filename().string()};
}

Result<std::unique_ptr<FileSystem::Lock>> lock_file(FileSystem& folder, const Place& place) {
  auto lock = folder.lock(place.name + ".lock");
  if (!lock && lock.error().code == ErrorCode::conflict) {
    return about(place.path(), conflict("is in use by another titan-server"));
  }
  return lock;
}

Result<void> configure(Connection& connection) {
  sqlite3_busy_timeout(connection.handle(), static_cast<int>(kBusyTimeout.count()));
  return connection.script(
      "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;"
      " PRAGMA cache_size = -" +
      std::to_string(kPageCacheBytes >> 10U));
}

Result<void> check_is_ours(Connection& connection) {
  TITAN_ASSIGN(const std::int64_t id, connection.integer("PRAGMA application_id"));
  if (id == kApplicationId) return {};
  TITAN_ASSIGN(const std::int64_t tables, connection.integer("SELECT count(*) FROM sqlite_schema"));
  if (id == 0 && tables == 0) return {};
  return invalid("is an SQLite database of another program");
}

Result<std::unique_ptr<Connection>> open_for_reading(const std::string& path,
                                                     const std::string& vfs) {
  std::error_code failed;
  const auto status = std::filesystem::status(path, failed);
  if (!std::filesystem::exists(status)) return about(path, not_found("there is no such file"));
  if (!std::filesystem::is_regular_file(status)) return about(path, invalid("is no regular file"));
  auto connection = Connection::open(path, {.access = OpenOptions::Access::read_only, .vfs = vfs});
  if (!connection) return about(path, connection.error());
  if (auto prepared = prepare_for_reading(**connection); !prepared) {
    return about(path, prepared.error());
  }
  return connection;
}

Result<model::Bookmark> bookmark_of(Connection& connection) {
  TITAN_ASSIGN(Statement row, connection.query("SELECT epoch, last_seq FROM meta"));
  TITAN_ASSIGN(const bool found, row.step());
  if (!found) return internal("the table meta is empty");
  return model::Bookmark{.epoch = row.bytes(0), .seq = static_cast<std::uint64_t>(row.integer(1))};
}

Result<std::vector<std::string>> faults_of(Connection& connection, const std::string& pragma,
                                           std::size_t count) {
  TITAN_ASSIGN(Statement rows,
               connection.query("PRAGMA " + pragma + "(" + std::to_string(count) + ")"));
  std::vector<std::string> faults;
  while (true) {
    TITAN_ASSIGN(const bool found, rows.step());
    if (!found) return faults;
    for (std::string& fault : split(rows.bytes(0), '\n')) {
      if (fault == "ok" || fault.starts_with("*** in database")) continue;
      faults.push_back(std::move(fault));
    }
  }
}

Result<void> check_is_sound(Connection& connection, const std::string& pragma) {
  TITAN_ASSIGN(auto faults, faults_of(connection, pragma, 1));
  if (faults.empty()) return {};
  // What the disk did not give looks the same as damage, and may be there the next time.
  TITAN_TRY(read_through(connection));
  TITAN_ASSIGN(faults, faults_of(connection, pragma, 1));
  if (faults.empty()) return {};
  return internal("is damaged: " + faults.front());
}

}  // namespace titan::store
