// The real agent against the real server, killed at random moments.
#include <gtest/gtest.h>
#include <signal.h>

#include <random>

#include "base/clock.hpp"
#include "tests/e2e/programs.hpp"

namespace titan {
namespace {

using testing::BackgroundProgram;
using testing::RunningServer;
using Files = std::map<std::string, std::string>;

const model::Key kProd{.kind = model::Kind::deployment, .workspace = "default", .name = "prod"};
#ifdef TITAN_NIGHTLY
constexpr int kKills = 1000;
#else
constexpr int kKills = 60;
#endif
constexpr int kFiles = 12;

// What the template gives in its n-th version. Each has files that the others have not.
Files files_of(int version) {
  Files files;
  for (int i = 0; i < kFiles; ++i) {
    const std::string number = std::to_string(i);
    const std::string folder = i % 3 == 0 ? "only-in-" + std::to_string(version % 2) : "always";
    std::string content;
    while (content.size() < 20'000) {
      content += "line of file " + number + " in version " + std::to_string(version) + "\n";
    }
    files["srv/" + folder + "/" + number] = content;
  }
  return files;
}

class KilledAgent : public ::testing::Test {
 protected:
  KilledAgent() : server_(folder_.path() + "/server") {
    auto& client = server_.client();
    put_template(0);
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
  }

  void put_template(int version) {
    model::TemplateSpec spec;
    for (const auto& [path, content] : files_of(version)) {
      spec.files.push_back({.path = "root/" + path,
                            .digest = server_.client().put_blob(content).value(),
                            .size = content.size()});
    }
    server_.client().put({.name = "t", .spec = std::move(spec)}).value();
  }

  int run_agent() {
    return BackgroundProgram(testing::agent_once(server_, "pi", folder_.path()),
                             folder_.path() + "/agent.log")
        .wait();
  }

  // Starts the agent, and kills it after `wait`; true when it had not ended by itself.
  bool run_agent_and_kill(Clock::Monotonic wait) {
    BackgroundProgram agent(testing::agent_once(server_, "pi", folder_.path()),
                            folder_.path() + "/agent.log");
    const auto until = clock_.monotonic() + wait;
    while (clock_.monotonic() < until) {
    }
    agent.signal(SIGKILL);
    return agent.wait() == 128 + SIGKILL;
  }

  Files host_files() { return testing::read_files(folder_.path() + "/root"); }
  testing::TemporaryDirectory folder_;
  SystemClock clock_;
  RunningServer server_;
};

TEST_F(KilledAgent, NeverLeavesAHalfWrittenFileAndConvergesAtItsNextRun) {
  const auto start = clock_.monotonic();
  ASSERT_EQ(run_agent(), 0) << testing::read_text(folder_.path() + "/agent.log");
  const auto whole = clock_.monotonic() - start;
  std::mt19937_64 random(std::random_device{}());
  int killed = 0;
  int in_between = 0;
  for (int version = 1; version <= kKills; ++version) {
    SCOPED_TRACE("version " + std::to_string(version));
    put_template(version);
    const auto wait = Clock::Monotonic(random() % static_cast<std::uint64_t>(whole.count()));
    killed += run_agent_and_kill(wait) ? 1 : 0;

    const Files before = files_of(version - 1);
    const Files after = files_of(version);
    const Files found = host_files();
    for (const auto& [path, content] : found) {
      if (path.ends_with(".titan-tmp")) continue;
      const bool old = before.contains(path) && before.at(path) == content;
      const bool fresh = after.contains(path) && after.at(path) == content;
      ASSERT_TRUE(old || fresh) << path << " is half-written: " << content.size() << " bytes";
    }
    in_between += found != before && found != after ? 1 : 0;

    ASSERT_EQ(run_agent(), 0) << testing::read_text(folder_.path() + "/agent.log");
    ASSERT_EQ(host_files(), after);
    ASSERT_EQ(name_of(server_.await_status(kProd, model::Status::ready)), "READY");
  }
  RecordProperty("killed", killed);
  RecordProperty("in_between", in_between);
  std::cout << killed << " of " << kKills << " runs were killed before their end, " << in_between
            << " of them between the old files and the new\n";
  EXPECT_GT(killed, kKills / 4) << "too few kills struck a running agent";
  EXPECT_GT(in_between, 0) << "no kill struck in the midst of applying";

  const auto checked =
      SystemProcessRunner().run({.arguments = {"git", "-c", "safe.directory=*", "--git-dir",
                                               folder_.path() + "/git", "fsck", "--strict"}});
  EXPECT_EQ(checked->exit_code, 0) << checked->errors;
}

}  // namespace
}  // namespace titan
