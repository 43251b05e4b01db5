#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <set>
#include <string>

namespace titan::testing {

// How many forms of each attack are tried at least.
constexpr std::size_t kVariantsMin = 20;

// The forms of one attack that a test has tried, each under a name of its own. For one thread.
class AttackVariants {
 public:
  // A name that was noted before fails the test: the same thing twice is one variant.
  void note(const std::string& name) {
    EXPECT_TRUE(names_.insert(name).second) << "tried twice: " << name;
  }
  void expect_enough() const { EXPECT_GE(names_.size(), kVariantsMin); }

 private:
  std::set<std::string> names_;
};

}  // namespace titan::testing
