#pragma once

#include <string_view>

#include "base/result.hpp"

namespace titan::model {

// Whether a rendered file may have this path: below a host's root, where a file of another name is
// written beside it for a moment, and in a Git tree that anyone may check out, on any system. What
// one of the places cannot hold is refused for all of them, so that a deployment fails by itself,
// and not the commit of a whole host.
//
// invalid, naming the path, unless it is UTF-8, relative and of plain names
// (check_relative_path()), at most kRenderedPathDepthMax deep, without control characters, with no
// name of more than kRenderedNameBytesMax and none of the form ".<name>.titan-tmp", which is that
// of temporary files (temporary_path()), and no name in it is, or is read by some file system as,
// ".git", ".gitmodules" or ".gitattributes" (a folder of this name, or a long line in it, is
// refused by the servers that a repository may be pushed to): in any case of letters, with code
// points that HFS+ ignores, with the endings that NTFS drops, as an NTFS short name, or beside a
// "\".
Result<void> check_rendered_path(std::string_view path);

}  // namespace titan::model
