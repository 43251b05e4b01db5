#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>

#include "agent/drivers/systemd_driver.hpp"
#include "base/clock.hpp"
#include "base/text.hpp"
#include "tests/agent/drivers/generations.hpp"
#include "tests/e2e/drivers/private_space.hpp"

namespace titan::agent {
namespace {

using titan::testing::KillableRunner;
using titan::testing::PrivateSpace;

constexpr std::chrono::seconds kBootTimeout{60};
const std::string kUnits = "root/etc/systemd/system/";
const std::string kInstall = "[Install]\nWantedBy=multi-user.target\n";

// A systemd that is booted in a container over this machine's /usr, once for all tests.
std::unique_ptr<PrivateSpace> boot(std::string& problem) {
  const auto missing = PrivateSpace::missing({"systemd-nspawn"});
  if (missing) {
    problem = *missing;
    return nullptr;
  }
  auto space = std::make_unique<PrivateSpace>(std::vector<std::string>{
      "/usr/bin/systemd-nspawn", "--boot", "--quiet", "--directory=/", "--volatile=yes",
      "--register=no", "--keep-unit", "--machine=titan-drivers-" + std::to_string(::getpid()),
      "systemd.unit=basic.target", "systemd.firstboot=off"});
  const SystemClock clock;
  const auto deadline = clock.monotonic() + kBootTimeout;
  SystemProcessRunner runner;
  while (clock.monotonic() < deadline) {
    if (space->child() == 0) continue;
    const auto asked =
        runner.run({.arguments = {space->entrance("systemctl", true), "is-system-running"}});
    if (!asked) continue;
    const std::string state(trim(asked->output));
    if (state == "running" || state == "degraded") return space;
  }
  problem = "systemd does not boot in a container here: " + space->log();
  return nullptr;
}

class SystemdToolTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { space_ = boot(problem_); }
  static void TearDownTestSuite() { space_.reset(); }
  void SetUp() override {
    if (space_ == nullptr) GTEST_SKIP() << problem_;
    driver_ = std::make_unique<SystemdDriver>(
        runner_, SystemdDriver::Options{.program = space_->entrance("systemctl", true),
                                        .runtime_folder = space_->folder()});
  }
  void TearDown() override {
    if (space_ == nullptr) return;
    runner_.reset();
    if (placed_) static_cast<void>(apply(testing::change_between(&*placed_, nullptr)));
  }
  static std::string root() { return "/proc/" + std::to_string(space_->child()) + "/root/"; }
  static std::string text_of(const std::string& path) {
    return titan::testing::read_text(root() + path);
  }
  Result<void> apply(const DriverChange& change) {
    TITAN_TRY(driver_->before_files(change, output_));
    for (const std::string& path : change.removed) std::filesystem::remove(root() + path);
    for (const std::string& path : change.written) {
      std::filesystem::create_directories(std::filesystem::path(root() + path).parent_path());
      for (const auto& file : change.after->files) {
        if (file.path == "root/" + path) std::ofstream(root() + path) << file.content;
      }
    }
    return driver_->after_files(change, output_);
  }
  Result<void> apply(const Generation* before, const Generation* after) {
    placed_.reset();
    if (after != nullptr) placed_ = *after;
    return apply(testing::change_between(before, after));
  }
  std::string show(const std::string& unit, const std::string& property) {
    SystemProcessRunner runner;
    const auto shown = runner.run({.arguments = {space_->entrance("systemctl", true), "show",
                                                 "--value", "--property=" + property, unit}});
    return shown ? std::string(trim(shown->output)) : shown.error().text();
  }
  // What the units are, and with which text of theirs they run.
  std::string state_of(const std::vector<std::string>& units) {
    std::string state;
    for (const std::string& unit : units) {
      state += unit + ": " +
               join(split(show(unit,
                               "LoadState,ActiveState,UnitFileState,"
                               "NeedDaemonReload,Description"),
                          '\n'),
                    " ");
      const std::string path = "run/text-" + unit;
      if (std::filesystem::exists(root() + path)) state += " with " + text_of(path);
      state += "\n";
    }
    return state;
  }
  // A service that notes its text while it runs.
  static std::string service(const std::string& text, const std::string& more = "") {
    return "[Unit]\nDescription=text " + text + "\n" + more + "[Service]\nExecStart=/bin/sh -c '" +
           "echo " + text + " >/run/text-%n; exec sleep 1000'\n" +
           "ExecStopPost=/bin/rm -f /run/text-%n\n" + kInstall;
  }

