#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

// The limits of agent/, in one place.
namespace titan::agent {

constexpr const char* kLockFile = "lock";                // of the state directory
constexpr std::size_t kOwnersBytesMax = 4UL << 20U;      // of etc/passwd, of etc/group
constexpr std::size_t kStateBytesMax = 64UL << 20U;      // of state.json
constexpr std::size_t kIdentityBytesMax = 64UL << 10U;   // of each file of identity/
constexpr std::size_t kAuthorKeysMax = 16;               // that a host trusts
constexpr std::size_t kRunBytesMax = 256UL << 10U;       // of agent.json in the run directory
constexpr std::size_t kDriversMax = 1000;                // of a host
constexpr std::size_t kDriftBytesMax = 64UL << 20U;      // of drift.json there
constexpr std::uint32_t kAttemptsMax = 3;                // of one form of a deployment
constexpr std::size_t kAttemptedFormsMax = 8;            // that may be on the host at once
constexpr int kApplyRoundsMax = 64;                      // of applying what depends on each other
constexpr std::size_t kHookOutputBytesMax = 1UL << 20U;  // read of each stream
constexpr std::chrono::seconds kHookTimeout{300};        // when the template says nothing else
constexpr std::chrono::seconds kDriftInterval{600};    // between two looks at the contents of files
constexpr std::chrono::seconds kClockSkewMin{60};      // that is spoken of
constexpr int kRoundsMax = 4;                          // of sync and apply in one step
constexpr std::size_t kBlobPieceBytes = 256UL << 10U;  // a longer template file comes in pieces
constexpr std::chrono::seconds kPollAfterDefault{60};
// A server's interval is an hour at most, and it sends a host to its place in it by up to half
// more.
constexpr std::chrono::seconds kPollAfterMax{5400};
constexpr std::chrono::seconds kRetryMin{1};        // after a fault
constexpr std::chrono::seconds kRetryFirst{5};      // the first wait of all is at most this
constexpr std::chrono::seconds kRetryBoundMin{10};  // up to twice the poll interval, but to this
constexpr std::chrono::seconds kRetryMax{300};      // that a server may ask for by Retry-After
// A host that was told nothing that it could verify for this long, and for three polls, is cut off.
constexpr std::chrono::seconds kSilenceMax{3600};
constexpr std::size_t kReasonBytesMax = 1024;              // of one failure in a report
constexpr std::size_t kReportOutputBytesMax = 1UL << 20U;  // of programs, in one report
constexpr int kRetryAskAttemptsMax = 10;                   // while the agent drops other requests
constexpr int kReopenAttemptsMax = 60;  // of a daemon with a new configuration, while it is locked
constexpr std::chrono::seconds kReopenPause{1};

// What `titan-agent doctor` complains of.
constexpr std::uint64_t kFreeBytesWanted = 128ULL << 20U;  // a warning below
constexpr std::uint64_t kFreeBytesNeeded = 8ULL << 20U;    // a failure below
constexpr std::uint64_t kFreeInodesWanted = 1000;
constexpr std::uint64_t kFreeInodesNeeded = 50;
constexpr std::chrono::seconds kSkewMax{60};  // between the host's clock and the server's
constexpr std::chrono::milliseconds kRoundTripMax{2000};

// What can be set otherwise (agent/configuration.hpp).
constexpr std::size_t kConfigBytesMax = 1UL << 20U;  // of the configuration file
constexpr std::size_t kDriverFoldersMax = 32;
constexpr std::uint64_t kGenerationsBytesMax = 256ULL << 20U;

// Health checks.
constexpr std::chrono::seconds kProbeIntervalMin{1};
constexpr std::size_t kProbeAnswerBytesMax = 1UL << 20U;  // of an http check
constexpr std::size_t kProbeLineBytesMax = 256;           // that a program says, in a message

}  // namespace titan::agent
