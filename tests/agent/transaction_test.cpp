// The apply transaction of the agent: health, the way back, attempts, hooks, drivers, drift.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/retry_requests.hpp"
#include "tests/agent/fake_driver.hpp"
#include "tests/agent/test_host.hpp"

namespace titan::agent {
namespace {

using model::Status;
using titan::testing::FakeDriver;
using titan::testing::FakeProber;
using titan::testing::TestHost;
using titan::testing::TestServer;
using Files = std::map<std::string, std::string>;
using Calls = std::vector<std::string>;
using Outcome = StepResult::Outcome;
using std::chrono::seconds;

// What a deployment does that takes the agent, or the machine, with it.
struct Killed {};

class TransactionTest : public ::testing::Test {
 protected:
  TransactionTest() {
    server_.put_prod();
    auto driver = std::make_unique<FakeDriver>();
    driver_ = driver.get();
    host_.parts.drivers.add(std::move(driver));
  }

  struct Service {
    std::string text = {};
    std::string driver = "files";
    bool checks = false;
    std::map<std::string, std::string> others = {};  // files beside root/etc/prod.conf
    std::string owner = {};
    model::Hooks hooks = {};
    std::string escape = {};  // of root/etc/prod.conf
  };
  // A new version of what "prod" is made of.
  void put(const Service& service) {
    model::TemplateSpec spec{.driver = service.driver, .hooks = service.hooks};
    auto files = service.others;
    files["root/etc/{{deployment.name}}.conf"] = service.text;
    for (const auto& [path, content] : files) {
      spec.files.push_back({.path = path,
                            .mode = path.starts_with("hooks/") ? 0755U : 0644U,
                            .digest = server_.client().put_blob(content).value(),
                            .size = content.size(),
                            .owner = path.starts_with("root/") ? service.owner : "",
                            .escape = path.ends_with(".conf") ? service.escape : ""});
    }
    if (service.checks) {
      spec.health = {.checks = {{.kind = model::HealthCheck::Kind::tcp, .address = "[::1]:1"}},
                     .start_period = seconds(5),
                     .interval = seconds(2),
                     .timeout = seconds(1),
                     .window = seconds(4)};
    }
    server_.put({.name = "service", .spec = spec});
  }
  void put_sibling() {
    server_.put_template("tool", "tool\n", "root/usr/bin/{{deployment.name}}");
    server_.put_deployment("test", "tool");
  }
  Status status(const std::string& name) { return server_.deployment(name).status; }
  std::string reason(const std::string& name) {
    const auto reasons = server_.deployment(name).reason;
    return reasons.empty() ? "" : reasons[0];
  }
  model::DeploymentReport report_of(const std::string& name) {
    const auto report = server_.client().host_report("pi").value().report;
    const auto found = std::ranges::find_if(report.deployments,
                                            [&](const auto& one) { return one.key.name == name; });
    return found == report.deployments.end() ? model::DeploymentReport{} : *found;
  }
  std::string content() {
    const auto files = host_.files();
    const auto found = files.find("etc/prod.conf");
    return found == files.end() ? "(none)" : found->second;
  }
  void be_unhealthy_with(const std::string& bad) {
    host_.parts.prober = FakeProber([this, bad](const auto&, OutputTail& output) -> Result<void> {
      if (content() != bad) return {};
      output.add("cannot bind\n");
      return unavailable("nothing accepts connections");
    });
  }