  static std::unique_ptr<PrivateSpace> space_;
  static std::string problem_;
  KillableRunner runner_;
  std::unique_ptr<SystemdDriver> driver_;
  std::optional<Generation> placed_;
  OutputTail output_{4096};
};
std::unique_ptr<PrivateSpace> SystemdToolTest::space_;
std::string SystemdToolTest::problem_;

TEST_F(SystemdToolTest, StartsRestartsAndRemovesUnits) {
  ASSERT_TRUE(driver_->available().ok());
  const std::string restart_on = "X-Titan-Restart-On=/etc/app.conf\n";
  const auto first = testing::generation(
      {{kUnits + "a.service", service("1")},
       {kUnits + "b.service", service("1", restart_on)},
       {kUnits + "c.service", service("1")},
       {kUnits + "t@.service", service("1")},
       {kUnits + "job.service", "[Service]\nType=oneshot\nExecStart=/bin/touch /run/job-ran\n"},
       {kUnits + "job.timer", "[Timer]\nOnActiveSec=1h\n" + kInstall},
       {"root/etc/app.conf", "1"}});
  const auto second = testing::generation(
      {{kUnits + "a.service", service("2")},
       {kUnits + "b.service", service("1", restart_on)},
       {kUnits + "c.service", service("1")},
       {kUnits + "t@.service", service("1")},
       {kUnits + "job.service", "[Service]\nType=oneshot\nExecStart=/bin/touch /run/job-ran\n"},
       {kUnits + "job.timer", "[Timer]\nOnActiveSec=1h\n" + kInstall},
       {"root/etc/app.conf", "2"}});
  auto applied = apply(nullptr, &first);
  ASSERT_TRUE(applied.ok()) << applied.error().text() << output_.text();
  EXPECT_EQ(state_of({"a.service", "job.timer"}),
            "a.service: text 1 loaded active enabled no with 1\n\n"
            "job.timer: job.timer loaded active enabled no\n");
  EXPECT_FALSE(std::filesystem::exists(root() + "run/job-ran"));
  EXPECT_EQ(*driver_->drift(first), std::vector<std::string>{});
  const std::string a = show("a.service", "MainPID");
  const std::string b = show("b.service", "MainPID");
  const std::string c = show("c.service", "MainPID");
  ASSERT_TRUE(apply(&first, &first).ok());
  EXPECT_EQ(show("a.service", "MainPID"), a);
  applied = apply(&first, &second);
  ASSERT_TRUE(applied.ok()) << applied.error().text() << output_.text();
  EXPECT_NE(show("a.service", "MainPID"), a);
  EXPECT_NE(show("b.service", "MainPID"), b);
  EXPECT_EQ(show("c.service", "MainPID"), c);
  EXPECT_EQ(show("a.service", "Description"), "text 2");
  ASSERT_TRUE(apply(&second, nullptr).ok());
  EXPECT_EQ(show("a.service", "LoadState"), "not-found");
  EXPECT_FALSE(std::filesystem::exists(root() + "run/text-a.service"));
  EXPECT_FALSE(
      std::filesystem::is_symlink(root() + "etc/systemd/system/multi-user.target.wants/a.service"));
}

TEST_F(SystemdToolTest, FindsAndHealsDrift) {
  const auto first = testing::generation(
      {{kUnits + "a.service", service("1")}, {kUnits + "b.service", service("1")}});
  ASSERT_TRUE(apply(nullptr, &first).ok());
  SystemProcessRunner runner;
  const std::string systemctl = space_->entrance("systemctl", true);
  ASSERT_TRUE(runner.run({.arguments = {systemctl, "stop", "a.service"}}).ok());
  ASSERT_TRUE(runner.run({.arguments = {systemctl, "disable", "b.service"}}).ok());
  EXPECT_EQ(*driver_->drift(first), (std::vector<std::string>{"a.service is not active (inactive)",
                                                              "b.service is not enabled"}));
  ASSERT_TRUE(apply(&first, &first).ok());
  EXPECT_EQ(*driver_->drift(first), std::vector<std::string>{});
}

TEST_F(SystemdToolTest, NamesWhatDoesNotStartAndStartsItWhenItCan) {
  const std::string broken =
      "[Service]\nType=oneshot\nRemainAfterExit=yes\n"
      "ExecStart=/bin/sh -c 'echo no lamp; exit 3'\nRestart=no\n"
      "[Unit]\nStartLimitBurst=1\nStartLimitIntervalSec=1h\n" +
      kInstall;
  const auto bad = testing::generation(
      {{kUnits + "bad.service", broken}, {kUnits + "good.service", service("1")}});
  const auto applied = apply(nullptr, &bad);
  ASSERT_FALSE(applied.ok());
  EXPECT_EQ(applied.error().code, ErrorCode::internal);
  EXPECT_TRUE(applied.error().message.starts_with("bad.service: \"systemctl restart\" ended"))
      << applied.error().message;
  EXPECT_NE(output_.text().find("no lamp"), std::string::npos) << output_.text();
  EXPECT_EQ(show("good.service", "ActiveState"), "active");
  // It has failed too often for systemd by now.
  const auto again = apply(&bad, &bad);
  ASSERT_FALSE(again.ok());
  const auto good = testing::generation({{kUnits + "bad.service", service("2")}});
  const auto healed = apply(&bad, &good);
  ASSERT_TRUE(healed.ok()) << healed.error().text() << output_.text();
  EXPECT_EQ(show("bad.service", "ActiveState"), "active");
}

TEST_F(SystemdToolTest, ReopensASocketThatItsServiceHas) {
  const std::string answer = "[Service]\nType=simple\nExecStart=/bin/sh -c 'exec sleep 1000'\n";
  const auto socket = [](const std::string& port) {
    return "[Socket]\nListenStream=/run/titan-" + port + "\n" + kInstall;
  };
  const auto first =
      testing::generation({{kUnits + "s.service", answer}, {kUnits + "s.socket", socket("1")}});
  const auto second =
      testing::generation({{kUnits + "s.service", answer}, {kUnits + "s.socket", socket("2")}});
  ASSERT_TRUE(apply(nullptr, &first).ok());
  EXPECT_EQ(show("s.service", "ActiveState"), "inactive");
  SystemProcessRunner runner;
  ASSERT_TRUE(
      runner.run({.arguments = {space_->entrance("systemctl", true), "start", "s.service"}}).ok());
  const auto applied = apply(&first, &second);
  ASSERT_TRUE(applied.ok()) << applied.error().text() << output_.text();
  EXPECT_TRUE(std::filesystem::exists(root() + "run/titan-2"));
  EXPECT_EQ(show("s.socket", "ActiveState"), "active");
  EXPECT_EQ(show("s.service", "ActiveState"), "active");
}

TEST_F(SystemdToolTest, RestartsRunningInstancesOfATemplate) {
  const auto first = testing::generation({{kUnits + "t@.service", service("1")}});
  const auto second = testing::generation({{kUnits + "t@.service", service("2")}});
  ASSERT_TRUE(apply(nullptr, &first).ok());
  SystemProcessRunner runner;
  ASSERT_TRUE(
      runner.run({.arguments = {space_->entrance("systemctl", true), "start", "t@x.service"}})
          .ok());
  ASSERT_TRUE(apply(&first, &second).ok());
  EXPECT_EQ(show("t@x.service", "Description"), "text 2");
  ASSERT_TRUE(apply(&second, nullptr).ok());
  EXPECT_EQ(show("t@x.service", "ActiveState"), "inactive");
}

TEST_F(SystemdToolTest, SaysWhenSystemdDoesNotHaveAUnit) {
  const auto bad = testing::generation({{kUnits + "bad.service", "[Service]\n" + kInstall}});
  const auto applied = apply(nullptr, &bad);
  ASSERT_FALSE(applied.ok());
  EXPECT_EQ(applied.error().code, ErrorCode::invalid);
  EXPECT_EQ(applied.error().message,
            "systemd does not load bad.service: its state is \"bad-setting\"");
  if (std::filesystem::exists("/usr/lib/systemd/system-generators/podman-system-generator")) return;
  const auto quadlet = testing::generation(
      {{"root/etc/containers/systemd/web.container", "[Container]\nImage=a\n"}});
  const auto refused = apply(&bad, &quadlet);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::not_found);
}

