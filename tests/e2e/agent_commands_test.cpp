// The real agent as a person and a supervisor use it: a daemon that is told to stop, to read its
// configuration anew and to try again; what doctor says; what is refused.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "tests/e2e/programs.hpp"

namespace titan {
namespace {

using testing::BackgroundProgram;
using testing::RunningServer;

constexpr std::chrono::seconds kPatience{60};

class AgentCommands : public ::testing::Test {
 protected:
  AgentCommands() : server_(folder_.path() + "/server") {
    auto& client = server_.client();
    const std::string content = "delivered\n";
    model::TemplateSpec spec;
    spec.files.push_back({.path = "root/etc/file",
                          .digest = client.put_blob(content).value(),
                          .size = content.size()});
    client.put({.name = "t", .spec = std::move(spec)}).value();
    client.put({.name = "pi", .spec = model::HostSpec{.labels = {{"name", "pi"}}}}).value();
    client.put({.name = "w", .workspace = "default", .spec = model::WorkloadSpec{}}).value();
    client
        .put({.name = "pi",
              .workspace = "default",
              .spec = model::TargetSpec{.labels = {{"name", "pi"}}}})
        .value();
    client
        .put({.name = "prod",
              .workspace = "default",
              .spec = model::DeploymentSpec{.workload = "w", .template_name = "t", .target = "pi"}})
        .value();
    write_configuration("");
  }

  [[nodiscard]] std::string path(const std::string& name) const {
    return folder_.path() + "/" + name;
  }
  void write_configuration(const std::string& more) {
    std::ofstream(path("agent.yaml")) << "state: " << path("state") << "\nrun: " << path("run")
                                      << "\nroot: " << path("root") << "\n"
                                      << more;
  }
  [[nodiscard]] std::vector<std::string> command(std::vector<std::string> words) const {
    words.insert(words.begin(), testing::program_path("titan-agent"));
    words.insert(words.end(), {"--config", path("agent.yaml")});
    return words;
  }
  [[nodiscard]] Outcome run(std::vector<std::string> words) const {
    return SystemProcessRunner().run({.arguments = command(std::move(words))}).value();
  }
  void enroll() { testing::enroll(server_, "pi", folder_.path()); }

  // False when it does not come true for a long time.
  bool await(const std::function<bool()>& condition) const {
    const auto until = clock_.monotonic() + kPatience;
    while (!condition()) {
      if (clock_.monotonic() > until) return false;
      std::this_thread::yield();
    }
    return true;
  }
  [[nodiscard]] bool is_delivered() const {
    return testing::read_text(path("root/etc/file")) == "delivered\n";
  }
  [[nodiscard]] bool await_log(const std::string& text) const {
    return await(
        [&] { return testing::read_text(path("agent.log")).find(text) != std::string::npos; });
  }
  // It waits for the server's answer, and for no signal.
  static bool is_in_step(pid_t process) {
    const std::string status = testing::read_text("/proc/" + std::to_string(process) + "/status");
    const auto blocked = status.find("SigBlk:\t");
    if (blocked == std::string::npos) return false;
    const auto signals = std::stoull(status.substr(blocked + 8, 16), nullptr, 16);
    return (signals >> (SIGTERM - 1U) & 1U) != 0 && has_socket(process);
  }
  static bool has_socket(pid_t process) {
    std::error_code error;
    const auto folder = "/proc/" + std::to_string(process) + "/fd";
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
      if (std::filesystem::read_symlink(entry.path(), error).string().starts_with("socket:")) {
        return true;
      }
    }
    return false;
  }
  // What doctor says, and its exit code.
  [[nodiscard]] std::pair<nlohmann::json, int> doctor(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"doctor", "-o", "json"});
    const Outcome outcome = run(more);
    return {parse_json(outcome.output).value(), outcome.exit_code};
  }
  static std::string level_of(const nlohmann::json& said, const std::string& check) {
    for (const auto& item : said["checks"]) {
      if (item["check"] == check) return item["level"];
    }
    return "nothing";
  }

  testing::TemporaryDirectory folder_;
  SystemClock clock_;
  RunningServer server_;
};

TEST_F(AgentCommands, FinishTheStepUnderWayWhenTheDaemonIsToldToStop) {
  enroll();
  for (const int number : {SIGTERM, SIGINT}) {
    std::filesystem::remove_all(path("root"));
    std::filesystem::remove(path("state/state.json"));
    // A server that holds its answer back keeps the step under way.
    server_.program().signal(SIGSTOP);
    BackgroundProgram daemon(command({"run"}), path("agent.log"));
    EXPECT_TRUE(await([&] { return is_in_step(daemon.pid()); }));
    daemon.signal(number);
    server_.program().signal(SIGCONT);
    EXPECT_EQ(daemon.wait(), 0) << testing::read_text(path("agent.log"));
    EXPECT_TRUE(is_delivered()) << testing::read_text(path("agent.log"));
  }
}

