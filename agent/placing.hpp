#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/owners.hpp"
#include "base/file_system.hpp"
#include "base/result.hpp"
#include "model/rendered.hpp"
#include "reconciler/plan.hpp"

namespace titan::agent {

// The files under `root/` of a rendered deployment stand at the same path below the host's root.
// Each is the old or the new one whole at any moment. A file may be a symbolic link there, to where
// it is kept in memory (agent/secret_files.hpp); files and links replace each other, and nothing is
// written to where a link leads.

// The files that are placed for a rendered deployment, by path below the host's root.
std::map<std::string, const model::RenderedFile*> placed_files(
    const std::vector<model::RenderedFile>& rendered);
// The same as a plan needs them.
std::vector<reconciler::FileState> file_states(const std::vector<model::RenderedFile>& rendered);

// Folders on the way to `path` that do not exist yet, outermost first; also where a file or a link
// stands now, which may be one that goes.
Result<std::vector<std::string>> missing_folders(FileSystem& root, const std::string& path);

// Removes files, and what a write of them that was cut off left; folders stay. Doing it again is
// harmless. Stops
// at the first error, whose subject is the path.
Result<void> remove_files(FileSystem& root, const std::vector<std::string>& paths);
// Removes those of `folders` that are empty, innermost first, and forgets those that are gone or
// that others use now.
Result<void> remove_empty_folders(FileSystem& root, std::set<std::string>& folders);

// One file to place.
struct FileToPlace {
  std::string path = {};  // below the host's root
  std::uint32_t mode = 0644;
  std::string_view content = {};  // borrowed
  std::string owner = {};         // as model::TemplateFile::owner
  // A link that leads there stands in place of the content.
  std::optional<std::string> link = {};
};

// The files of one deployment on their way below the host's root, in two halves: stage() writes all
// of them beside their places, to be flushed by the caller; switch_over() puts them in their places
// by renames alone. So what may fail fails before anything was changed, and the moment in which
// some files are old and others new is short. Both halves may be done again after a kill, from the
// start. Errors: those of FileSystem and of Owners, with the path as subject. Not for use from
// several threads.
class Placing {
 public:
  // Borrows all.
  Placing(FileSystem& root, Owners& owners) : root_(root), owners_(owners) {}

  // FileSystem::flush() has to be called before switch_over(). After an error, abandon().
  // `removals`: paths that will be removed before switch_over() is called; what needs a folder in
  // place of one of them is written then.
  Result<void> stage(std::vector<FileToPlace> files, const std::set<std::string>& removals);
  // `own_folders`: those that the agent made. One that is empty and stands where a file has to be
  // is removed, and forgotten.
  Result<void> switch_over(std::set<std::string>& own_folders);
  // Removes what stage() wrote. False: some of it may still be there.
  bool abandon();

 private:
  Result<void> write_beside(const FileToPlace& file);
  Result<void> move(const FileToPlace& file, std::set<std::string>& own_folders);

  FileSystem& root_;
  Owners& owners_;
  std::vector<FileToPlace> files_;
  std::set<std::string> staged_;
};

}  // namespace titan::agent
