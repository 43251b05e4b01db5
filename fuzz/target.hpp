#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace titan::fuzz {

// What a target does with one input. Each target's file defines it; libFuzzer calls it through
// entry.cpp, and the tests through replay.cpp. It must depend on the input alone.
void run(std::string_view input);

// Ends the process when a property of the target does not hold, with what is known about it.
void require(bool holds, std::string_view property, std::string_view found = {});

// The input in `count` parts, which lines of "=====" keep apart; those that are missing are empty.
// The last part holds all that is left.
std::vector<std::string_view> parts_of(std::string_view input, std::size_t count);

}  // namespace titan::fuzz
