#pragma once

#include <string>
#include <vector>

namespace titan::testing {

// Paths, and parts of paths, that somebody might send to get at what is not theirs: out of a root
// folder, into Git's own files, past a check that reads them differently than the kernel does. Many
// are harmless on Linux, and then have to be taken as the plain names that they are. Bytes as they
// are, not all of it UTF-8. Without repeats.
std::vector<std::string> hostile_paths();

}  // namespace titan::testing
