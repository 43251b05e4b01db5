#pragma once

#include <chrono>
#include <cstddef>

#include "base/limits.hpp"
#include "model/limits.hpp"

// The limits of store/, in one place.
namespace titan::store {

constexpr std::size_t kBatchMutationsMax = 10'000;  // in one commit; observations too
constexpr std::size_t kPageMax = 10'000;            // entities or changes in one answer
constexpr std::size_t kListScanMax = 10'000;        // entities that one list() looks at
constexpr std::size_t kBlobBytesMax = model::kTemplateFileBytesMax;
constexpr std::size_t kIntactBlobsMax = 10'000;  // known not to be damaged
// One entity or report as canonical JSON: what can be read back, less what the store stamps on it.
constexpr std::size_t kStateBytesMax = kJsonBytesMax - 1024;

constexpr std::size_t kFindingsMax = 1'000;  // that one check tells
constexpr std::size_t kFaultsMax = 100;      // of them SQLite's own

// What becomes durable together: a group ends before it exceeds one of these, but it holds one
// commit at least. A blob counts as a mutation per KiB.
constexpr std::size_t kGroupBatchesMax = 128;
constexpr std::size_t kGroupMutationsMax = 10'000;
constexpr std::size_t kCursorNameBytesMax = 63;

constexpr std::size_t kPageCacheBytes = 2UL << 20U;       // of each of the four connections
constexpr std::chrono::milliseconds kBusyTimeout{5'000};  // a foreign tool holds the file
constexpr int kCopiedPagesPerStep = 4096;                 // of a backup, between two signs of life
constexpr std::size_t kWalBytesKept = 64UL << 20U;        // a longer write-ahead log is cut

}  // namespace titan::store
