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
constexpr int kRoundsMax = 4;                           // of sync and apply in one step
constexpr std::chrono::seconds kPollAfterDefault{60};
constexpr std::chrono::seconds kPollAfterMax{5400};  // half more than a server's longest interval
constexpr std::chrono::seconds kRetryFirst{5};       // the first wait is at most this, then doubled
constexpr std::chrono::seconds kRetryMax{300};
// A host that was told nothing that it could verify for this long, and for three polls, is cut off.
constexpr std::chrono::seconds kSilenceMax{3600};
constexpr std::size_t kReasonBytesMax = 1024;  // of one failure in a report

}  // namespace titan::agent
