#pragma once

#include <chrono>
#include <cstddef>

// The limits of base/, in one place.
namespace titan {

constexpr std::size_t kJsonBytesMax = 8UL << 20U;        // one JSON or YAML text
constexpr std::size_t kJsonDepthMax = 64;                // nesting of arrays and objects
constexpr std::size_t kYamlNodesMax = 100'000;           // after aliases are expanded
constexpr std::size_t kYamlBytesMax = kJsonBytesMax;     // of all strings, after expansion as well
constexpr std::size_t kPathBytesMax = 4096;              // a path below a FileSystem's root
constexpr std::size_t kPathPartBytesMax = 255;           // one name in a path
constexpr std::size_t kSecretFileBytesMax = 4UL << 10U;  // of a file with one secret
constexpr std::size_t kDirectoryEntriesMax = 100'000;
constexpr std::size_t kBackgroundBytesMax = 1UL << 20U;    // of lines that wait to be written
constexpr std::chrono::milliseconds kBackgroundPause{20};  // between two writes of them
constexpr std::chrono::milliseconds kCommandTimeoutMax = std::chrono::hours(24);
constexpr std::chrono::seconds kDurationMax =
    std::chrono::hours(24 * 366 * 10);  // as people write it

}  // namespace titan
