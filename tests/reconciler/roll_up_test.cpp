#include "reconciler/roll_up.hpp"

#include <gtest/gtest.h>

#include "model/limits.hpp"
#include "tests/reconciler/fleet_builder.hpp"

namespace titan::reconciler {
namespace {

using model::Status;

const Digest kWanted = Digest::of("wanted");
const Digest kOlder = Digest::of("older");

model::DeploymentReport ready(const Digest& form) {
  return {.desired_digest = form, .status = Status::ready};
}

model::DeploymentReport failing(const Digest& form) {
  return {.desired_digest = form, .status = Status::error, .reason = "disk full"};
}

model::DeploymentReport delayed(const Digest& form) {
  return {.desired_digest = form, .status = Status::updating, .reason = "waiting for default/base"};
}

TEST(Standing, IsWhatTheHostSaysOfTheFormThatIsWanted) {
  const model::DeploymentReport never_had_a_form{.status = Status::error, .reason = "no blob"};
  const auto standing = [](const std::optional<model::DeploymentReport>& report) {
    return standing_of(report ? &*report : nullptr, kWanted);
  };
  EXPECT_EQ(standing({}), Standing::waiting);
  EXPECT_EQ(standing(ready(kWanted)), Standing::current);
  EXPECT_EQ(standing(failing(kWanted)), Standing::failing);
  EXPECT_EQ(standing(delayed(kWanted)), Standing::delayed);
  EXPECT_EQ(standing(ready(kOlder)), Standing::waiting);
  EXPECT_EQ(standing(delayed(kOlder)), Standing::waiting);
  EXPECT_EQ(standing(failing(kOlder)), Standing::waiting);
  EXPECT_EQ(standing(never_had_a_form), Standing::waiting);
}

// What the hosts of a row say; a host without a report says nothing.
struct HostSays {
  const char* host;
  std::optional<model::DeploymentReport> report = {};
};

Standings standings_of(const std::vector<HostSays>& hosts) {
  Standings standings;
  for (const auto& [host, report] : hosts) {
    standings.add(host, standing_of(report ? &*report : nullptr, kWanted));
    if (report) standings.explain(host, report->reason);
  }
  return standings;
}

const std::string kShortage = "2 of 3 replicas placed: target \"all\" matches 2 hosts";
const std::string kNoWorkload = "workload \"w\" does not exist";

// One row a way in which a deployment can stand.
struct RollUpRow {
  const char* name;
  Status before;
  std::vector<HostSays> hosts;
  Status after;
  std::vector<std::string> reason;
  std::optional<std::uint64_t> replicas = {};
  std::string shortage = {};
  std::vector<std::string> missing = {};
  bool delivered = false;
};

const std::vector<RollUpRow> kRows = {
    {"no host", Status::initialized, {}, Status::initialized, {"target \"all\" matches no host"}},
    {"no host any more",
     Status::ready,
     {},
     Status::initialized,
     {"target \"all\" matches no host"}},
    {"no replicas", Status::ready, {}, Status::initialized, {"no replicas are wanted"}, 0},
    {"not delivered",
     Status::initialized,
     {{"a"}},
     Status::initialized,
     {"waiting for 1 of 1 hosts: a"}},
    {"delivered",
     Status::creating,
     {{"a"}, {"b", ready(kWanted)}},
     Status::creating,
     {"waiting for 1 of 2 hosts: a"}},
    {"all current",
     Status::creating,
     {{"a", ready(kWanted)}, {"b", ready(kWanted)}},
     Status::ready,
     {}},
    {"handed out for the first time",
     Status::initialized,
     {{"a"}},
     Status::creating,
     {"waiting for 1 of 1 hosts: a"},
     {},
     {},
     {},
     true},
    {"handed out again",
     Status::ready,
     {{"a"}},
     Status::updating,
     {"waiting for 1 of 1 hosts: a"},
     {},
     {},
     {},
     true},
    {"all replicas current", Status::updating, {{"a", ready(kWanted)}}, Status::ready, {}, 1},
    {"an older form",
     Status::ready,
     {{"a", ready(kOlder)}},
     Status::updating,
     {"waiting for 1 of 1 hosts: a"}},
    {"a new host",
     Status::ready,
     {{"a", ready(kWanted)}, {"b"}},
     Status::updating,
     {"waiting for 1 of 2 hosts: b"}},
    {"a host that waits for another deployment",
     Status::creating,
     {{"a", delayed(kWanted)}, {"b", ready(kWanted)}},
     Status::creating,
     {"waiting for 1 of 2 hosts: a (waiting for default/base)"}},
    {"a host that waits, of an older form",
     Status::ready,
     {{"a", delayed(kOlder)}, {"b", delayed(kWanted)}},
     Status::updating,
     {"waiting for 2 of 2 hosts: a, b (waiting for default/base)"}},
    {"a host that waits, and one that fails",
     Status::ready,
     {{"a", delayed(kWanted)}, {"b", failing(kWanted)}},
     Status::error,
     {"host b: disk full"}},
    {"a failing host",
     Status::updating,
     {{"a", ready(kWanted)}, {"b", failing(kWanted)}, {"c"}},
     Status::error,
     {"host b: disk full"}},
    {"an error about an older form",
     Status::error,
     {{"a", ready(kWanted)}, {"b", failing(kOlder)}},
     Status::updating,
     {"waiting for 1 of 2 hosts: b"}},
    {"healed", Status::error, {{"a", ready(kWanted)}}, Status::ready, {}},
    {"too few replicas",
     Status::ready,
     {{"a", ready(kWanted)}, {"b", ready(kWanted)}},
     Status::error,
     {kShortage},
     3,
     kShortage},
    {"too few replicas, and one of them fails",
     Status::ready,
     {{"a", failing(kWanted)}, {"b"}},
     Status::error,
     {kShortage, "host a: disk full"},
     3,
     kShortage},
    {"too few replicas, namely none",
     Status::initialized,
     {},
     Status::error,
     {kShortage},
     3,
     kShortage},
    {"something missing",
     Status::ready,
     {{"a", ready(kWanted)}},
     Status::missing,
     {kNoWorkload},
     {},
     {},
     {kNoWorkload}},
    {"something missing, and too few replicas",
     Status::ready,
     {{"a", failing(kWanted)}},
     Status::missing,
     {kNoWorkload},
     3,
     kShortage,
     {kNoWorkload}},
};

TEST(RollUp, GivesTheStatusThatTheHostsMake) {
  for (const RollUpRow& row : kRows) {
    model::Entity deployment = testing::make_deployment("prod", "w", "t", "all");
    deployment.status = row.before;
    std::get<model::DeploymentSpec>(deployment.spec).replicas = row.replicas;
    const RolledUp rolled = roll_up(deployment, {.missing = row.missing,
                                                 .shortage = row.shortage,
                                                 .standings = standings_of(row.hosts),
                                                 .delivered = row.delivered});
    EXPECT_EQ(name_of(rolled.status), name_of(row.after)) << row.name;
    EXPECT_EQ(rolled.reason, row.reason) << row.name;
  }
}

std::vector<std::string> names(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i)
    names.push_back(std::string(1, static_cast<char>('a' + i)));
  return names;
}

TEST(RollUp, ADeploymentBeingDeletedNamesTheHostsThatHoldIt) {
  model::Entity deployment = testing::make_deployment("prod", "w", "t", "all");
  deployment.deleting = true;
  const auto reason = [&](std::size_t holders) {
    const RolledUp rolled = roll_up(
        deployment, {.missing = {kNoWorkload}, .shortage = kShortage, .holders = names(holders)});
    EXPECT_EQ(rolled.status, Status::deleting);
    return rolled.reason;
  };
  const std::string waiting = "waiting for removal from ";
  EXPECT_EQ(reason(0), std::vector<std::string>{});
  EXPECT_EQ(reason(2), std::vector{waiting + "a, b"});
  EXPECT_EQ(reason(10), std::vector{waiting + "a, b, c, d, e, f, g, h, i, j"});
  EXPECT_EQ(reason(12), std::vector{waiting + "a, b, c, d, e, f, g, h, i, j and 2 more"});
}

TEST(RollUp, NamesTheFirstOfManyHostsInWhateverOrderTheyCome) {
  const auto deployment = testing::make_deployment("prod", "w", "t", "all");
  RollUpFacts facts;
  for (const std::string& host : names(26)) facts.standings.add(host, Standing::current);
  for (int i = 99; i >= 0; --i) facts.standings.add("h" + std::to_string(i), Standing::waiting);
  const std::vector<std::string> waiting = {
      "waiting for 100 of 126 hosts: h0, h1, h10, h11, h12, h13, h14, h15, h16, h17 and 90 more"};
  EXPECT_EQ(roll_up(deployment, facts).reason, waiting);

  for (int i = 11; i >= 0; --i) {
    facts.standings.add("x" + std::to_string(i), Standing::failing);
  }
  const std::vector<std::string> first = {"x0", "x1", "x10", "x11", "x2",
                                          "x3", "x4", "x5",  "x6",  "x7"};
  EXPECT_EQ(facts.standings.unexplained_hosts(), first);
  for (const std::string& host : first) facts.standings.explain(host, "no user");
  facts.standings.explain("x8", "nobody asks why");
  facts.standings.explain("h0", "it does not fail");
  const std::vector<std::string> failures = roll_up(deployment, facts).reason;
  ASSERT_EQ(failures.size(), 11U);
  EXPECT_EQ(failures.front(), "host x0: no user");
  EXPECT_EQ(failures[9], "host x7: no user");
  EXPECT_EQ(failures.back(), "and 2 more hosts");
}

TEST(RollUp, CutsWhatHostsSaySoThatItFitsIntoAReason) {
  const auto deployment = testing::make_deployment("prod", "w", "t", "all");
  const std::string longest(model::kTextBytesMax, 'x');
  RollUpFacts facts;
  for (int i = 0; i < 10; ++i) {
    facts.standings.add(std::string(62, 'h') + std::to_string(i), Standing::delayed);
  }
  for (const std::string& host : facts.standings.unexplained_hosts()) {
    facts.standings.explain(host, longest);
  }
  EXPECT_LE(roll_up(deployment, facts).reason.at(0).size(), model::kTextBytesMax);
  facts.standings.add("a", Standing::failing);
  facts.standings.explain("a", longest);
  EXPECT_LE(roll_up(deployment, facts).reason.at(0).size(), model::kTextBytesMax);
}

TEST(RollUp, OneMoreHostIsSaidInTheSingular) {
  Standings standings;
  for (const std::string& host : names(11)) standings.add(host, Standing::failing);
  EXPECT_EQ(standings.failures().back(), "and 1 more host");
}

}  // namespace
}  // namespace titan::reconciler
