#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/file_system.hpp"
#include "base/result.hpp"
#include "model/bookmark.hpp"
#include "store/sqlite_connection.hpp"

// Internal to store/: the file of a database, and what is asked of it before it is used.
namespace titan::store {

// The real file behind symbolic links, so that each way to it leads to the same lock.
struct Place {
  std::string folder;
  std::string name;
  [[nodiscard]] std::string path() const { return folder + "/" + name; }
};
Result<Place> place_of(const std::string& path);

// conflict when a server, or whoever else may write to it, holds the file.
Result<std::unique_ptr<FileSystem::Lock>> lock_file(FileSystem& folder, const Place& place);

// What every connection is set to first.
Result<void> configure(Connection& connection);

// invalid when it is the database of another program. A file without content passes.
Result<void> check_is_ours(Connection& connection);

// A connection that changes nothing: it neither writes nor checkpoints, also not when it closes.
// The file is ours, with content, and of a schema that this titan knows.
// not_found: there is no file. invalid: it is of another program, of a newer titan, or has no
// content. internal: it is no database, or damaged. Each names the file.
Result<std::unique_ptr<Connection>> open_for_reading(const std::string& path,
                                                     const std::string& vfs);

// The epoch of the file and its last seq.
Result<model::Bookmark> bookmark_of(Connection& connection);

// What SQLite finds wrong in the file, at most `count`. `pragma` is quick_check, which believes
// the indexes, or integrity_check.
Result<std::vector<std::string>> faults_of(Connection& connection, const std::string& pragma,
                                           std::size_t count);
// internal, with the first fault, when there is one.
Result<void> check_is_sound(Connection& connection, const std::string& pragma);

}  // namespace titan::store
