// The agent under faults: each call to the disk or the network fails in turn, or is the last one
// before the process is killed or the power goes. Whatever happens, each file is the old or the
// new one whole, and the next run ends where a run without faults would have.
#include <gtest/gtest.h>

#include "tests/agent/test_host.hpp"

namespace titan::agent {
namespace {

using titan::testing::TestHost;
using titan::testing::TestServer;
using Files = std::map<std::string, std::string>;

const Error kFault{ErrorCode::unavailable, "injected"};

// A change with everything in it: prod is edited and moves a file, gone leaves, late arrives.
void put_before(TestServer& server) {
  server.put_prod();
  server.put_template("leaving", "leaving\n", "root/opt/gone/{{deployment.name}}");
  server.put_deployment("gone", "leaving");
}

void put_after(TestServer& server) {
  model::TemplateSpec spec;
  for (const char* path : {"root/etc/prod.conf", "root/srv/new/b", "root/srv/new/c"}) {
    const std::string content = std::string("new ") + path + "\n";
    spec.files.push_back({.path = path,
                          .digest = server.client().put_blob(content).value(),
                          .size = content.size()});
  }
  server.put({.name = "service", .spec = spec});
  server.call("DELETE", "/v1/workspaces/default/deployments/gone");
  server.put_template("arriving", "late\n", "root/opt/late");
  server.put_deployment("late", "arriving");
}

const Files kBefore = {{"etc/prod.conf", "host pi\n"}, {"opt/gone/gone", "leaving\n"}};
const Files kAfter = {{"etc/prod.conf", "new root/etc/prod.conf\n"},
                      {"opt/late", "late\n"},
                      {"srv/new/b", "new root/srv/new/b\n"},
                      {"srv/new/c", "new root/srv/new/c\n"}};

// Nothing but the old or the new content at any path; what is not a temporary file is known.
void expect_old_or_new(const Files& files) {
  for (const auto& [path, content] : files) {
    if (path.ends_with(".titan-tmp")) continue;
    const bool old = kBefore.contains(path) && kBefore.at(path) == content;
    const bool fresh = kAfter.contains(path) && kAfter.at(path) == content;
    EXPECT_TRUE(old || fresh) << path << ": " << content;
  }
}

enum class Where { state, root, network };
enum class How { fails_once, is_killed, loses_power };

class AgentFaults : public ::testing::TestWithParam<std::tuple<Where, How>> {
 protected:
  // One whole life with a fault at the n-th call; false when there is no n-th call any more.
  static bool live_with_fault_at(std::size_t n, Where where, How how) {
    TestServer server;
    put_before(server);
    TestHost host(server);
    host.once_done();
    EXPECT_EQ(host.files(), kBefore);
    put_after(server);

    auto& faults = where == Where::state  ? host.state().faults()
                   : where == Where::root ? host.root().faults()
                                          : host.transport().faults();
    for (auto* all : {&host.state().faults(), &host.root().faults(), &host.transport().faults()}) {
      all->reset();
    }
    how == How::fails_once ? faults.fail_at(n, kFault) : faults.fail_from(n, kFault);
    (void)host.once();
    const bool reached = faults.count() >= n;
    if (how == How::loses_power) host.power_cut();
    expect_old_or_new(host.files());

    for (auto* all : {&host.state().faults(), &host.root().faults(), &host.transport().faults()}) {
      all->reset();
    }
    host.once_done();
    EXPECT_EQ(host.files(), kAfter) << "after a fault at call " << n;
    EXPECT_FALSE(host.has_folder("opt/gone"));
    EXPECT_EQ(server.deployment("prod").status, model::Status::ready);
    EXPECT_EQ(server.deployment("late").status, model::Status::ready);
    EXPECT_EQ(server.json("GET", "/v1/deployments")["items"].size(), 2U);
    // And there is peace.
    host.root().faults().reset();
    host.once_done();
    EXPECT_EQ(host.root().faults().changes(), std::vector<std::string>{});
    return reached;
  }
};

TEST_P(AgentFaults, EndInTheNewStateAtTheNextRunWhereverTheyStrike) {
  const auto [where, how] = GetParam();
  std::size_t n = 1;
  while (live_with_fault_at(n, where, how)) {
    ++n;
    ASSERT_LT(n, 1000U);
    if (HasFailure()) FAIL() << "at call " << n - 1;
  }
  EXPECT_GT(n, where == Where::network ? 3U : 10U) << "the faults struck nothing";
}

std::string name_of(const ::testing::TestParamInfo<std::tuple<Where, How>>& info) {
  constexpr std::array kWhere = {"State", "Root", "Network"};
  constexpr std::array kHow = {"FailsOnce", "IsKilled", "LosesPower"};
  return std::string(kWhere[static_cast<std::size_t>(std::get<0>(info.param))]) +
         kHow[static_cast<std::size_t>(std::get<1>(info.param))];
}

INSTANTIATE_TEST_SUITE_P(
    Everywhere, AgentFaults,
    ::testing::Combine(::testing::Values(Where::state, Where::root, Where::network),
                       ::testing::Values(How::fails_once, How::is_killed, How::loses_power)),
    name_of);

TEST(AgentFirstRun, ThatIsKilledAnywhereIsCompletedByTheNext) {
  for (const Where where : {Where::state, Where::root}) {
    for (std::size_t n = 1;; ++n) {
      TestServer server;
      put_before(server);
      TestHost host(server);
      auto& faults = where == Where::state ? host.state().faults() : host.root().faults();
      faults.fail_from(n, kFault);
      (void)host.once();
      const bool reached = faults.count() >= n;
      host.power_cut();
      faults.reset();
      host.once_done();
      ASSERT_EQ(host.files(), kBefore) << "after a fault at call " << n;
      if (!reached) break;
    }
  }
}

TEST(AgentRemoval, ThatIsCutOffLeavesNothingBehindEvenWhenTheDeploymentNeverComesBack) {
  // Killed in the midst of writing the new files; then, before the next run, all is deleted.
  for (std::size_t n = 1;; ++n) {
    TestServer server;
    put_before(server);
    TestHost host(server);
    host.once_done();
    put_after(server);
    host.root().faults().reset();
    host.root().faults().fail_from(n, kFault);
    (void)host.once();
    const bool reached = host.root().faults().count() >= n;
    host.root().faults().reset();
    server.put_host("pi", {{"site", "elsewhere"}});
    host.once_done();
    ASSERT_EQ(host.files(), Files{}) << "after a fault at call " << n;
    if (!reached) break;
  }
}

}  // namespace
}  // namespace titan::agent
