#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/file_system.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "model/key.hpp"

namespace titan::agent {

// A file that holds values of secrets, as it is on the host.
struct SecretFile {
  std::string path = {};  // below the host's root
  std::uint32_t mode = 0644;
  Secret content = {};
};

// The files of a host that hold values of secrets: in the run directory, as
// `secrets/<workspace>/<deployment>/<path below the host's root>`, and nowhere else. At their place
// below the root stand symbolic links to them. They are gone with each boot, since the run
// directory has to be in memory.
//
// Folders have mode 0711: whoever may read a file by its own mode gets there, if the run directory
// lets him, but nobody else can list what there is. Each file is the old or the new one whole at
// any moment. Not for use from several threads. Errors: those of FileSystem, and those named.
class SecretFiles {
 public:
  // Borrows `run`, whose root is the run directory; null: there is none.
  explicit SecretFiles(FileSystem* run) : run_(run) {}

  // Whether files may be written: invalid, saying what to do, when there is no run directory or
  // when it is not in memory.
  Result<void> check();
  // Where the link at `path` leads: an absolute path. REQUIRES: check() went well.
  Result<std::string> target(const model::Key& deployment, const std::string& path);
  // Whether the file is there with this mode. What is in it is not looked at.
  [[nodiscard]] bool has(const model::Key& deployment, const std::string& path, std::uint32_t mode);
  // REQUIRES: check() went well.
  Result<void> write(const model::Key& deployment, const SecretFile& file);
  // Also what a write that was cut off left of it, and the folders that are empty then. Done when
  // there is nothing.
  Result<void> remove(const model::Key& deployment, const std::string& path);
  // Removes all that is in the folder `secrets` but these.
  Result<void> keep_only(const std::map<model::Key, std::set<std::string>>& files);

 private:
  // Removes what is not wanted of a folder, and the folder itself when nothing stays in it.
  Result<bool> sweep(const std::string& folder, const std::set<std::string>& wanted);

  FileSystem* run_;
};

}  // namespace titan::agent
