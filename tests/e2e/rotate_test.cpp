// A host that changes its key, with the real programs.
#include <gtest/gtest.h>
#include <signal.h>

#include <thread>

#include "base/clock.hpp"
#include "tests/e2e/programs.hpp"

namespace titan {
namespace {

TEST(RotateKeyProgram, ChangesTheKeyWhileNoAgentRuns) {
  const testing::TemporaryDirectory folder;
  testing::RunningServer server(folder.path() + "/server");
  const std::string pi = folder.path() + "/pi";
  const auto run = [](std::vector<std::string> arguments) {
    return SystemProcessRunner().run({.arguments = std::move(arguments)}).value();
  };
  const std::vector<std::string> once = testing::agent_once(server, "pi", pi);
  const std::vector<std::string> rotate = {testing::program_path("titan-agent"),
                                           "rotate-key",
                                           "--server",
                                           server.url(),
                                           "--state",
                                           pi + "/state",
                                           "--run",
                                           pi + "/run"};
  const auto key = [&] {
    const auto device = server.client().get({.kind = model::Kind::device, .name = "pi"}).value();
    return std::get<model::DeviceSpec>(device.spec).public_key;
  };
  ASSERT_EQ(run(once).exit_code, 0);
  const std::string before = key();
  const Outcome changed = run(rotate);
  ASSERT_EQ(changed.exit_code, 0) << changed.errors;
  EXPECT_NE(key(), before);
  EXPECT_EQ(changed.output, "the host pi has a new key: " + key() + "\n");
  EXPECT_EQ(run(once).exit_code, 0);
  const Outcome changes = testing::run_titan(server, {"get", "changes", "--kind", "device"});
  EXPECT_NE(changes.output.find("host/pi"), std::string::npos) << changes.output;

  // While an agent runs, the key is its own.
  std::vector<std::string> daemon = once;
  daemon[1] = "run";
  const auto syncs = [&] {
    const std::string route = "{method=\"POST\",route=\"/v1/hosts/{name}/sync\",code=";
    return server.metric("titan_http_requests_total" + route + "\"200\"}") +
           server.metric("titan_http_requests_total" + route + "\"204\"}");
  };
  const double before_it = syncs();
  testing::BackgroundProgram agent(daemon, folder.path() + "/agent.log");
  const SystemClock clock;
  const auto deadline = clock.monotonic() + std::chrono::seconds(30);
  while (syncs() == before_it && clock.monotonic() < deadline) std::this_thread::yield();
  const std::string held = key();
  EXPECT_EQ(run(rotate).exit_code, 7);
  EXPECT_EQ(key(), held);
  agent.signal(SIGTERM);
  EXPECT_EQ(agent.wait(), 0);
}

}  // namespace
}  // namespace titan
