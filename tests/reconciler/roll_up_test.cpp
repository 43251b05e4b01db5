#include "reconciler/roll_up.hpp"

#include <gtest/gtest.h>

#include "tests/reconciler/fleet_builder.hpp"

namespace titan::reconciler {
namespace {

using model::Status;

constexpr std::uint64_t kVersion = 3;

Standing standing(const std::string& host, std::optional<model::DeploymentReport> report) {
  return {.host = host,
          .desired = {.version = kVersion, .rendered_digest = Digest::of("new")},
          .report = std::move(report)};
}

model::DeploymentReport report(std::uint64_t version, const char* content,
                               const std::string& failure = "") {
  return {.version = version,
          .rendered_digest = Digest::of(content),
          .status = failure.empty() ? Status::ready : Status::error,
          .reason = failure};
}

Standing unrenderable(const std::string& host, const std::string& error) {
  Standing standing{.host = host};
  standing.desired.error = error;
  return standing;
}

// One row a way in which a deployment can stand.
struct Row {
  const char* name;
  Status before;
  std::vector<std::string> missing;
  std::vector<Standing> standings;
  Status after;
  std::vector<std::string> reason;
};

TEST(RollUp, GivesTheStatusThatTheHostsMake) {
  const auto current = report(kVersion, "new");
  const std::vector<Row> rows = {
      {"no host",
       Status::initialized,
       {},
       {},
       Status::initialized,
       {"target \"all\" matches no host"}},
      {"no host any more",
       Status::ready,
       {},
       {},
       Status::initialized,
       {"target \"all\" matches no host"}},
      {"not delivered",
       Status::initialized,
       {},
       {standing("a", {})},
       Status::initialized,
       {"waiting for 1 of 1 hosts: a"}},
      {"delivered",
       Status::creating,
       {},
       {standing("a", {}), standing("b", current)},
       Status::creating,
       {"waiting for 1 of 2 hosts: a"}},
      {"all current",
       Status::creating,
       {},
       {standing("a", current), standing("b", current)},
       Status::ready,
       {}},
      {"an old version",
       Status::ready,
       {},
       {standing("a", report(2, "new"))},
       Status::updating,
       {"waiting for 1 of 1 hosts: a"}},
      {"old content",
       Status::ready,
       {},
       {standing("a", report(kVersion, "old"))},
       Status::updating,
       {"waiting for 1 of 1 hosts: a"}},
      {"a new host",
       Status::ready,
       {},
       {standing("a", current), standing("b", {})},
       Status::updating,
       {"waiting for 1 of 2 hosts: b"}},
      {"a failing host",
       Status::updating,
       {},
       {standing("a", current), standing("b", report(2, "old", "disk full"))},
       Status::error,
       {"host b: disk full"}},
      {"unrenderable",
       Status::ready,
       {},
       {unrenderable("a", "\"x\" is not known")},
       Status::error,
       {"host a: \"x\" is not known"}},
      {"healed", Status::error, {}, {standing("a", current)}, Status::ready, {}},
      {"healing",
       Status::error,
       {},
       {standing("a", report(2, "old"))},
       Status::updating,
       {"waiting for 1 of 1 hosts: a"}},
      {"something missing",
       Status::ready,
       {"workload \"w\" does not exist"},
       {standing("a", current)},
       Status::missing,
       {"workload \"w\" does not exist"}},
  };
  for (const Row& row : rows) {
    model::Entity deployment = testing::make_deployment("prod", "w", "t", "all");
    deployment.status = row.before;
    const RolledUp rolled = roll_up(deployment, row.missing, row.standings, {});
    EXPECT_EQ(name_of(rolled.status), name_of(row.after)) << row.name;
    EXPECT_EQ(rolled.reason, row.reason) << row.name;
  }
}

TEST(RollUp, ADeploymentBeingDeletedNamesTheHostsThatHoldIt) {
  model::Entity deployment = testing::make_deployment("prod", "w", "t", "all");
  deployment.deleting = true;
  const RolledUp rolled = roll_up(deployment, {"gone"}, {}, {"a", "b"});
  EXPECT_EQ(rolled.status, Status::deleting);
  EXPECT_EQ(rolled.reason, std::vector<std::string>{"waiting for removal from a, b"});
}

TEST(RollUp, NamesOnlySomeOfManyHosts) {
  std::vector<Standing> standings;
  for (int i = 0; i < 100; ++i) standings.push_back(standing("h" + std::to_string(i), {}));
  const auto deployment = testing::make_deployment("prod", "w", "t", "all");
  const RolledUp rolled = roll_up(deployment, {}, standings, {});
  ASSERT_EQ(rolled.reason.size(), 1U);
  EXPECT_EQ(rolled.reason[0],
            "waiting for 100 of 100 hosts: h0, h1, h2, h3, h4, h5, h6, h7, h8, h9 and 90 more");
}

}  // namespace
}  // namespace titan::reconciler
