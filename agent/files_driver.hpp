#pragma once

#include <map>
#include <set>
#include <string>

#include "base/file_system.hpp"
#include "base/result.hpp"
#include "model/rendered.hpp"
#include "reconciler/plan.hpp"

namespace titan::agent {

// The `files` driver: the files under `root/` of a rendered deployment stand at the same path
// below the host's root. Each file is the old or the new one whole at any moment. A file may be a
// symbolic link there, to where it is kept in memory (agent/secret_files.hpp); files and links
// replace each other, and nothing is written to where a link leads.

constexpr const char* kFilesDriver = "files";

// The files that the driver places for a rendered deployment, by path below the host's root.
std::map<std::string, const model::RenderedFile*> placed_files(
    const std::vector<model::RenderedFile>& rendered);
// The same as a plan needs them.
std::vector<reconciler::FileState> file_states(const std::vector<model::RenderedFile>& rendered);

// Folders on the way to `path` that do not exist yet, outermost first.
Result<std::vector<std::string>> missing_folders(FileSystem& root, const std::string& path);

// Carry out the two halves of a step. Doing it again is harmless. They stop at the first error,
// whose subject is the path.
Result<void> remove_files(FileSystem& root, const reconciler::Step& step);
// `links`: where those lead that stand there as a link, by path.
// REQUIRES: `content` has every path of step.writes.
Result<void> write_files(FileSystem& root, const reconciler::Step& step,
                         const std::map<std::string, const model::RenderedFile*>& content,
                         const std::map<std::string, std::string>& links = {});

// Removes those of `folders` that are empty, innermost first, and forgets those that are gone or
// that others use now.
Result<void> remove_empty_folders(FileSystem& root, std::set<std::string>& folders);

}  // namespace titan::agent