  TestServer server_;
  TestHost host_{server_};
  FakeDriver* driver_ = nullptr;
};

TEST_F(TransactionTest, KeepsWhatIsHealthyForItsWindow) {
  put({.text = "one\n", .checks = true});
  const StepResult result = host_.once_done();
  EXPECT_EQ(result.applied, 1U);
  EXPECT_EQ(content(), "one\n");
  EXPECT_EQ(status("prod"), Status::ready);
  // At 0, 2 and 4 seconds.
  EXPECT_EQ(host_.parts.prober.asked().size(), 3U);
}

TEST_F(TransactionTest, SaysThatItIsBeingCheckedMeanwhile) {
  put({.text = "one\n", .checks = true});
  bool seen = false;
  host_.parts.prober = FakeProber([&](const auto&, OutputTail&) -> Result<void> {
    const auto report = report_of("prod");
    if (report.status == Status::updating) {
      EXPECT_EQ(report.reason, "its health is being checked");
      EXPECT_NE(status("prod"), Status::ready);
      seen = true;
    }
    return {};
  });
  host_.once_done();
  EXPECT_TRUE(seen);
}

TEST_F(TransactionTest, GoesBackToWhatWasKeptBeforeAndTriesThreeTimes) {
  put_sibling();
  put({.text = "good\n", .checks = true});
  host_.once_done();
  be_unhealthy_with("bad\n");
  put({.text = "bad\n", .checks = true});
  for (std::uint32_t attempt = 1; attempt <= 3; ++attempt) {
    const StepResult result = host_.once().value();
    EXPECT_EQ(result.outcome, Outcome::stalled);
    EXPECT_EQ(content(), "good\n") << attempt;
    const auto report = report_of("prod");
    EXPECT_EQ(report.status, Status::error);
    EXPECT_EQ(report.reason, "it is not healthy: nothing accepts connections");
    EXPECT_EQ(report.attempts, attempt);
    EXPECT_EQ(report.stalled, attempt == 3);
    EXPECT_NE(report.output.find("cannot bind\n"), std::string::npos);
    EXPECT_EQ(status("prod"), Status::error);
    EXPECT_EQ(status("test"), Status::ready);
  }
  // No fourth time, and nothing is written.
  const std::size_t asked = host_.parts.prober.asked().size();
  host_.once().value();
  host_.root().faults().reset();
  host_.state().faults().reset();
  EXPECT_EQ(host_.once().value().failing, 1U);
  EXPECT_EQ(host_.parts.prober.asked().size(), asked);
  EXPECT_EQ(host_.root().faults().changes(), Calls{});
  EXPECT_EQ(host_.state().faults().changes(), Calls{"lock lock"});
  EXPECT_TRUE(report_of("prod").stalled);
  // Another form is another matter.
  put({.text = "better\n", .checks = true});
  host_.once_done();
  EXPECT_EQ(content(), "better\n");
  EXPECT_EQ(status("prod"), Status::ready);
}

TEST_F(TransactionTest, TakesAwayWhatNeverWasHealthy) {
  be_unhealthy_with("bad\n");
  put({.text = "bad\n", .checks = true});
  host_.once().value();
  EXPECT_EQ(host_.files(), Files{});
  EXPECT_FALSE(host_.has_folder("etc"));
  EXPECT_EQ(status("prod"), Status::error);
}

TEST_F(TransactionTest, TriesAgainWhenSomebodyAsks) {
  be_unhealthy_with("bad\n");
  put({.text = "bad\n", .checks = true});
  for (int i = 0; i < 4; ++i) host_.once().value();
  EXPECT_TRUE(report_of("prod").stalled);
  host_.parts.prober = FakeProber();
  ASSERT_TRUE(
      RetryRequests(host_.state(), "default").ask(parse_deployment("prod", "default").value()));
  host_.once_done();
  EXPECT_EQ(content(), "bad\n");
  EXPECT_EQ(status("prod"), Status::ready);
}

TEST_F(TransactionTest, AProcessThatEndsInGoodOrderCostsNoAttempt) {
  put({.text = "one\n", .checks = true});
  if (!host_.enrolled()) host_.enroll();
  for (int i = 0; i < 5; ++i) {
    const auto agent = host_.open().value();
    EXPECT_TRUE(agent->step(host_.clock().monotonic()).checking);
    ASSERT_TRUE(agent->pause());
  }
  host_.once_done();
  EXPECT_EQ(status("prod"), Status::ready);
}

TEST_F(TransactionTest, ADeploymentThatKillsTheAgentIsGivenUpAfterThreeTimesAcrossReboots) {
  put_sibling();
  put({.text = "good\n", .driver = "fake"});
  host_.once_done();
  put({.text = "deadly\n", .driver = "fake"});
  driver_->on_call = [&](const std::string& call, OutputTail&) -> Result<void> {
    if (call.starts_with("after") && content() == "deadly\n") throw Killed();
    return {};
  };
  server_.put_template("tool", "new tool\n", "root/usr/bin/{{deployment.name}}");
  for (int i = 0; i < 3; ++i) {
    EXPECT_THROW((void)host_.once(), Killed);
    EXPECT_EQ(content(), "deadly\n");
    host_.power_cut();
  }
  const StepResult result = host_.once().value();
  EXPECT_EQ(result.failing, 1U);
  EXPECT_EQ(host_.files(), (Files{{"etc/prod.conf", "good\n"}, {"usr/bin/test", "new tool\n"}}));
  EXPECT_EQ(status("test"), Status::ready);
  const auto report = report_of("prod");
  EXPECT_TRUE(report.stalled);
  EXPECT_EQ(report.attempts, 3U);
  EXPECT_EQ(report.reason, "the agent or the machine stopped while it was applied");
  // Nothing more happens to it.
  const std::size_t calls = driver_->calls.size();
  for (int i = 0; i < 3; ++i) host_.once().value();
  EXPECT_EQ(driver_->calls.size(), calls);
  put({.text = "good again\n", .driver = "fake"});
  host_.once_done();
  EXPECT_EQ(content(), "good again\n");
}

TEST_F(TransactionTest, ARemovalThatKillsTheAgentIsDoneWithoutItsDriverInTheEnd) {
  put({.text = "good\n", .driver = "fake"});
  host_.once_done();
  driver_->on_call = [&](const std::string&, OutputTail&) -> Result<void> { throw Killed(); };
  server_.call("DELETE", "/v1/workspaces/default/deployments/prod");
  for (int i = 0; i < 3; ++i) EXPECT_THROW((void)host_.once(), Killed);
  driver_->on_call = [&](const std::string&, OutputTail&) -> Result<void> {
    return internal("still in use");
  };
  host_.once_done();
  EXPECT_EQ(host_.files(), Files{});
  EXPECT_EQ(server_.json("GET", "/v1/deployments")["items"].size(), 0U);
}

TEST_F(TransactionTest, TellsADriverWhatMayBeThere) {
  put({.text = "one\n", .driver = "fake"});
  host_.once_done();
  EXPECT_EQ(driver_->calls, (Calls{"before none -> v1", "after none -> v1"}));
  driver_->calls.clear();
  // Version 1 of the deployment, as templates have versions of their own.
  put({.text = "two\n", .driver = "fake"});
  driver_->on_call = [](const std::string& call, OutputTail& output) -> Result<void> {
    if (call != "after v1 -> v1") return {};
    output.add("unit failed\n");
    return internal("it does not start");
  };
  host_.once().value();
  EXPECT_EQ(driver_->calls,
            (Calls{"before v1 -> v1", "after v1 -> v1", "before v1 -> v1", "after v1 -> v1"}));
  EXPECT_EQ(report_of("prod").output, "unit failed\n");
  driver_->on_call = nullptr;
  driver_->calls.clear();
  host_.once_done();
  EXPECT_EQ(content(), "two\n");
  driver_->calls.clear();
  put({.text = "three\n", .driver = "files"});
  host_.once_done();
  EXPECT_EQ(driver_->calls, (Calls{"before v1 -> none", "after v1 -> none"}));
}

TEST_F(TransactionTest, APassingFaultCostsNoAttempt) {
  put({.text = "one\n", .driver = "fake"});
  driver_->on_call = [](const std::string&, OutputTail&) -> Result<void> {
    return unavailable("the engine does not answer");
  };
  for (int i = 0; i < 5; ++i) {
    host_.once().value();
    EXPECT_FALSE(report_of("prod").stalled);
    EXPECT_EQ(reason("prod"),
              "host pi: the engine does not answer; going back failed: the engine does not answer");
  }
  driver_->on_call = nullptr;
  host_.once_done();
  EXPECT_EQ(status("prod"), Status::ready);
}

TEST_F(TransactionTest, AHookThatRefusesLeavesTheHostUntouched) {
  put({.text = "one\n"});
  host_.once_done();
  put({.text = "two\n", .others = {{"hooks/pre-apply", "#!/bin/sh\nexit 3\n"}}});
  host_.parts.processes.answer(titan::Outcome{.exit_code = 3, .output = "no, not now\n"});
  host_.root().faults().reset();
  host_.once().value();
  EXPECT_EQ(content(), "one\n");
  EXPECT_EQ(reason("prod"), "host pi: hooks/pre-apply ended with 3");
  EXPECT_EQ(report_of("prod").output, "no, not now\n");
  const auto changes = host_.root().faults().changes();
  EXPECT_EQ(
      std::ranges::count_if(changes, [](const auto& call) { return call.starts_with("rename "); }),
      0);
  host_.once_done();
  EXPECT_EQ(content(), "two\n");
}

TEST_F(TransactionTest, RunsHooksFromTheFolderOfTheGeneration) {
  put({.text = "one\n",
       .others = {{"hooks/pre-apply", "#!/bin/sh\n"},
                  {"hooks/post-apply", "#!/bin/sh\n"},
                  {"hooks/pre-remove", "#!/bin/sh\n"}}});
  host_.once_done();
  server_.call("DELETE", "/v1/workspaces/default/deployments/prod");
  host_.once_done();
  Calls run;
  for (const Command& command : host_.parts.processes.commands()) {
    run.push_back(command.environment.at("TITAN_HOOK") + " of " +
                  command.environment.at("TITAN_DEPLOYMENT") + " on " +
                  command.environment.at("TITAN_HOST"));
    EXPECT_EQ(command.directory + "/hooks/" + command.environment.at("TITAN_HOOK"),
              command.arguments.at(0));
    EXPECT_TRUE(command.directory.starts_with("/memory/generations/default/prod/"));
  }
  EXPECT_EQ(run, (Calls{"pre-apply of default/prod on pi", "post-apply of default/prod on pi",
                        "pre-remove of default/prod on pi"}));
  EXPECT_EQ(host_.state().disk().info("generations").error().code, ErrorCode::not_found);
}

// The server renders with the same kind; else the digests would differ, and nothing be applied.
TEST_F(TransactionTest, EscapesAFileAsTheTemplateSays) {
  server_.put(
      {.name = "sensor",
       .workspace = "default",
       .spec = model::WorkloadSpec{.values = model::Values::from({{"text", "it's"}}).value()}});
  put({.text = "NAME='{{values.text}}'\n", .escape = "shell"});
  host_.once_done();
  EXPECT_EQ(content(), "NAME='it'\\''s'\n");
}

TEST_F(TransactionTest, RunsTheHooksThatTheTemplateNamesForAsLongAsItSays) {
  put({.text = "one\n",
       .others = {{"hooks/migrate", "#!/bin/sh\n"},
                  {"hooks/pre-apply", "#!/bin/sh\n"},
                  {"hooks/post-apply", "#!/bin/sh\n"}},
       .hooks = {.pre_apply = {.file = "hooks/migrate", .timeout = seconds(1200)},
                 .post_apply = {.timeout = seconds(7)}}});
  host_.once_done();
  const auto& commands = host_.parts.processes.commands();
  ASSERT_EQ(commands.size(), 2U);
  EXPECT_EQ(commands[0].arguments.at(0), commands[0].directory + "/hooks/migrate");
  EXPECT_EQ(commands[0].environment.at("TITAN_HOOK"), "pre-apply");
  EXPECT_EQ(commands[0].timeout, seconds(1200));
  EXPECT_EQ(commands[1].arguments.at(0), commands[1].directory + "/hooks/post-apply");
  EXPECT_EQ(commands[1].timeout, seconds(7));
}

TEST_F(TransactionTest, SaysWhichHookTookLongerThanItMay) {
  put({.text = "one\n",
       .others = {{"hooks/migrate", "#!/bin/sh\n"}},
       .hooks = {.pre_apply = {.file = "hooks/migrate", .timeout = seconds(90)}}});
  host_.parts.processes.answer(titan::Outcome{.exit_code = 137, .timed_out = true});
  host_.once().value();
  EXPECT_EQ(reason("prod"), "host pi: hooks/migrate took longer than 1m30s");
}

TEST_F(TransactionTest, UnpacksForTheDriverAndKeepsTheLastGoodAndTheOneBefore) {
  for (const char* text : {"one\n", "two\n", "three\n"}) {
    put({.text = text, .driver = "fake", .others = {{"compose.yaml", text}}});
    host_.once_done();
    const std::string inside = driver_->folder.substr(std::string("/memory/").size());
    EXPECT_EQ(host_.state().disk().read(inside + "/compose.yaml", 100).value(), text);
    EXPECT_FALSE(host_.state().disk().info(inside + "/root"));
  }
  EXPECT_EQ(host_.state().disk().list("generations/default/prod").value().size(), 2U);
}

TEST_F(TransactionTest, HealsWhatOthersChangedAndCountsIt) {
  put({.text = "one\n"});
  host_.once_done();
  host_.once_done();
  struct Row {
    const char* what;
    std::function<void(FileSystem&)> harm;
  };
  const std::string path = "etc/prod.conf";
  const Row rows[] = {
      {"changed", [&](FileSystem& disk) { (void)disk.write(path, "two\n", 0644); }},
      {"of another mode", [&](FileSystem& disk) { (void)disk.set_mode(path, 0600); }},
      {"gone", [&](FileSystem& disk) { (void)disk.remove_file(path); }},
      {"a link", [&](FileSystem& disk) {
         (void)disk.remove_file(path);
         (void)disk.make_link(path, "/etc/passwd");
       }}};
  std::uint64_t healed = 0;
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    row.harm(host_.root().disk());
    const StepResult result = host_.once_done();
    EXPECT_EQ(result.healed, 1U);
    EXPECT_EQ(content(), "one\n");
    EXPECT_EQ(host_.root().disk().info(path)->mode, 0644U);
    EXPECT_EQ(report_of("prod").healed, ++healed);
    EXPECT_EQ(host_.once_done().healed, 0U);
  }
}

TEST_F(TransactionTest, HealsWithoutTheServerAndWhileANewFormIsHeld) {
  put({.text = "one\n"});
  host_.once_done();
  put({.text = "{{values.missing}}\n"});
  host_.once().value();
  EXPECT_EQ(status("prod"), Status::error);
  ASSERT_TRUE(host_.root().disk().remove_file("etc/prod.conf"));
  host_.transport().faults().fail_from(1, unavailable("no route"));
  EXPECT_EQ(host_.once().value().healed, 1U);
  EXPECT_EQ(content(), "one\n");
}

TEST_F(TransactionTest, LooksAtContentsWhenTheTimesLie) {
  put({.text = "one\n"});
  host_.once_done();
  host_.once_done();
  // Within the interval, the inode and its time of change are believed; after a boot, nothing is.
  host_.root().faults().reset();
  host_.once_done();
  const auto reads = [&] {
    const auto& calls = host_.root().faults().calls();
    return std::ranges::count(calls, "read etc/prod.conf");
  };
  EXPECT_EQ(reads(), 0);
  host_.clock().advance(std::chrono::minutes(11));
  host_.once_done();
  EXPECT_EQ(reads(), 1);
  host_.reboot();
  host_.once_done();
  EXPECT_EQ(reads(), 2);
}

TEST_F(TransactionTest, OnlySaysWhatChangedWhenThatIsThePolicy) {
  put({.text = "one\n"});
  model::Entity prod = server_.deployment("prod");
  std::get<model::DeploymentSpec>(prod.spec).drift_policy = model::DriftPolicy::report;
  server_.put({.name = "prod", .workspace = "default", .spec = prod.spec});
  host_.once_done();
  ASSERT_TRUE(host_.root().disk().write("etc/prod.conf", "mine\n", 0644));
  EXPECT_EQ(host_.once().value().healed, 0U);
  EXPECT_EQ(content(), "mine\n");
  EXPECT_EQ(report_of("prod").drift, (Calls{"etc/prod.conf was changed"}));
  EXPECT_EQ(report_of("prod").status, Status::ready);
  ASSERT_TRUE(host_.root().disk().write("etc/prod.conf", "one\n", 0644));
  host_.once_done();
  EXPECT_EQ(report_of("prod").drift, Calls{});
}

TEST_F(TransactionTest, LetsADriverPutBackWhatItFindsChanged) {
  put({.text = "one\n", .driver = "fake"});
  host_.once_done();
  driver_->calls.clear();
  driver_->drift_texts = {"prod.service is not active"};
  host_.once_done();  // it was not looked at before
  host_.clock().advance(std::chrono::minutes(11));
  EXPECT_EQ(host_.once_done().healed, 1U);
  EXPECT_EQ(driver_->calls, (Calls{"before v1 -> v1", "after v1 -> v1"}));
}

// Wherever it fails on the way there, the way back leads from folders to files, too.
TEST_F(TransactionTest, GoesBackFromFoldersToFilesAndFromFilesToFolders) {
  const std::map<std::string, std::string> before = {{"root/var/a", "a\n"},
                                                     {"root/var/b/c", "c\n"}};
  const std::map<std::string, std::string> after = {{"root/var/a/x", "x\n"}, {"root/var/b", "b\n"}};
  for (std::size_t n = 1;; ++n) {
    TestServer server;
    server.put_prod();
    const auto put = [&](const std::map<std::string, std::string>& files) {
      model::TemplateSpec spec;
      for (const auto& [path, content] : files) {
        spec.files.push_back({.path = path,
                              .digest = server.client().put_blob(content).value(),
                              .size = content.size()});
      }
      server.put({.name = "service", .spec = spec});
    };
    put(before);
    TestHost host(server);
    host.once_done();
    put(after);
    host.root().faults().reset();
    host.root().faults().fail_at(n, unavailable("injected"));
    (void)host.once();
    const bool reached = host.root().faults().count() >= n;
    host.root().faults().reset();
    host.once_done();
    ASSERT_EQ(host.files(), (Files{{"var/a/x", "x\n"}, {"var/b", "b\n"}})) << "call " << n;
    put(before);
    host.once_done();
    ASSERT_EQ(host.files(), (Files{{"var/a", "a\n"}, {"var/b/c", "c\n"}})) << "call " << n;
    if (!reached) break;
  }
}

TEST_F(TransactionTest, GivesFilesToTheirOwners) {
  ASSERT_TRUE(make_directories(host_.root(), "etc"));
  ASSERT_TRUE(host_.root().write("etc/passwd", "root:x:0:0::/:\napp:x:1000:1001::/:\n", 0644));
  ASSERT_TRUE(host_.root().write("etc/group", "adm:x:4:\n", 0644));
  put({.text = "one\n", .owner = "app"});
  host_.once_done();
  EXPECT_EQ(host_.root().disk().info("etc/prod.conf")->user, 1000U);
  EXPECT_EQ(host_.root().disk().info("etc/prod.conf")->group, 1001U);
  put({.text = "one\n", .owner = "app:adm"});
  host_.once_done();
  EXPECT_EQ(host_.root().disk().info("etc/prod.conf")->group, 4U);
  ASSERT_TRUE(host_.root().disk().set_owner("etc/prod.conf", 0, 0));
  EXPECT_EQ(host_.once_done().healed, 1U);
  put({.text = "two\n", .owner = "nobody-here"});
  host_.once().value();
  EXPECT_EQ(reason("prod"), "host pi: there is no user \"nobody-here\" on this host");
  EXPECT_EQ(content(), "one\n");
}

}  // namespace
}  // namespace titan::agent
