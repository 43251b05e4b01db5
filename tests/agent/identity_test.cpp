// Who a host is, on its disk and towards its server.

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/identity_store.hpp"
#include "tests/agent/test_host.hpp"

namespace titan::agent {
namespace {

using titan::testing::FakeFileSystem;
using titan::testing::SeededRandom;
using titan::testing::TestHost;
using titan::testing::TestServer;
using Outcome = StepResult::Outcome;

const Error kFault{ErrorCode::unavailable, "injected"};

Identity identity_of(const SigningKey& device, const std::string& host) {
  SeededRandom random(1);
  return {.server = "http://127.0.0.1:7480",
          .host = host,
          .organization = "default",
          .device = device.public_key(),
          .trust = {.key = SigningKey::make(random).public_key(),
                    .root_key = SigningKey::make(random).public_key(),
                    .root = 1,
                    .number = 2,
                    .epoch = "0123456789abcdef",
                    .epoch_number = 3}};
}

TEST(IdentityStore, KeepsAnIdentityInTwoFilesThatNobodyElseMayRead) {
  FakeFileSystem files;
  SeededRandom random(2);
  IdentityStore store(files);
  EXPECT_FALSE(store.load().value());
  const auto next = store.next_key(random).value();
  EXPECT_FALSE(next.was_there);
  const Identity identity = identity_of(next.key, "pi");
  ASSERT_TRUE(store.enrolled(identity));
  const auto loaded = store.load().value();
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->identity, identity);
  EXPECT_EQ(loaded->key.public_key(), identity.device);
  for (const char* path : {"identity/trust.json", "identity/device.key"}) {
    EXPECT_EQ(files.disk().info(path).value().mode, 0600U) << path;
  }
  EXPECT_EQ(files.disk().info("identity").value().mode, 0700U);
  EXPECT_EQ(files.disk().list("identity").value().size(), 2U);
}

TEST(IdentityStore, LeavesAloneWhatIsDamaged) {
  for (const char* path : {"identity/trust.json", "identity/device.key"}) {
    FakeFileSystem files;
    SeededRandom random(2);
    IdentityStore store(files);
    const auto next = store.next_key(random).value();
    ASSERT_TRUE(store.enrolled(identity_of(next.key, "pi")));
    ASSERT_TRUE(files.disk().write(path, "{}", 0600));
    const auto loaded = store.load();
    ASSERT_FALSE(loaded) << path;
    EXPECT_EQ(loaded.error().code, ErrorCode::invalid);
    EXPECT_EQ(loaded.error().subject, path);
    EXPECT_EQ(files.disk().read(path, 100).value(), "{}");
  }
}

// Enrolled as `first`, then as `second`, with a fault at the n-th call; false when there is none.
bool enroll_with_fault_at(std::size_t n, bool loses_power) {
  FakeFileSystem files;
  SeededRandom random(2);
  const auto enroll = [&](const std::string& host) -> Result<void> {
    IdentityStore store(files);
    TITAN_ASSIGN(const auto next, store.next_key(random));
    return store.enrolled(identity_of(next.key, host));
  };
  const auto host_on_disk = [&]() -> std::string {
    const auto loaded = IdentityStore(files.disk()).load();
    EXPECT_TRUE(loaded) << "after call " << n << ": " << loaded.error().text();
    if (!loaded || !*loaded) return "";
    EXPECT_EQ((*loaded)->key.public_key(), (*loaded)->identity.device);
    return (*loaded)->identity.host;
  };
  files.faults().fail_from(n, kFault);
  std::string before;
  for (const char* host : {"first", "second"}) {
    const bool done = enroll(host).has_value();
    const bool struck = files.faults().count() >= n;
    if (struck && loses_power) files.power_cut();
    const std::string found = host_on_disk();
    EXPECT_TRUE(found == host || (!done && found == before)) << n << ": " << found;
    before = host;
    if (!struck) continue;
    files.faults().reset();
    EXPECT_TRUE(enroll(host)) << "again, after call " << n;
    EXPECT_EQ(host_on_disk(), host);
    EXPECT_FALSE(files.disk().info("identity/next.key"));
    files.faults().fail_from(SIZE_MAX, kFault);
    return true;
  }
  return false;
}

TEST(IdentityStore, IsTheOldOneOrTheNewOneWheneverItIsCutOff) {
  for (const bool loses_power : {false, true}) {
    std::size_t n = 1;
    while (enroll_with_fault_at(n, loses_power)) ++n;
    EXPECT_GT(n, 15U);
  }
}

class Identities : public ::testing::Test {
 protected:
  Identities() { server_.put_prod(); }

  std::size_t sessions() {
    const auto& requests = host_.transport().requests();
    return static_cast<std::size_t>(
        std::ranges::count(requests, "/v1/sessions", &HttpRequest::target));
  }
  std::vector<std::string> writes(FakeFileSystem& disk) {
    std::vector<std::string> writes;
    for (const std::string& call : disk.faults().calls()) {
      if (call.starts_with("write ") || call.starts_with("rename ")) writes.push_back(call);
    }
    return writes;
  }

  TestServer server_;
  TestHost host_{server_};
};

TEST_F(Identities, AreWantedBeforeAnythingIsDone) {
  const auto opened =
      Agent::open({.state = host_.state(),
                   .root = host_.root(),
                   .run = nullptr,
                   .connect = [](const std::string&) -> Result<std::unique_ptr<Transport>> {
                     return internal("nobody is to be asked");
                   },
                   .publisher = *std::make_unique<gitops::Publisher>("", "unused"),
                   .drivers = host_.parts.drivers,
                   .processes = host_.parts.processes,
                   .prober = host_.parts.prober,
                   .clock = host_.clock(),
                   .random = host_.random(),
                   .log = host_.log()});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::denied);
  EXPECT_NE(opened.error().text().find("titan-agent enroll"), std::string::npos);
}

