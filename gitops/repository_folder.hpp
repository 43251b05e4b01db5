#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/file_system.hpp"

// The files of titan's own bare repository (gitrepository-layout(5)), below what libgit2 does.
namespace titan::gitops {

// Where Repository::push() notes what each remote has had: one reference for each remote.
constexpr const char* kRemoteReferences = "refs/titan/remotes";

// The lock that every writer of the repository holds; conflict when another one does.
Result<std::unique_ptr<FileSystem::Lock>> lock_repository(FileSystem& files);

// Makes an empty folder, or one where this was cut off, a bare repository with the branch `main`.
// Every file is written whole and flushed, HEAD as the last one, since a folder with a HEAD
// counts as complete and is left as it is. libgit2's own creation flushes nothing, and a power
// cut leaves an empty HEAD, which neither it nor Git can open again.
// conflict: the folder holds something else, or another process is creating the repository.
Result<void> create_if_needed(FileSystem& files);

// Git's file `shallow`: the ids of the commits whose parents are not kept, in hex, a line each.
// Written whole, flushed; removed when there are none. internal: it holds something else.
Result<std::vector<std::string>> read_shallow(FileSystem& files);
Result<void> write_shallow(FileSystem& files, const std::vector<std::string>& ids);

// Removes what a killed writer leaves: lock files of references, references that a power cut
// emptied, and unfinished objects. REQUIRES: lock_repository() is held.
Result<void> clear_leftovers(FileSystem& files);
// Of these the unfinished objects and packs of libgit2 alone.
Result<void> clear_unfinished_objects(FileSystem& files);

}  // namespace titan::gitops
