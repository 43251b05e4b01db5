#pragma once

#include <cstddef>

// The limits of gitops/, in one place.
namespace titan::gitops {

constexpr std::size_t kHostFilesMax = 100'000;         // all files of one host
constexpr std::size_t kPushAttemptsMax = 5;            // times a push is tried when it loses a race
constexpr std::size_t kLooseObjectsMax = 100;          // written one by one; more go into one pack
constexpr std::size_t kObjectCacheBytesMax = 1 << 20;  // of libgit2's own cache

// A folder of somebody's repository, as a template.
constexpr std::size_t kSourceEntriesMax = 100'000;  // files and folders that are looked at
constexpr std::size_t kSourceDepthMax = 32;         // folders inside one another

}  // namespace titan::gitops
