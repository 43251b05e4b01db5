#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace titan::testing {

// One way in which a valid object can be made invalid, and what has to be said of it.
struct Refusal {
  std::string patch;    // a JSON merge patch (RFC 7396): null takes a field away
  std::string field;    // of the error
  std::string message;  // how the error's message begins
};

// Applies each patch to a copy of `valid`, and looks at how `parse` refuses the outcome.
template <class Parse>
void expect_refusals(const nlohmann::json& valid, const std::vector<Refusal>& refusals,
                     const Parse& parse) {
  const auto unchanged = parse(valid);
  ASSERT_TRUE(unchanged.ok()) << unchanged.error().text();
  for (const Refusal& refusal : refusals) {
    nlohmann::json edited = valid;
    edited.merge_patch(parse_json(refusal.patch).value());
    const auto parsed = parse(edited);
    EXPECT_FALSE(parsed.ok()) << "took " << refusal.patch;
    if (parsed) continue;
    const Error& error = parsed.error();
    EXPECT_EQ(error.code, ErrorCode::invalid) << refusal.patch;
    EXPECT_EQ(error.field, refusal.field) << refusal.patch;
    EXPECT_EQ(error.message.substr(0, refusal.message.size()), refusal.message) << refusal.patch;
  }
}

}  // namespace titan::testing
