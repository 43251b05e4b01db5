#include "reconciler/host_table.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <string>

#include "reconciler/fleet_record.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan::reconciler {
namespace {

using testing::SeededRandom;

TEST(HostTable, FindsNothingWhileItIsEmpty) {
  EXPECT_EQ(HostTable().find("default", "pi"), nullptr);
}

TEST(HostTable, TellsHostsOfOneNameInTwoOrganizationsApart) {
  HostRecord ours;
  ours.key = {.organization = "ours", .kind = model::Kind::host, .name = "pi"};
  HostRecord theirs;
  theirs.key = {.organization = "theirs", .kind = model::Kind::host, .name = "pi"};
  HostTable table;
  table.insert(ours);
  EXPECT_EQ(table.find("theirs", "pi"), nullptr);
  table.insert(theirs);
  EXPECT_EQ(table.find("ours", "pi"), &ours);
  EXPECT_EQ(table.find("theirs", "pi"), &theirs);
}

TEST(HostTable, HoldsExactlyWhatWasInsertedAndNotErased) {
  constexpr std::size_t kHosts = 300;
  constexpr std::size_t kSteps = 20'000;
  std::deque<HostRecord> hosts(kHosts);
  std::deque<bool> is_in(kHosts, false);
  for (std::size_t i = 0; i < kHosts; ++i) {
    hosts[i].key = {.kind = model::Kind::host, .name = "host-" + std::to_string(i)};
  }
  HostTable table;
  std::size_t count = 0;
  SeededRandom random(7);
  for (std::size_t step = 0; step < kSteps; ++step) {
    const std::size_t i = random.below(kHosts);
    if (is_in[i]) {
      table.erase(hosts[i]);
      --count;
    } else {
      table.insert(hosts[i]);
      ++count;
    }
    is_in[i] = !is_in[i];
    ASSERT_EQ(table.size(), count);
    const std::size_t other = random.below(kHosts);
    ASSERT_EQ(table.find("default", hosts[other].key.name), is_in[other] ? &hosts[other] : nullptr);
  }
  for (std::size_t i = 0; i < kHosts; ++i) {
    EXPECT_EQ(table.find("default", hosts[i].key.name), is_in[i] ? &hosts[i] : nullptr);
  }
}

}  // namespace
}  // namespace titan::reconciler