TEST_F(AgentCommands, ReadTheConfigurationAnewAndKeepTheOldOneWhenItIsBad) {
  enroll();
  BackgroundProgram daemon(command({"run"}), path("agent.log"));
  ASSERT_TRUE(await([&] { return is_delivered(); }));
  write_configuration("pollAfterMax: 30m\n");
  daemon.signal(SIGHUP);
  EXPECT_TRUE(await_log("goes on with a changed configuration"));
  write_configuration("pollAfterMaxx: 30m\n");
  daemon.signal(SIGHUP);
  EXPECT_TRUE(await_log("did you mean \\\"pollAfterMax\\\"?"));
  write_configuration("host: another\n");
  daemon.signal(SIGHUP);
  EXPECT_TRUE(await_log("no agent can work with the changed configuration"));
  EXPECT_EQ(run({"once", "--host", "pi"}).exit_code, 7) << "the daemon is still there";
  daemon.signal(SIGTERM);
  EXPECT_EQ(daemon.wait(), 0);
}

TEST_F(AgentCommands, WakeADaemonForARetry) {
  enroll();
  {
    BackgroundProgram daemon(command({"run"}), path("agent.log"));
    ASSERT_TRUE(await([&] { return is_delivered(); }));
    ASSERT_TRUE(await([&] { return run({"retry", "prod"}).output.ends_with(" now\n"); }));
    EXPECT_EQ(run({"retry", "default/prod"}).output, "default/prod is tried again now\n");
    daemon.signal(SIGTERM);
    EXPECT_EQ(daemon.wait(), 0);
  }
  const Outcome later = run({"retry", "prod"});
  EXPECT_EQ(later.exit_code, 0);
  EXPECT_NE(later.output.find("by the next run"), std::string::npos) << later.output;
  EXPECT_EQ(run({"retry", "nobody"}).exit_code, 3);
  EXPECT_EQ(run({"retry", "No/Name"}).exit_code, 2);
  EXPECT_EQ(run({"retry"}).exit_code, 2);
}

TEST_F(AgentCommands, SayWhatStandsInTheWay) {
  const auto [before, failed] = doctor({"--server", server_.url()});
  EXPECT_EQ(failed, 1);
  EXPECT_EQ(before["ok"], false);
  EXPECT_EQ(level_of(before, "enrolled"), "failed");
  EXPECT_EQ(level_of(before, "server"), "ok");
  EXPECT_FALSE(std::filesystem::exists(path("root"))) << "doctor makes nothing";
  enroll();
  ASSERT_EQ(run({"once"}).exit_code, 0);
  const auto files = testing::read_files(folder_.path() + "/state");
  const auto [well, code] = doctor();
  EXPECT_EQ(code, 0) << pretty_json(well);
  EXPECT_EQ(well["ok"], true);
  EXPECT_EQ(level_of(well, "clock"), "ok");
  EXPECT_EQ(level_of(well, "state.json"), "ok");
  EXPECT_EQ(testing::read_files(folder_.path() + "/state"), files);
  EXPECT_EQ(run({"doctor"}).exit_code, 0);
  const auto [gone, unreachable] = doctor({"--server", "http://127.0.0.1:1"});
  EXPECT_EQ(unreachable, 1);
  EXPECT_EQ(level_of(gone, "server"), "failed");
}

TEST_F(AgentCommands, RefuseAConfigurationThatIsWrong) {
  write_configuration("driftInterval: 5\n");
  const Outcome file = run({"once"});
  EXPECT_EQ(file.exit_code, 2);
  EXPECT_NE(file.errors.find("agent.yaml: driftInterval: expected a string, found the number 5"),
            std::string::npos)
      << file.errors;
  write_configuration("");
  EXPECT_EQ(run({"once", "--drift-interval", "soon"}).exit_code, 2);
  EXPECT_EQ(run({"once", "--no-such-flag"}).exit_code, 2);
  EXPECT_EQ(run({"status", "-o", "xml"}).exit_code, 2);
  std::filesystem::remove(path("agent.yaml"));
  EXPECT_EQ(run({"status"}).exit_code, 2) << "a file that was named has to be there";
}

TEST_F(AgentCommands, ShowWhatIsAppliedAndWhenTheNextPollIs) {
  enroll();
  ASSERT_EQ(run({"once"}).exit_code, 0);
  EXPECT_EQ(run({"status", "-o", "name"}).output, "default/prod\n");
  const auto said = parse_json(run({"status", "-o", "json"}).output).value();
  EXPECT_EQ(said["deployments"][0]["state"], "READY");
  EXPECT_GT(said["nextPollSeconds"].get<int>(), 0);
  const std::string text = run({"status"}).output;
  EXPECT_NE(text.find("\nnext poll      in "), std::string::npos) << text;
}

}  // namespace
}  // namespace titan
