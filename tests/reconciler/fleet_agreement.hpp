#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/digest.hpp"
#include "reconciler/fleet.hpp"
#include "tests/reconciler/brute_force_fleet.hpp"

// Checks that a Fleet answers like a BruteForceFleet that saw the same writes. They fail the test
// that calls them; call them in ASSERT_NO_FATAL_FAILURE.
namespace titan::testing {

constexpr std::string_view kEpoch = "0123456789abcdef";

// Which digest stands for which form, over all that a test saw: neither may have two of the other.
class FormsByDigest {
 public:
  void expect_one_to_one(const Digest& digest, const std::string& text);

 private:
  std::map<Digest, std::string> texts_;
  std::map<std::string, Digest> digests_;
};

// Asks twice what changed for `host` since `since`. An answer of nothing new is quick afterwards.
void expect_changes_agree(const reconciler::Fleet& fleet, const BruteForceFleet& brute_force,
                          const std::string& host, std::uint64_t since);
// What each host should have, at each sequence from the horizon on.
void expect_deliveries_agree(const reconciler::Fleet& fleet, const BruteForceFleet& brute_force,
                             FormsByDigest& forms);
// All that is asked about the present.
void expect_present_agrees(const reconciler::Fleet& fleet, const BruteForceFleet& brute_force,
                           const model::TargetSpec& some_target);

}  // namespace titan::testing
