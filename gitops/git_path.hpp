#pragma once

#include <string_view>

#include "base/result.hpp"

namespace titan::gitops {

// Whether a rendered file may stand at `path` in a tree that anyone may check out, on any system.
// invalid, naming the path, unless it is relative and of plain names (check_relative_path()), at
// most kPathDepthMax deep, without control characters, and no name in it is, or is read by some
// file system as, ".git" or ".gitmodules": in any case of letters, with code points that HFS+
// ignores, with the endings that NTFS drops, as an NTFS short name, or beside a "\".
Result<void> check_git_path(std::string_view path);

}  // namespace titan::gitops
