#pragma once

#include <cstddef>

// The limits of cli/, in one place. Sizes are in bytes.
namespace titan::cli {

constexpr std::size_t kManifestBytesMax = 8UL << 20U;  // one manifest file, or standard input
constexpr std::size_t kManifestFilesMax = 1000;        // in one folder given to -f
constexpr std::size_t kValuesFileBytesMax = 1UL << 20U;
constexpr std::size_t kConfigBytesMax = 1UL << 20U;
constexpr std::size_t kContextsMax = 1000;

}  // namespace titan::cli
