// The server is killed at every call that it makes of its store, in a history that is played to
// its end each time. What it comes to must be what it comes to when nothing disturbs it.
#include <gtest/gtest.h>

#include "tests/server-lite/obedient_host.hpp"
#include "tests/server-lite/test_server.hpp"

namespace titan::server_lite {
namespace {

using model::Kind;
using nlohmann::json;
using titan::testing::ObedientHost;
using titan::testing::TestServer;

// One server and three hosts, and what happens to them. A step that fails is done again, as
// whoever asked for it would.
class History {
 public:
  // Plays it; the store is gone from its n-th call on (0: never), until the next start.
  void play(std::size_t kill_at) {
    if (kill_at > 0) server_.faults().fail_from(kill_at, unavailable("killed"));
    for (const auto& step : steps()) {
      while (!step()) {
        ASSERT_EQ(restarts_, 0) << "a step that fails without a fault";
        restart();
      }
    }
    calls_ = server_.faults().count();
    if (restarts_ == 0 && kill_at > 0) restart();
    server_.settle();
  }

  // All that matters in the end: specs, statuses, reasons and assignments, without what counts
  // how often something was written.
  std::string outcome() {
    std::string text;
    for (const Kind kind : model::kKinds) {
      const auto page = server_.store().list({.kind = kind, .limit = 1000}).value();
      for (model::Entity entity : page.items) {
        entity.id = "";
        entity.revision = 0;
        entity.created_time = entity.modified_time = Timestamp();
        text += model::json_of(entity).dump() + "\n";
      }
    }
    for (const ObedientHost* host : {&a_, &b_, &c_})
      text += host->name() + " " + host->holds() + "\n";
    return text;
  }
  [[nodiscard]] std::size_t calls() const { return calls_; }

 private:
  using Step = std::function<bool()>;

  void restart() {
    ++restarts_;
    server_.restart();  // with a store that works again
  }
  bool ask(const char* method, const std::string& target, const json& body = nullptr) {
    const int status =
        server_.call(method, target, body.is_null() ? std::string() : body.dump()).status;
    const bool gone_already = status == 404 && method == std::string("DELETE");
    EXPECT_TRUE(status < 300 || status == 503 || gone_already) << method << target << status;
    return status < 300 || gone_already;
  }
  Step put(const std::string& target, const json& body) {
    return [=, this] { return ask("PUT", target, body); };
  }
  Step remove(const std::string& target) {
    return [=, this] { return ask("DELETE", target); };
  }
  Step put_template(const std::string& content) {
    return [=, this] {
      const auto digest = server_.client().put_blob(content);
      if (!digest) return false;
      const json files = {{{"path", "root/etc/{{deployment.name}}.conf"},
                           {"digest", digest->text()},
                           {"size", content.size()}}};
      return ask("PUT", "/v1/templates/service", {{"spec", {{"files", files}}}});
    };
  }
  Step sync(ObedientHost& host, const std::string& failure = "") {
    return [&host, failure] { return host.sync_and_report(failure) != "unavailable"; };
  }
  std::vector<Step> steps() {
    const std::string base = "/v1/workspaces/default/";
    const json lab = {{"spec", {{"labels", {{"site", "lab"}}}}}};
    const auto deployment = [](const json& extra) {
      json spec = {{"workload", "sensor"}, {"template", "service"}, {"target", "lab"}};
      spec.update(extra);
      return json{{"spec", spec}};
    };
    return {
        put("/v1/hosts/a", lab),
        put("/v1/hosts/b", lab),
        put_template("host {{host.name}}\n"),
        put(base + "workloads/sensor", json::object()),
        put(base + "targets/lab", lab),
        put(base + "deployments/all", deployment(json::object())),
        put(base + "deployments/two", deployment({{"replicas", 2}})),
        put(base + "deployments/three", deployment({{"replicas", 3}})),
        sync(a_),
        sync(b_, "no space left"),
        put("/v1/hosts/c", lab),
        sync(c_),
        put_template("new {{host.name}}\n"),
        sync(b_),
        sync(a_),
        put("/v1/hosts/a", {{"spec", {{"labels", {{"site", "roof"}}}}}}),
        sync(a_),
        remove(base + "deployments/all"),
        sync(c_),
        sync(b_),
        sync(c_),
    };
  }

  TestServer server_;
  ObedientHost a_{server_, "a"};
  ObedientHost b_{server_, "b"};
  ObedientHost c_{server_, "c"};
  int restarts_ = 0;
  std::size_t calls_ = 0;
};

// Several tests, so that they can run beside each other.
constexpr std::size_t kParts = 4;

class Restart : public ::testing::TestWithParam<std::size_t> {};

TEST_P(Restart, AKillAtAnyCallOfTheStoreEndsAsIfNothingHadHappened) {
  History undisturbed;
  undisturbed.play(0);
  const std::string expected = undisturbed.outcome();
  EXPECT_NE(expected.find("\"ERROR\""), std::string::npos) << expected;
  EXPECT_NE(expected.find("\"READY\""), std::string::npos) << expected;
  EXPECT_GT(undisturbed.calls(), 100U);
  for (std::size_t n = GetParam(); n <= undisturbed.calls(); n += kParts) {
    SCOPED_TRACE("killed at call " + std::to_string(n));
    History history;
    history.play(n);
    ASSERT_EQ(history.outcome(), expected);
  }
}

// Under the sanitizers, every fourth call.
#ifdef __SANITIZE_ADDRESS__
constexpr std::size_t kPartStep = kParts;
#else
constexpr std::size_t kPartStep = 1;
#endif
INSTANTIATE_TEST_SUITE_P(AtCallsFrom, Restart,
                         ::testing::Range(std::size_t{1}, kParts + 1, kPartStep));

}  // namespace
}  // namespace titan::server_lite