TEST_F(Identities, UseOneSessionForAllRunsUntilTheMachineStartsAgain) {
  for (int i = 0; i < 5; ++i) host_.once_done();
  EXPECT_EQ(sessions(), 1U);
  host_.reboot();
  host_.once_done();
  EXPECT_EQ(sessions(), 2U);
}

TEST_F(Identities, OpenASessionEachRunWithoutARunDirectory) {
  host_.has_run_directory = false;
  for (int i = 0; i < 3; ++i) host_.once_done();
  EXPECT_EQ(sessions(), 3U);
}

TEST_F(Identities, GoOnWhenTheRunDirectoryCannotBeWrittenAndSaySo) {
  host_.run().faults().fail_from(1, exhausted("full"));
  for (int i = 0; i < 2; ++i) host_.once_done();
  EXPECT_EQ(sessions(), 2U);
  EXPECT_NE(host_.log_text().find("the run directory cannot be written"), std::string::npos);
}

TEST_F(Identities, WriteNothingToTheDiskWithoutNews) {
  host_.once_done();
  host_.state().faults().reset();
  host_.root().faults().reset();
  for (int i = 0; i < 3; ++i) {
    host_.clock().advance(std::chrono::minutes(1));
    host_.once_done();
  }
  EXPECT_EQ(writes(host_.state()), std::vector<std::string>{});
  EXPECT_EQ(writes(host_.root()), std::vector<std::string>{});
}

TEST_F(Identities, OpenANewSessionAfterTheServerHasStartedAgain) {
  host_.once_done();
  server_.restart();
  host_.once_done();
  EXPECT_LE(sessions(), 2U);
}

TEST_F(Identities, KeepNoSecretInTheLog) {
  host_.once_done();
  const std::string run = host_.run().disk().read("agent.json", 1U << 20U).value();
  const std::string token = parse_json(run).value()["token"];
  EXPECT_EQ(host_.log_text().find(token), std::string::npos);
  EXPECT_EQ(host_.status_text().find(token), std::string::npos);
}

TEST_F(Identities, CanBeMadeAnew) {
  host_.once_done();
  const PublicKey before = host_.status().identity->device;
  server_.call("DELETE", "/v1/devices/pi");
  EXPECT_EQ(host_.once().value().error->code, ErrorCode::denied);
  host_.enroll();
  host_.once_done();
  EXPECT_NE(host_.status().identity->device, before);
}

TEST_F(Identities, ComeThroughTheLobbyWhenSomebodyApproves) {
  std::ostringstream out;
  titan::testing::FakeTransport network(
      [this](const HttpRequest& request) { return server_.handle_from("192.0.2.1", request); });
  int asked = 0;
  const auto approve = [&](std::chrono::seconds) {
    const auto waiting = server_.json("GET", "/v1/lobby");
    const std::string key = waiting["items"][0]["key"];
    EXPECT_NE(out.str().find(waiting["items"][0]["id"].get<std::string>()), std::string::npos);
    server_.call("PUT", "/v1/devices/pi", nlohmann::json{{"spec", {{"publicKey", key}}}}.dump());
    return ++asked > 3;
  };
  const EnrollEnv env{.state = host_.state().disk(),
                      .connect = [&](const std::string&) -> Result<std::unique_ptr<Transport>> {
                        return std::unique_ptr<Transport>(
                            std::make_unique<titan::testing::PassingTransport>(network));
                      },
                      .random = host_.random(),
                      .out = out,
                      .pause = approve};
  EnrollOptions options{.server = "http://127.0.0.1:7480",
                        .server_key = server_.keys().key().text(),
                        .name = "wish",
                        .organization = "default",
                        .wait = false};
  EXPECT_EQ(enroll(env, options).error().code, ErrorCode::unavailable);
  options.wait = true;
  const auto done = enroll(env, options);
  ASSERT_TRUE(done) << done.error().text();
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(host_.status().identity->host, "pi");
  options.server_key = host_.status().identity->device.text();
  EXPECT_EQ(enroll(env, options).error().code, ErrorCode::denied) << "another server's key";
}

TEST_F(Identities, AreShownWithWhatWasToldLast) {
  EXPECT_NE(host_.status_text().find("not enrolled"), std::string::npos);
  host_.once_done();
  const HostStatus status = host_.status();
  EXPECT_EQ(status.identity->host, "pi");
  EXPECT_EQ(status.identity->trust.key, server_.keys().key());
  ASSERT_EQ(status.deployments.size(), 1U);
  EXPECT_EQ(status.deployments[0].name, "default/prod");
  EXPECT_EQ(status.deployments[0].state, "READY");
  EXPECT_EQ(status.silence, std::chrono::seconds(0));
  EXPECT_FALSE(status.is_cut_off());
  EXPECT_NE(host_.status_text().find(server_.keys().key().text()), std::string::npos);
  host_.clock().advance(std::chrono::minutes(59));
  EXPECT_FALSE(host_.status().is_cut_off());
  host_.clock().advance(std::chrono::minutes(2));
  EXPECT_TRUE(host_.status().is_cut_off());
  EXPECT_NE(host_.status_text().find("cut off"), std::string::npos);
  host_.reboot();
  EXPECT_NE(host_.status_text().find("not since boot"), std::string::npos);
}

}  // namespace
}  // namespace titan::agent