TEST_F(SystemdToolTest, EndsTheSameWhereverItWasKilled) {
  const auto first = testing::generation(
      {{kUnits + "a.service", service("1")}, {kUnits + "gone.service", service("1")}});
  const auto second = testing::generation(
      {{kUnits + "a.service", service("2")}, {kUnits + "fresh.service", service("1")}});
  const std::vector<std::string> units = {"a.service", "gone.service", "fresh.service"};
  ASSERT_TRUE(apply(nullptr, &first).ok());
  runner_.reset();
  ASSERT_TRUE(apply(&first, &second).ok());
  const std::size_t commands = runner_.count();
  const std::string expected = state_of(units);
  EXPECT_GE(commands, 7U);
  for (std::size_t n = 1; n <= commands; ++n) {
    runner_.reset();
    ASSERT_TRUE(apply(&second, &first).ok());
    runner_.reset();
    runner_.fail_from(n);
    ASSERT_FALSE(apply(&first, &second).ok());
    runner_.reset();
    DriverChange again = testing::change_between(&first, &second);
    again.before = {&first, &second};
    const auto repeated = apply(again);
    ASSERT_TRUE(repeated.ok()) << n << repeated.error().text() << output_.text();
    EXPECT_EQ(state_of(units), expected) << n;
  }
}

}  // namespace
}  // namespace titan::agent
