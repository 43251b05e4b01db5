#pragma once

#include <chrono>
#include <cstddef>

// The limits of agent/, in one place.
namespace titan::agent {

constexpr std::size_t kStateBytesMax = 64UL << 20U;  // of state.json
constexpr int kRoundsMax = 4;                        // of sync and apply in one step
constexpr std::chrono::seconds kPollAfterDefault{60};
constexpr std::chrono::seconds kPollAfterMax{3600};
constexpr std::chrono::seconds kRetryFirst{5};  // the first wait is at most this, then doubled
constexpr std::chrono::seconds kRetryMax{300};
constexpr std::size_t kReasonBytesMax = 1024;  // of one failure in a report

}  // namespace titan::agent
