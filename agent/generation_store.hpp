#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/file_system.hpp"
#include "base/result.hpp"
#include "model/key.hpp"
#include "model/rendered.hpp"

namespace titan::agent {

// The rendered files that programs read: hooks, and what a driver asks for. They lie in
// `generations/<workspace>/<deployment>/<hex digest of the rendered files>/` of the state
// directory, at their paths in the template. A folder is there whole or not at all, as it is made
// beside its place and renamed. Files under `root/` are not among them when the agent places them
// itself: they would only be written twice (docs/adr/0036-generations.md).
//
// Folders have mode 0755, as programs of other users may have to read what is in them; the state
// directory decides who gets there. Not for use from several threads. Errors: those of FileSystem.
class GenerationStore {
 public:
  // Borrows `state`, whose root is the state directory.
  explicit GenerationStore(FileSystem& state) : state_(state) {}

  // The absolute path of the folder with these files. A folder that is there, but not with these
  // contents and modes, is made anew. `files`: borrowed; at least one.
  Result<std::string> unpack(const model::Key& deployment, const Digest& digest,
                             const std::vector<const model::RenderedFile*>& files);
  // Removes every other folder, and what was cut off.
  Result<void> keep_only(const std::map<model::Key, std::set<Digest>>& digests);

 private:
  [[nodiscard]] bool is_whole(const std::string& folder,
                              const std::vector<const model::RenderedFile*>& files);
  Result<void> write(const std::string& folder,
                     const std::vector<const model::RenderedFile*>& files);
  Result<void> remove_tree(const std::string& folder);
  // Removes what is in the folder `path` but what leads to a wanted folder.
  Result<void> sweep(const std::string& path, const std::set<std::string>& wanted, int depth);

  FileSystem& state_;
};

}  // namespace titan::agent
