#pragma once

#include <chrono>
#include <cstddef>

// The limits of agent/, in one place.
namespace titan::agent {

constexpr const char* kLockFile = "lock";               // of the state directory
constexpr std::size_t kStateBytesMax = 64UL << 20U;     // of state.json
constexpr std::size_t kIdentityBytesMax = 64UL << 10U;  // of each file of identity/
constexpr std::size_t kAuthorKeysMax = 16;              // that a host trusts
constexpr std::size_t kRunBytesMax = 256UL << 10U;      // of agent.json in the run directory
constexpr std::size_t kBlobPieceBytes = 256UL << 10U;   // a longer template file comes in pieces
constexpr int kRoundsMax = 4;                           // of sync and apply in one step
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
constexpr std::size_t kReasonBytesMax = 1024;  // of one failure in a report

// Health checks.
constexpr std::chrono::seconds kProbeIntervalMin{1};
constexpr std::size_t kProbeAnswerBytesMax = 1UL << 20U;  // of an http check
constexpr std::size_t kProbeLineBytesMax = 256;           // that a program says, in a message

}  // namespace titan::agent
