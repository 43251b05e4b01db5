#include <gtest/gtest.h>

#include "reconciler/plan.hpp"
#include "tests/reconciler/fleet_builder.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan::reconciler {
namespace {

using titan::testing::deployment_key;
using titan::testing::SeededRandom;

constexpr int kCases = 3000;

// Deployments over few paths, some of which are folders of others, so that they get in each
// other's way.
std::vector<DeploymentFiles> random_files(SeededRandom& random) {
  std::vector<DeploymentFiles> all;
  for (const char* name : {"a", "b", "c"}) {
    if (random.next() % 4 == 0) continue;
    DeploymentFiles files{.key = deployment_key(name)};
    for (const char* path : {"p", "p/q", "r", "s/t", "s/u"}) {
      if (random.next() % 3 != 0) continue;
      // No template gives a file and a folder of one name.
      if (std::string(path) == "p/q" && !files.files.empty()) continue;
      files.files.push_back(
          {.path = path, .digest = Digest::of(std::to_string(random.next() % 2))});
    }
    all.push_back(std::move(files));
  }
  return all;
}

// A disk of files: a path with content cannot be a folder, too.
using Disk = std::map<std::string, Digest>;

std::set<std::string> paths_of(const std::vector<DeploymentFiles>& all, const model::Key& key) {
  std::set<std::string> paths;
  for (const auto& files : all) {
    if (files.key != key) continue;
    for (const auto& file : files.files) paths.insert(file.path);
  }
  return paths;
}

bool consistent(const Disk& disk) {
  for (const auto& [path, content] : disk) {
    for (const auto& [other, unused] : disk) {
      if (other.starts_with(path + "/")) return false;
    }
  }
  return true;
}

// Lays what is there on a disk; false when two of them could not have been there at once.
bool lay(const std::vector<DeploymentFiles>& actual, Disk& disk) {
  for (const auto& files : actual) {
    for (const auto& file : files.files) {
      if (!disk.emplace(file.path, file.digest).second) return false;
    }
  }
  return consistent(disk);
}

TEST(PlanProperty, CarriedOutItGivesExactlyWhatIsDesiredAndAnotherPlanIsEmpty) {
  int tried = 0;
  for (std::uint64_t seed = 1; tried < kCases; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SeededRandom random(seed);
    const auto actual = random_files(random);
    const auto desired = random_files(random);
    Disk disk;
    if (!lay(actual, disk)) continue;
    ++tried;

    const Plan made = plan(desired, {}, actual);
    for (const Step& step : made.steps) {
      for (const auto& path : step.removals) disk.erase(path);
    }
    for (const Step& step : made.steps) {
      for (const auto& file : step.writes) {
        disk[file.path] = file.digest;
        ASSERT_TRUE(consistent(disk)) << file.path;
      }
    }
    std::set<model::Key> refused;
    for (const auto& refusal : made.refusals) refused.insert(refusal.key);

    // What is there afterwards: the accepted ones whole, the refused ones as they were.
    std::vector<DeploymentFiles> expected;
    for (const auto& wanted : desired) {
      if (!refused.contains(wanted.key)) expected.push_back(wanted);
    }
    for (const auto& there : actual) {
      if (refused.contains(there.key)) expected.push_back(there);
    }
    for (const auto& files : expected) {
      if (refused.contains(files.key)) continue;
      for (const auto& file : files.files) {
        ASSERT_TRUE(disk.contains(file.path)) << file.path;
        ASSERT_EQ(disk.at(file.path), file.digest) << file.path;
      }
    }
    for (const auto& [path, content] : disk) {
      bool owned = false;
      for (const auto& files : expected) owned |= paths_of(expected, files.key).contains(path);
      ASSERT_TRUE(owned) << path << " is left over";
    }
    ASSERT_TRUE(consistent(disk));
    if (refused.empty()) {
      ASSERT_TRUE(plan(desired, {}, desired).steps.empty());
    }
  }
}

}  // namespace
}  // namespace titan::reconciler
