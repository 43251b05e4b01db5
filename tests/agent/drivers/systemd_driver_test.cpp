#include "agent/drivers/systemd_driver.hpp"

#include <gtest/gtest.h>

#include "agent/drivers/limits.hpp"
#include "model/limits.hpp"
#include "tests/agent/drivers/fake_systemctl.hpp"
#include "tests/agent/drivers/generations.hpp"
#include "tests/support/fake_process_runner.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::agent {
namespace {

using testing::FileTexts;
using testing::generation;
using Calls = std::vector<std::string>;

const std::string kUnits = "root/etc/systemd/system/";
const std::string kInstall = "[Install]\nWantedBy=multi-user.target\n";
const std::string kShow =
    "show --property=Id,LoadState,ActiveState,SubState,UnitFileState,NeedDaemonReload -- ";

class SystemdDriverTest : public ::testing::Test {
 protected:
  // The driver's half and the agent's half of a change. False when a command failed.
  Result<void> apply(const DriverChange& change) {
    TITAN_TRY(driver_.before_files(change, output_));
    place(change.after);
    return driver_.after_files(change, output_);
  }
  Result<void> apply(const Generation* before, const Generation* after) {
    return apply(testing::change_between(before, after));
  }
  void place(const Generation* generation) {
    systemd_.disk.clear();
    systemd_.disk["etc/systemd/system/other.service"] = "of the system";
    if (generation == nullptr) return;
    for (const auto& file : generation->files) {
      if (file.path.starts_with("root/")) systemd_.disk[file.path.substr(5)] = file.content;
    }
  }
  // The commands since the last call, without what they all have.
  Calls calls() {
    Calls made;
    const std::string common = "run systemctl --no-ask-password --no-pager ";
    for (const std::string& call : runner_.faults().calls()) {
      EXPECT_TRUE(call.starts_with(common)) << call;
      made.push_back(call.substr(common.size()));
    }
    runner_.faults().reset();
    return made;
  }

