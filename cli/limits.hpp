#pragma once

#include <chrono>
#include <cstddef>

// The limits of cli/, in one place. Sizes are in bytes.
namespace titan::cli {

constexpr std::size_t kCommitShown = 12;  // letters of a commit's id, in tables

constexpr std::size_t kManifestBytesMax = 8UL << 20U;  // one manifest file, or standard input
constexpr std::size_t kManifestFilesMax = 1000;        // in one folder given to -f
constexpr std::size_t kValuesFileBytesMax = 1UL << 20U;
constexpr std::size_t kConfigBytesMax = 1UL << 20U;
constexpr std::size_t kContextsMax = 1000;
constexpr std::size_t kTokenBytesMax = 4096;
constexpr std::size_t kTokenSecretBytes = 32;  // random ones, in a token and an enrollment

constexpr std::size_t kGeneratedLetters = 32;  // of a value of a secret, when nobody says
constexpr std::size_t kGeneratedLettersMin = 8;
constexpr std::size_t kGeneratedLettersMax = 1024;

constexpr std::chrono::hours kSerialAheadMax{24};  // that the clock of another author is ahead

constexpr std::chrono::milliseconds kProgressAfter{1000};  // before that nobody wonders
constexpr std::chrono::milliseconds kProgressEvery{200};

constexpr std::chrono::hours kEnrollmentLife{1};  // when --ttl does not say

constexpr std::chrono::seconds kWaitTimeout{300};  // when --timeout does not say
constexpr std::size_t kWaitResourcesMax = 1000;    // in one `titan wait`

constexpr std::size_t kDescribedHosts = 20;   // rows that `describe` shows of a long table
constexpr std::size_t kDescribedChanges = 5;  // the last ones
constexpr std::size_t kHistoryPagesMax = 3;   // of the log, read to find these
constexpr std::size_t kHistoryPageItems = 1000;

// What a write would do, as `diff` shows it.
constexpr std::size_t kPreviewHostsNamed = 10;   // of those on which the same happens
constexpr std::size_t kPreviewGroupsShown = 20;  // different things that happen

constexpr std::size_t kEditRoundsMax = 20;  // an editor that is a script would never give up
constexpr std::size_t kEditRetriesMax = 5;  // when only the status moved meanwhile

}  // namespace titan::cli
