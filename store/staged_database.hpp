#pragma once

#include <memory>
#include <string>

#include "base/file_system.hpp"
#include "base/result.hpp"
#include "store/backup.hpp"
#include "store/sqlite_connection.hpp"
#include "store/sqlite_file.hpp"

namespace titan::store {

// Internal to store/: a database that is being made beside the place where it shall stand, and
// takes its name only when it is whole and on the disk. Until then, and after a kill, what had the
// name before has it. The name meanwhile is always the same one (temporary_path()), so that the
// next try clears away what a killed one left. Readable by its owner alone.
class StagedDatabase {
 public:
  // Borrows `folder`, which is that of `place`.
  // conflict: somebody else is making this file at the moment.
  static Result<std::unique_ptr<StagedDatabase>> create(FileSystem& folder, const Place& place,
                                                        const std::string& vfs);
  // Removes what did not take its place.
  ~StagedDatabase();
  StagedDatabase(const StagedDatabase&) = delete;
  StagedDatabase& operator=(const StagedDatabase&) = delete;

  // Makes it a copy of the moment that the open read of `source` shows.
  Result<void> copy_from(Connection& source, const Progress& progress);
  // To change and check it before it is sealed.
  [[nodiscard]] Connection& connection() { return *connection_; }
  // Ends the use of connection(): one file, without a log beside it, flushed to the disk.
  // Gives its size in bytes.
  Result<std::uint64_t> seal();
  // Where it is until it takes its place.
  [[nodiscard]] std::string path() const;
  // One rename, over what had the name. REQUIRES: sealed.
  Result<void> take_place();

 private:
  StagedDatabase(FileSystem& folder, Place place);

  FileSystem& folder_;
  Place place_;
  std::string name_;  // in the folder, meanwhile
  std::unique_ptr<FileSystem::Lock> lock_;
  std::unique_ptr<Connection> connection_;
  bool in_place_ = false;
};

}  // namespace titan::store