  testing::FakeSystemctl systemd_;
  titan::testing::FakeProcessRunner runner_{
      [this](const Command& command) { return systemd_.run(command); }};
  titan::testing::TemporaryDirectory runtime_;
  SystemdDriver driver_{runner_, {.runtime_folder = runtime_.path()}};
  OutputTail output_{4096};
};

TEST_F(SystemdDriverTest, EnablesAndStartsANewUnit) {
  const auto first = generation({{kUnits + "app.service", kInstall}});
  ASSERT_TRUE(apply(nullptr, &first).ok());
  EXPECT_EQ(calls(), (Calls{"daemon-reload", kShow + "app.service", "enable -- app.service",
                            "restart -- app.service"}));
  EXPECT_TRUE(systemd_.running.contains("app.service"));
  EXPECT_TRUE(systemd_.enabled.contains("app.service"));
  for (const Command& command : runner_.commands()) {
    EXPECT_TRUE(command.clean_environment);
    EXPECT_EQ(command.environment.at("LC_ALL"), "C");
    EXPECT_LE(command.output_bytes_max, kProgramOutputBytesMax);
  }
}

TEST_F(SystemdDriverTest, OnlyAsksWhenNothingHasChanged) {
  const auto first = generation({{kUnits + "app.service", kInstall}});
  ASSERT_TRUE(apply(nullptr, &first).ok());
  calls();
  ASSERT_TRUE(apply(&first, &first).ok());
  EXPECT_EQ(calls(), Calls{kShow + "app.service"});
  EXPECT_EQ(systemd_.runs.at("app.service"), 1);
}

TEST_F(SystemdDriverTest, RestartsOnlyWhatChanged) {
  const auto first = generation({{kUnits + "a.service", kInstall},
                                 {kUnits + "b.service", kInstall},
                                 {kUnits + "c.service", kInstall}});
  const auto second = generation({{kUnits + "a.service", kInstall + "#new\n"},
                                  {kUnits + "b.service", kInstall},
                                  {kUnits + "c.service", kInstall},
                                  {kUnits + "c.service.d/a.conf", "[Service]\nNice=1\n"}});
  ASSERT_TRUE(apply(nullptr, &first).ok());
  calls();
  ASSERT_TRUE(apply(&first, &second).ok());
  EXPECT_EQ(calls(), (Calls{"daemon-reload", kShow + "a.service b.service c.service",
                            "restart -- a.service c.service"}));
  EXPECT_EQ(systemd_.runs.at("b.service"), 1);
  // A drop-in that goes is a change, too.
  ASSERT_TRUE(apply(&second, &first).ok());
  EXPECT_EQ(calls().back(), "restart -- a.service c.service");
  EXPECT_EQ(systemd_.running.at("c.service"), kInstall);
}

TEST_F(SystemdDriverTest, RestartsForTheFilesThatAUnitNames) {
  const std::string unit = "[Unit]\nX-Titan-Restart-On=/etc/app/ /etc/shared.conf\n" + kInstall;
  const auto first = generation({{kUnits + "app.service", unit}, {"root/etc/app/a", "1"}});
  const auto second = generation({{kUnits + "app.service", unit}, {"root/etc/app/a", "2"}});
  ASSERT_TRUE(apply(nullptr, &first).ok());
  calls();
  ASSERT_TRUE(apply(&first, &second).ok());
  EXPECT_EQ(calls(), (Calls{kShow + "app.service", "restart -- app.service"}));
  // Of another deployment, or healed: the agent alone knows.
  DriverChange healed{.before = {&second}, .after = &second, .written = {"etc/shared.conf"}};
  ASSERT_TRUE(driver_.after_files(healed, output_).ok());
  EXPECT_EQ(calls(), (Calls{kShow + "app.service", "restart -- app.service"}));
  healed.written = {"etc/unrelated.conf"};
  ASSERT_TRUE(driver_.after_files(healed, output_).ok());
  EXPECT_EQ(calls(), Calls{kShow + "app.service"});
}

TEST_F(SystemdDriverTest, StopsAndDisablesWhatLeavesBeforeItsFilesGo) {
  const auto first = generation(
      {{kUnits + "a.service", kInstall}, {kUnits + "b.service", ""}, {kUnits + "c@.service", ""}});
  ASSERT_TRUE(apply(nullptr, &first).ok());
  systemd_.running["b.service"] = "";
  systemd_.running["c@1.service"] = "";
  calls();
  const auto change = testing::change_between(&first, nullptr);
  ASSERT_TRUE(driver_.before_files(change, output_).ok());
  EXPECT_EQ(calls(), (Calls{kShow + "a.service b.service",
                            "stop -- a.service b.service c@*.service", "disable -- a.service"}));
  EXPECT_TRUE(systemd_.running.empty());
  EXPECT_TRUE(systemd_.enabled.empty());
  place(nullptr);
  ASSERT_TRUE(driver_.after_files(change, output_).ok());
  EXPECT_EQ(calls(), Calls{"daemon-reload"});
  EXPECT_FALSE(systemd_.loaded.contains("a.service"));
}

TEST_F(SystemdDriverTest, DisablesWhatHasNoInstallSectionAnyMoreAndLetsItRun) {
  const auto first = generation({{kUnits + "a.service", kInstall}});
  const auto second = generation({{kUnits + "a.service", "[Service]\n"}});
  ASSERT_TRUE(apply(nullptr, &first).ok());
  calls();
  ASSERT_TRUE(apply(&first, &second).ok());
  EXPECT_EQ(calls(), (Calls{kShow + "a.service", "disable -- a.service", "daemon-reload",
                            kShow + "a.service", "try-restart -- a.service"}));
}

TEST_F(SystemdDriverTest, EnablesAnewWhenTheInstallSectionChanges) {
  const auto first = generation({{kUnits + "a.service", kInstall}});
  const auto second = generation({{kUnits + "a.service", "[Install]\nWantedBy=b.target\n"}});
  ASSERT_TRUE(apply(nullptr, &first).ok());
  calls();
  ASSERT_TRUE(apply(&first, &second).ok());
  EXPECT_EQ(calls(), (Calls{"daemon-reload", kShow + "a.service", "reenable -- a.service",
                            "restart -- a.service"}));
}

TEST_F(SystemdDriverTest, LeavesAJobToItsTimer) {
  const std::string job = "[Service]\nType=oneshot\n";
  const auto first = generation({{kUnits + "job.service", job}, {kUnits + "job.timer", kInstall}});
  const auto second =
      generation({{kUnits + "job.service", job + "#2\n"}, {kUnits + "job.timer", kInstall}});
  ASSERT_TRUE(apply(nullptr, &first).ok());
  EXPECT_EQ(calls().back(), "restart -- job.timer");
  ASSERT_TRUE(apply(&first, &second).ok());
  EXPECT_EQ(calls(), (Calls{"daemon-reload", kShow + "job.service job.timer"}));
  EXPECT_FALSE(systemd_.runs.contains("job.service"));
}

TEST_F(SystemdDriverTest, RunsAOneshotServiceWhenItIsNewOrChanged) {
  const std::string once = "[Service]\nType=oneshot\n" + kInstall;
  const auto first = generation({{kUnits + "once.service", once}});
  const auto second = generation({{kUnits + "once.service", once + "#2\n"}});
  ASSERT_TRUE(apply(nullptr, &first).ok());
  EXPECT_EQ(systemd_.runs.at("once.service"), 1);
  ASSERT_TRUE(apply(&first, &first).ok());
  EXPECT_EQ(systemd_.runs.at("once.service"), 1);
  EXPECT_TRUE(driver_.drift(first)->empty());
  ASSERT_TRUE(apply(&first, &second).ok());
  EXPECT_EQ(systemd_.runs.at("once.service"), 2);
}

TEST_F(SystemdDriverTest, RestartsInstancesAndForeignUnitsOnlyWhenTheyRun) {
  const auto first = generation({{kUnits + "a@.service", ""}});
  const auto second = generation(
      {{kUnits + "a@.service", "#2\n"}, {kUnits + "other.service.d/x.conf", "[Service]\n"}});
  ASSERT_TRUE(apply(nullptr, &first).ok());
  calls();
  ASSERT_TRUE(apply(&first, &second).ok());
  EXPECT_EQ(calls(),
            (Calls{"daemon-reload", kShow + "other.service", "try-restart -- a@*.service"}));
  systemd_.running["other.service"] = "old";
  ASSERT_TRUE(apply(&second, &first).ok());
  EXPECT_EQ(calls(), (Calls{"daemon-reload", kShow + "other.service",
                            "try-restart -- a@*.service other.service"}));
  EXPECT_EQ(systemd_.running.at("other.service"), "of the system");
  // When its drop-in leaves, a unit of others is neither stopped nor disabled.
  systemd_.enabled.insert("other.service");
  ASSERT_TRUE(apply(&second, nullptr).ok());
  EXPECT_TRUE(systemd_.enabled.contains("other.service"));
  EXPECT_TRUE(systemd_.running.contains("other.service"));
}

TEST_F(SystemdDriverTest, ReopensASocketWithoutItsService) {
  const auto first = generation({{kUnits + "a.service", ""}, {kUnits + "a.socket", kInstall}});
  const auto second =
      generation({{kUnits + "a.service", ""}, {kUnits + "a.socket", kInstall + "#2\n"}});
  ASSERT_TRUE(apply(nullptr, &first).ok());
  systemd_.running["a.service"] = "";
  calls();
  ASSERT_TRUE(apply(&first, &second).ok());
  EXPECT_EQ(calls(), (Calls{"daemon-reload", kShow + "a.service a.socket", "stop -- a.service",
                            "restart -- a.socket", "start -- a.service"}));
}

TEST_F(SystemdDriverTest, NeverRestartsTargetsAndSlices) {
  const auto first = generation({{kUnits + "a.target", kInstall}, {kUnits + "a.slice", kInstall}});
  const auto second = generation(
      {{kUnits + "a.target", kInstall + "#2\n"}, {kUnits + "a.slice", kInstall + "#2\n"}});
  ASSERT_TRUE(apply(nullptr, &first).ok());
  EXPECT_EQ(calls().back(), "start -- a.slice a.target");
  ASSERT_TRUE(apply(&first, &second).ok());
  EXPECT_EQ(calls(), (Calls{"daemon-reload", kShow + "a.slice a.target"}));
}

TEST_F(SystemdDriverTest, StartsQuadletsAndEnablesNone) {
  const std::string folder = "root/etc/containers/systemd/";
  const auto first =
      generation({{folder + "web.container", kInstall}, {folder + "data.volume", ""}});
  ASSERT_TRUE(apply(nullptr, &first).ok());
  EXPECT_EQ(calls(), (Calls{"daemon-reload", kShow + "data-volume.service web.service",
                            "restart -- web.service"}));
  ASSERT_TRUE(apply(&first, nullptr).ok());
  EXPECT_EQ(calls(), (Calls{kShow + "data-volume.service web.service", "stop -- web.service",
                            "daemon-reload"}));
}

TEST_F(SystemdDriverTest, StartsAgainWhatFailed) {
  const auto first = generation({{kUnits + "app.service", kInstall}});
  ASSERT_TRUE(apply(nullptr, &first).ok());
  systemd_.running.clear();
  systemd_.failed.insert("app.service");
  calls();
  ASSERT_TRUE(apply(&first, &first).ok());
  EXPECT_EQ(calls(),
            (Calls{kShow + "app.service", "reset-failed -- app.service", "start -- app.service"}));
}

TEST_F(SystemdDriverTest, NamesTheUnitThatDoesNotStartAndGivesItsLog) {
  const auto first =
      generation({{kUnits + "bad.service", kInstall}, {kUnits + "good.service", kInstall}});
  systemd_.broken.insert("bad.service");
  const auto applied = apply(nullptr, &first);
  ASSERT_FALSE(applied.ok());
  EXPECT_EQ(applied.error().code, ErrorCode::internal);
  EXPECT_EQ(
      applied.error().message,
      "bad.service: \"systemctl restart\" ended with exit code 1: Job for bad.service failed.");
  EXPECT_EQ(calls().back(), "status --full --lines=20 -- bad.service");
  EXPECT_NE(output_.text().find("log of bad.service"), std::string::npos);
  EXPECT_TRUE(systemd_.running.contains("good.service"));
}

TEST_F(SystemdDriverTest, RefusesUnitsThatSystemdDoesNotHave) {
  const auto unit = generation({{kUnits + "app.service", kInstall}});
  systemd_.masked = {"app.service"};
  EXPECT_EQ(apply(nullptr, &unit).error().code, ErrorCode::conflict);
  systemd_.masked.clear();
  systemd_.unreadable = {"app.service"};
  EXPECT_EQ(apply(nullptr, &unit).error().message,
            "systemd does not load app.service: its state is \"bad-setting\"");
  const auto quadlet = generation({{"root/etc/containers/systemd/a.container", ""}});
  runner_.answer(Outcome{});  // daemon-reload without a generator
  const auto applied = apply(nullptr, &quadlet);
  ASSERT_FALSE(applied.ok());
  EXPECT_EQ(applied.error().code, ErrorCode::not_found);
}

TEST_F(SystemdDriverTest, PassesOnHowEachCommandFails) {
  const auto first =
      generation({{kUnits + "a.service", kInstall}, {kUnits + "b.service", kInstall}});
  const auto second =
      generation({{kUnits + "a.service", kInstall + "#2\n"}, {kUnits + "c.service", kInstall}});
  for (std::size_t n = 1;; ++n) {
    systemd_ = {};
    ASSERT_TRUE(apply(nullptr, &first).ok());
    runner_.faults().reset();
    runner_.faults().fail_at(n, not_found("starting \"systemctl\": no such file"));
    const auto applied = apply(&first, &second);
    if (runner_.faults().count() < n) {
      EXPECT_TRUE(applied.ok());
      EXPECT_EQ(n, 8U);  // show, stop, disable, daemon-reload, show, enable, restart
      break;
    }
    ASSERT_FALSE(applied.ok()) << n;
    EXPECT_EQ(applied.error().code, ErrorCode::unavailable) << n;
    EXPECT_NE(applied.error().message.find("systemctl"), std::string::npos) << n;
  }
}

TEST_F(SystemdDriverTest, SaysWhenACommandTakesTooLong) {
  const auto first = generation({{kUnits + "app.service", kInstall}});
  runner_.answer(Outcome{.exit_code = 137, .timed_out = true});
  const auto applied = apply(nullptr, &first);
  ASSERT_FALSE(applied.ok());
  EXPECT_EQ(applied.error().code, ErrorCode::exhausted);
  EXPECT_EQ(applied.error().message,
            "\"systemctl daemon-reload\" did not end within 30 s, and was killed");
}

TEST_F(SystemdDriverTest, CallsAMissingBusAPassingFault) {
  const auto first = generation({{kUnits + "app.service", kInstall}});
  runner_.answer(Outcome{.exit_code = 1, .errors = "Failed to connect to bus: No such file"});
  EXPECT_EQ(apply(nullptr, &first).error().code, ErrorCode::unavailable);
}

TEST_F(SystemdDriverTest, NoticesAnAnswerThatIsShort) {
  const auto first = generation({{kUnits + "app.service", kInstall}});
  runner_.answer(Outcome{});
  EXPECT_EQ(driver_.drift(first).error().code, ErrorCode::internal);
}

// Killed at each command, and begun again from the start with both generations: the same end.
TEST_F(SystemdDriverTest, EndsTheSameWhereverItWasKilled) {
  const std::string restart_on = "[Unit]\nX-Titan-Restart-On=/etc/app.conf\n";
  const auto first = generation({{kUnits + "a.service", kInstall},
                                 {kUnits + "b.service", restart_on + kInstall},
                                 {kUnits + "gone.service", kInstall},
                                 {kUnits + "gone.timer", kInstall},
                                 {"root/etc/app.conf", "1"}});
  const auto second = generation({{kUnits + "a.service", kInstall + "#2\n"},
                                  {kUnits + "b.service", restart_on + kInstall},
                                  {kUnits + "fresh.service", kInstall},
                                  {kUnits + "fresh.socket", kInstall},
                                  {"root/etc/app.conf", "2"}});
  struct Row {
    const Generation* before;
    const Generation* after;
  };
  for (const auto& [before, after] :
       {Row{nullptr, &first}, Row{&first, &second}, Row{&second, &first}, Row{&first, nullptr}}) {
    const auto set_up = [&, from = before] {
      systemd_ = {};
      ASSERT_TRUE(from == nullptr || apply(nullptr, from).ok());
      runner_.faults().reset();
    };
    set_up();
    ASSERT_TRUE(apply(before, after).ok());
    const std::size_t commands = runner_.faults().count();
    const std::string expected = systemd_.state();
    const int b_runs = systemd_.runs["b.service"];
    for (std::size_t n = 1; n <= commands; ++n) {
      set_up();
      runner_.faults().fail_from(n, unavailable("killed"));
      ASSERT_FALSE(apply(before, after).ok());
      runner_.faults().reset();
      DriverChange again = testing::change_between(before, after);
      if (after != nullptr) again.before.push_back(after);
      again.written.clear();  // the files are there already
      again.removed.clear();
      ASSERT_TRUE(apply(again).ok()) << n;
      EXPECT_EQ(systemd_.state(), expected) << n;
      EXPECT_GE(systemd_.runs["b.service"], b_runs) << n;  // its file has changed
    }
  }
}

TEST_F(SystemdDriverTest, RollsBackFromAHalfAppliedGeneration) {
  const auto good = generation({{kUnits + "a.service", kInstall}}, 1);
  const auto bad =
      generation({{kUnits + "a.service", kInstall + "#2\n"}, {kUnits + "b.service", kInstall}}, 2);
  ASSERT_TRUE(apply(nullptr, &good).ok());
  const std::string expected = systemd_.state();
  systemd_.broken = {"a.service"};
  ASSERT_FALSE(apply(&good, &bad).ok());
  systemd_.broken.clear();
  DriverChange back = testing::change_between(&bad, &good);
  back.before = {&good, &bad};
  ASSERT_TRUE(apply(back).ok());
  EXPECT_EQ(systemd_.state(), expected);
}

TEST_F(SystemdDriverTest, TellsDriftByOneQuestion) {
  const auto first = generation({{kUnits + "a.service", kInstall},
                                 {kUnits + "b.service", kInstall},
                                 {kUnits + "static.service", ""},
                                 {kUnits + "t@.service", ""},
                                 {kUnits + "other.service.d/a.conf", ""}});
  ASSERT_TRUE(apply(nullptr, &first).ok());
  EXPECT_TRUE(driver_.drift(first)->empty());
  systemd_.running.erase("a.service");
  systemd_.failed.insert("a.service");
  systemd_.enabled.erase("b.service");
  systemd_.loaded.erase("static.service");
  systemd_.disk["etc/systemd/system/b.service"] += "#edited\n";
  calls();
  EXPECT_EQ(
      *driver_.drift(first),
      (std::vector<std::string>{"a.service is not active (failed)", "b.service is not enabled",
                                "b.service has files that systemd has not read",
                                "static.service is not loaded (not-found)"}));
  EXPECT_EQ(calls(), Calls{kShow + "a.service b.service static.service"});
}

TEST_F(SystemdDriverTest, TellsAtMostSoMuchDrift) {
  FileTexts files;
  for (char c = 'a'; c < 'a' + 15; ++c) files[kUnits + c + ".service"] = kInstall;
  const auto drift = driver_.drift(generation(files));
  ASSERT_TRUE(drift.ok());
  EXPECT_EQ(drift->size(), model::kDriftTextsMax);
}

TEST_F(SystemdDriverTest, TakesAServiceThatRestartsAgainAndAgainForNotActive) {
  const auto first = generation({{kUnits + "a.service", kInstall}});
  const std::string head = "Id=a.service\nLoadState=loaded\nUnitFileState=enabled\n";
  runner_.answer(Outcome{.output = head + "ActiveState=activating\nSubState=auto-restart\n"});
  EXPECT_EQ(driver_.drift(first)->size(), 1U);
  runner_.answer(Outcome{.output = head + "ActiveState=activating\nSubState=start\n"});
  EXPECT_TRUE(driver_.drift(first)->empty());
}

TEST_F(SystemdDriverTest, IsAvailableWhereSystemdRuns) {
  EXPECT_TRUE(driver_.available().ok());
  EXPECT_EQ(calls(), Calls{"show --property=Version"});
  runner_.answer(Outcome{.exit_code = 1, .errors = "Failed to connect to bus"});
  EXPECT_EQ(driver_.available().error().code, ErrorCode::unavailable);
  runner_.answer(not_found("starting \"systemctl\""));
  EXPECT_EQ(driver_.available().error().code, ErrorCode::unavailable);
  SystemdDriver other(runner_, {.root = "/mnt", .runtime_folder = runtime_.path()});
  EXPECT_NE(other.available().error().message.find("\"/mnt\""), std::string::npos);
  SystemdDriver none(runner_, {.runtime_folder = runtime_.path() + "/none"});
  EXPECT_NE(none.available().error().message.find("does not run"), std::string::npos);
}

TEST_F(SystemdDriverTest, ChecksTheUnitsBeforeAnythingIsTouched) {
  EXPECT_TRUE(driver_.check(generation({{kUnits + "a.service", ""}})).ok());
  EXPECT_FALSE(driver_.check(generation({{kUnits + "a.srvice", ""}})).ok());
  EXPECT_FALSE(driver_.check(generation({{"root/usr/lib/systemd/system/a.service", ""}})).ok());
  EXPECT_TRUE(calls().empty());
  EXPECT_TRUE(driver_.places_files());
  EXPECT_FALSE(driver_.unpacks("compose.yaml"));
}

}  // namespace
}  // namespace titan::agent
