// Changes that are cut off, and begun again in another way.
#include <gtest/gtest.h>

#include "tests/agent/fake_driver.hpp"
#include "tests/agent/test_host.hpp"

namespace titan::agent {
namespace {

using titan::testing::FakeDriver;
using titan::testing::TestHost;
using titan::testing::TestServer;
using Files = std::map<std::string, std::string>;

struct Killed {};

class CutOff : public ::testing::Test {
 protected:
  CutOff() { server_.put_prod(); }

  TestServer server_;
  TestHost host_{server_};
};

TEST_F(CutOff, AFormIsToldToTheDriverWhenAnotherTakesItsPlace) {
  auto driver = std::make_unique<FakeDriver>();
  FakeDriver& fake = *driver;
  host_.parts.drivers.add(std::move(driver));
  const auto put = [&](const std::string& text) {
    model::TemplateSpec spec{.driver = "fake"};
    spec.files = {{.path = "root/etc/prod.conf",
                   .digest = server_.client().put_blob(text).value(),
                   .size = text.size()}};
    server_.put({.name = "service", .spec = spec});
  };
  put("one\n");
  host_.once_done();
  bool is_deadly = true;
  fake.on_call = [&](const std::string& call, OutputTail&) -> Result<void> {
    if (is_deadly && call.starts_with("after")) throw Killed();
    return {};
  };
  // The journal names more and more forms that may be there.
  for (const char* text : {"two\n", "three\n", "four\n", "five\n"}) {
    put(text);
    EXPECT_THROW((void)host_.once(), Killed);
  }
  is_deadly = false;
  fake.calls.clear();
  put("six\n");
  host_.once_done();
  EXPECT_EQ(fake.calls, (std::vector<std::string>{"before v1+v1+v1+v1+v1 -> v1",
                                                  "after v1+v1+v1+v1+v1 -> v1"}));
  EXPECT_EQ(host_.files(), (Files{{"etc/prod.conf", "six\n"}}));
}

TEST_F(CutOff, WhatOthersChangedOfADeploymentThatLeavesIsDoneWithAtOnce) {
  server_.put_template("service", "one\n", "root/etc/prod.conf");
  host_.once_done();
  host_.once_done();
  ASSERT_TRUE(host_.root().disk().remove_file("etc/prod.conf"));
  server_.call("DELETE", "/v1/workspaces/default/deployments/prod");
  EXPECT_EQ(host_.once_done().removed, 1U);
}

// Killed between a removal and the flush of it, and later without power.
TEST_F(CutOff, ARemovalThatWasNotFlushedIsFlushedByTheNextRun) {
  for (std::size_t n = 1;; ++n) {
    TestServer server;
    server.put_prod();
    server.put_template("service", "one\n", "root/opt/data/inner");
    TestHost host(server);
    host.once_done();
    server.call("DELETE", "/v1/workspaces/default/deployments/prod");
    host.root().faults().reset();
    host.root().faults().fail_from(n, unavailable("injected"));
    (void)host.once();
    const bool reached = host.root().faults().count() >= n;
    host.root().faults().reset();
    host.once_done();
    host.power_cut();
    host.once_done();
    ASSERT_EQ(host.files(), Files{}) << "after a kill at call " << n;
    ASSERT_FALSE(host.has_folder("opt")) << "after a kill at call " << n;
    if (!reached) break;
  }
}

}  // namespace
}  // namespace titan::agent
