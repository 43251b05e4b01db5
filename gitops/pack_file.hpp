#pragma once

#include <string>
#include <vector>

#include "base/file_system.hpp"
#include "gitops/git_handles.hpp"

namespace titan::gitops {

// Writes objects as one pack with its index (gitformat-pack(5), version 2), each object whole: what
// a commit is made of, which is small and has few relatives, is written several times as fast as by
// searching for differences; packing.hpp does that later. For gitops/*.cpp alone.
//
// Both files are flushed and then renamed into objects/pack, the index as the last, so a pack is
// there whole or not at all. What a kill leaves is cleared by clear_unfinished_objects().
// `files` is the folder of the repository that gets the pack. The errors of FileSystem, and
// internal when an object cannot be read from `from`.
Result<void> write_plain_pack(git_repository* from, FileSystem& files,
                              const std::vector<git_oid>& ids);

}  // namespace titan::gitops
