// Hosts with `delivery: gitops`, by a real repository and a real remote.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "gitops/repository.hpp"
#include "model/secret_value.hpp"
#include "server-lite/admission.hpp"
#include "server-lite/limits.hpp"
#include "tests/gitops/git_tool.hpp"
#include "tests/server-lite/obedient_host.hpp"
#include "tests/server-lite/test_server.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::server_lite {
namespace {

namespace fs = std::filesystem;
using model::Delivery;
using model::Status;
using nlohmann::json;
using testing::GitTool;
using testing::ObedientHost;
using testing::TestServer;
using Lines = std::vector<std::string>;

constexpr const char* kProdFile = "hosts/pi/default/prod/root/etc/prod.conf";

class GitopsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    testing::make_bare_repository(remote_path_);
    server_.commit_to("file://" + remote_path_);
  }

  void put_host(const std::string& name, Delivery delivery = Delivery::gitops,
                const model::Values& values = {}) {
    server_.put({.name = name,
                 .spec = model::HostSpec{
                     .labels = {{"site", "lab"}}, .delivery = delivery, .values = values}});
  }
  // As TestServer::put_prod(), with a host that the server commits for.
  void put_prod() {
    put_host("pi");
    server_.put_prod_parts();
  }
  void put_values(const json& values) {
    const json spec = {
        {"workload", "sensor"}, {"template", "service"}, {"target", "lab"}, {"values", values}};
    const HttpResponse put =
        server_.call("PUT", "/v1/workspaces/default/deployments/prod", json{{"spec", spec}}.dump());
    EXPECT_EQ(put.status, 200) << put.body;
  }
  void deliver() {
    server_.commit_for_hosts();
    remote_.expect_sound();
  }
  // "READY: why; and why"
  std::string state(const std::string& path) {
    const json entity = server_.json("GET", path);
    if (entity.contains("error")) return entity["error"]["code"];
    std::string text = entity["status"];
    for (const json& reason : entity["reason"]) text += ": " + reason.get<std::string>();
    return text;
  }
  std::string host(const std::string& name = "pi") { return state("/v1/hosts/" + name); }
  std::string prod(const std::string& name = "prod") {
    return state("/v1/workspaces/default/deployments/" + name);
  }
  // What is said of the deployment on the first of its hosts.
  json standing(const std::string& name = "prod") {
    return server_.json("GET", "/v1/workspaces/default/deployments/" + name + "/hosts")["items"].at(
        0);
  }
  std::size_t commits() {
    return remote_.lines({"for-each-ref", "refs/heads/main"}).empty()
               ? 0
               : remote_.lines({"rev-list", "main"}).size();
  }
  void take_the_remote_away() { fs::rename(remote_path_, remote_path_ + ".away"); }
  void bring_the_remote_back() { fs::rename(remote_path_ + ".away", remote_path_); }
  void wait_and_deliver() {
    server_.advance(kGitRetryMax);
    deliver();
  }

  testing::TemporaryDirectory folder_{testing::folder_in_memory()};
  std::string remote_path_ = folder_.path() + "/fleet.git";
  GitTool remote_{remote_path_};
  TestServer server_;
};

TEST_F(GitopsTest, CommitsWhatAHostShouldHaveAndReportsTheCommit) {
  put_prod();
  EXPECT_EQ(host(), "INITIALIZED");
  deliver();
  EXPECT_EQ(remote_.content(kProdFile), "host pi\n");
  EXPECT_EQ(remote_.subjects(), Lines({"pi: deploy default/prod"}));
  EXPECT_EQ(host(), "READY");
  EXPECT_EQ(prod(), "READY");
  EXPECT_EQ(standing()["commit"], remote_.tip());
  EXPECT_EQ(standing()["current"], true);
  EXPECT_EQ(remote_.lines({"log", "-1", "--format=%an <%ae>"}),
            Lines({"titan-server <titan-server@default>"}));
  const auto manifest = server_.client().host_changes("pi", "", true).value().manifest;
  const std::string trailers = remote_.run({"log", "-1", "--format=%(trailers:only)", "main"});
  EXPECT_NE(trailers.find("Titan-Deployment: default/deployment/default/prod@1\n"),
            std::string::npos)
      << trailers;
  EXPECT_NE(trailers.find("Titan-Digest: " + manifest.digest.text() + "\n"), std::string::npos);
  const json changes = server_.json("GET", "/v1/changes?kind=host&limit=1000");
  EXPECT_EQ(changes["items"].back()["actor"], "titan");
  EXPECT_FALSE(server_.json("GET", "/v1/hosts/pi/state")["bookmark"].is_null());
}

TEST_F(GitopsTest, MakesAFolderForAHostWithoutDeployments) {
  put_host("pi");
  deliver();
  EXPECT_EQ(remote_.files(), Lines({"100644 hosts/pi/kustomization.yaml"}));
  EXPECT_EQ(host(), "READY");
}

TEST_F(GitopsTest, MakesOneCommitOfAChangeOfOneDeployment) {
  put_prod();
  server_.put_deployment("test");
  deliver();
  const std::string first = remote_.tip();
  server_.put_template("service", "host {{host.name}} {{#values.n}}{{values.n}}{{/values.n}}\n");
  put_values({{"n", 2}});
  EXPECT_EQ(prod(), "UPDATING: waiting for 1 of 1 hosts: pi");
  deliver();
  EXPECT_EQ(commits(), 2U);
  EXPECT_EQ(remote_.content(kProdFile), "host pi 2\n");
  EXPECT_EQ(standing()["commit"], remote_.tip());
  put_values({{"n", 3}});
  deliver();
  EXPECT_EQ(commits(), 3U);
  EXPECT_EQ(remote_.subjects()[0], "pi: update default/prod");
  EXPECT_EQ(standing()["commit"], remote_.tip());
  EXPECT_NE(standing("test")["commit"], remote_.tip()) << "it did not change";
}

TEST_F(GitopsTest, MakesOneCommitForAllHostsOfAChange) {
  put_prod();
  put_host("ada");
  put_host("tim");
  deliver();
  ASSERT_EQ(commits(), 1U);
  EXPECT_EQ(remote_.subjects()[0], "3 hosts: deploy default/prod");
  server_.put_template("service", "now {{host.name}}\n");
  deliver();
  EXPECT_EQ(commits(), 2U);
  EXPECT_EQ(remote_.subjects()[0], "3 hosts: update default/prod");
  EXPECT_EQ(remote_.content("hosts/tim/default/prod/root/etc/prod.conf"), "now tim\n");
  EXPECT_EQ(prod(), "READY");
}

TEST_F(GitopsTest, BoundsHowManyHostsGoIntoACommit) {
  put_prod();
  for (std::size_t i = 0; i < kGitHostsMax; ++i) put_host("h" + std::to_string(i));
  deliver();
  EXPECT_EQ(commits(), 2U);
  EXPECT_EQ(remote_.files().size(), 2 * (kGitHostsMax + 1));
  EXPECT_EQ(prod(), "READY");
}

TEST_F(GitopsTest, CommitsNothingWhenNothingChanged) {
  put_prod();
  deliver();
  const std::string report = server_.call("GET", "/v1/hosts/pi/report").body;
  server_.stop_and_start();
  deliver();
  model::Entity tagged = server_.deployment("prod");
  tagged.tags = {{"a", "b"}};
  server_.put(tagged);
  deliver();
  // Another form, which comes out the same.
  put_values({{"unused", 1}});
  EXPECT_EQ(prod(), "UPDATING: waiting for 1 of 1 hosts: pi");
  EXPECT_EQ(server_.call("GET", "/v1/hosts/pi/report").body, report);
  deliver();
  EXPECT_EQ(prod(), "READY");
  EXPECT_EQ(commits(), 1U);
}

TEST_F(GitopsTest, WaitsForTheRemoteBeforeARemovalIsDone) {
  put_prod();
  deliver();
  take_the_remote_away();
  EXPECT_EQ(
      server_.call("DELETE", "/v1/workspaces/default/deployments/prod").header("Titan-Outcome"),
      "deleting");
  server_.commit_for_hosts();
  EXPECT_EQ(prod(), "DELETING: waiting for removal from pi");
  bring_the_remote_back();
  wait_and_deliver();
  EXPECT_EQ(prod(), "not_found");
  EXPECT_EQ(remote_.subjects()[0], "pi: remove default/prod");
  EXPECT_EQ(remote_.files(), Lines({"100644 hosts/pi/kustomization.yaml"}));
}

TEST_F(GitopsTest, KeepsWhatWasCommittedOfADeploymentThatCannotBeRendered) {
  put_prod();
  server_.put_template("other", "other {{host.name}}\n");
  server_.put_deployment("side", "other");
  deliver();
  const std::string first = remote_.tip();
  server_.put_template("service", "host {{values.unknown}}\n");
  server_.put_template("other", "changed {{host.name}}\n");
  deliver();
  EXPECT_EQ(remote_.content(kProdFile), "host pi\n");
  EXPECT_EQ(remote_.content("hosts/pi/default/side/root/etc/side.conf"), "changed pi\n");
  EXPECT_EQ(prod("side"), "READY");
  EXPECT_EQ(prod().substr(0, 14), "ERROR: host pi") << prod();
  EXPECT_EQ(standing()["status"], "ERROR");
  EXPECT_NE(standing()["reason"].get<std::string>().find("values.unknown"), std::string::npos);
  EXPECT_EQ(standing()["commit"], first);
  EXPECT_EQ(host(), "READY");
  server_.put_template("service", "mended {{host.name}}\n");
  deliver();
  EXPECT_EQ(remote_.content(kProdFile), "mended pi\n");
  EXPECT_EQ(prod(), "READY");
}

TEST_F(GitopsTest, SaysThatItWaitsForTheRemoteAndGoesOnWhenThatIsBack) {
  take_the_remote_away();
  put_prod();
  server_.commit_for_hosts();
  EXPECT_EQ(host(), "INITIALIZED");
  EXPECT_EQ(prod().substr(0, 8), "CREATING") << prod();
  EXPECT_NE(prod().find("the Git remote is not up to date"), std::string::npos) << prod();
  EXPECT_EQ(standing()["status"], "UPDATING");
  EXPECT_NE(server_.call("GET", "/v1/metrics").body.find("titan_gitops_hosts_waiting 1"),
            std::string::npos);
  // Commits come together meanwhile.
  server_.put_template("service", "second {{host.name}}\n");
  server_.commit_for_hosts();
  EXPECT_EQ(GitTool(server_.git_repository()).lines({"rev-list", "main"}).size(), 2U);
  bring_the_remote_back();
  EXPECT_EQ(commits(), 0U);
  wait_and_deliver();
  EXPECT_EQ(commits(), 2U);
  EXPECT_EQ(host(), "READY");
  EXPECT_EQ(prod(), "READY");
  EXPECT_EQ(standing()["commit"], remote_.tip());
  EXPECT_NE(server_.call("GET", "/v1/metrics").body.find("titan_gitops_hosts_waiting 0"),
            std::string::npos);
}

TEST_F(GitopsTest, GoesOnAfterARestartInBetween) {
  take_the_remote_away();
  put_prod();
  server_.commit_for_hosts();
  server_.restart();
  bring_the_remote_back();
  deliver();
  EXPECT_EQ(commits(), 1U);
  EXPECT_EQ(prod(), "READY");
  // Pushed, and killed before the report.
  server_.put_template("service", "second {{host.name}}\n");
  server_.faults().fail_when(
      [](const std::string& call) { return call.starts_with("commit titan"); },
      unavailable("the disk does not answer"));
  server_.commit_for_hosts();
  server_.faults().reset();
  EXPECT_EQ(commits(), 2U);
  server_.restart();
  deliver();
  EXPECT_EQ(commits(), 2U);
  EXPECT_EQ(prod(), "READY");
  EXPECT_EQ(standing()["commit"], remote_.tip());
}

TEST_F(GitopsTest, RemovesTheFolderOfAHostThatIsDeleted) {
  put_prod();
  put_host("ada");
  deliver();
  server_.call("DELETE", "/v1/hosts/ada");
  deliver();
  EXPECT_EQ(remote_.subjects()[0], "ada: remove the host");
  EXPECT_EQ(remote_.lines({"ls-tree", "--name-only", "main", "hosts/"}), Lines({"hosts/pi"}));
  // Deleted, and the server ended before it came to that.
  server_.call("DELETE", "/v1/hosts/pi");
  server_.restart();
  deliver();
  EXPECT_EQ(remote_.files(), Lines());
  EXPECT_EQ(commits(), 3U);
  server_.restart();
  deliver();
  EXPECT_EQ(commits(), 3U);
  put_host("pi");
  deliver();
  EXPECT_EQ(remote_.content(kProdFile), "host pi\n") << "the name is used again";
}

TEST_F(GitopsTest, LeavesTheFolderToAnAgentAndTakesItOverFromOne) {
  put_prod();
  deliver();
  put_host("pi", Delivery::agent);
  server_.put_template("service", "second {{host.name}}\n");
  deliver();
  server_.restart();
  deliver();
  EXPECT_EQ(remote_.content(kProdFile), "host pi\n");
  ObedientHost agent(server_, "pi");
  agent.sync_and_report();
  EXPECT_EQ(prod(), "READY");
  EXPECT_EQ(standing()["commit"], "");
  put_host("pi");
  deliver();
  EXPECT_EQ(remote_.content(kProdFile), "second pi\n");
  EXPECT_EQ(standing()["commit"], remote_.tip());
  EXPECT_EQ(agent.sync(), "conflict");
}

TEST_F(GitopsTest, RefusesAnAgent) {
  put_prod();
  deliver();
  for (const char* body : {"{}", R"({"report":{"deployments":[]}})"}) {
    const HttpResponse refused = server_.call("POST", "/v1/hosts/pi/sync", body);
    EXPECT_EQ(refused.status, 409) << refused.body;
    const json error = parse_json(refused.body).value()["error"];
    EXPECT_EQ(error["field"], "spec.delivery");
    EXPECT_NE(error["message"].get<std::string>().find("\"gitops\""), std::string::npos);
  }
  EXPECT_EQ(standing()["status"], "READY") << "what the agent said of it does not count";
}

TEST_F(GitopsTest, IsNeverMissingForSilence) {
  put_prod();
  put_host("ada", Delivery::agent);
  deliver();
  ObedientHost ada(server_, "ada");
  ada.sync_and_report();
  server_.advance(2 * kHostLease);
  EXPECT_EQ(host("ada").substr(0, 7), "MISSING");
  EXPECT_EQ(host("pi"), "READY");
  // An agent has a whole lease before it is missed.
  put_host("pi", Delivery::agent);
  server_.advance(kHostLease - 2 * kLeaseLookMax);
  EXPECT_EQ(host("pi"), "READY");
  server_.advance(4 * kLeaseLookMax);
  EXPECT_EQ(host("pi").substr(0, 7), "MISSING");
}

TEST_F(GitopsTest, RecordsTheCommitThatCameOutOfARace) {
  put_prod();
  deliver();
  const auto other = gitops::Repository::open_or_create(folder_.path() + "/other").value();
  ASSERT_TRUE(
      other->commit({.host = "tim-pi", .deployments = {testing::small_deployment("a", "1")}},
                    testing::info_at(1)));
  ASSERT_TRUE(other->push(remote_path_));
  server_.put_template("service", "second {{host.name}}\n");
  deliver();
  EXPECT_EQ(commits(), 3U);
  EXPECT_EQ(standing()["commit"], remote_.tip());
  EXPECT_EQ(remote_.content("hosts/tim-pi/default/a/settings.conf"), "1");
  EXPECT_EQ(remote_.run({"rev-list", "--merges", "main"}), "");
}

TEST_F(GitopsTest, CommitsAgainWhatTheRemoteLost) {
  put_prod();
  deliver();
  const std::string first = remote_.tip();
  server_.put_template("service", "second {{host.name}}\n");
  deliver();
  remote_.run({"update-ref", "refs/heads/main", first});
  server_.advance(kGitLook);
  deliver();
  EXPECT_EQ(remote_.content(kProdFile), "second pi\n");
  EXPECT_EQ(standing()["commit"], remote_.tip());
  EXPECT_EQ(prod(), "READY");
}

TEST_F(GitopsTest, StopsWhenTheRemoteLostCommitsIfItIsTold) {
  server_.commit_to("file://" + remote_path_,
                    {.push = {.on_rewrite = gitops::Repository::OnRewrite::stop}});
  put_prod();
  deliver();
  const std::string first = remote_.tip();
  server_.put_template("service", "second {{host.name}}\n");
  deliver();
  remote_.run({"update-ref", "refs/heads/main", first});
  server_.put_template("service", "third {{host.name}}\n");
  deliver();
  EXPECT_EQ(remote_.tip(), first);
  EXPECT_EQ(prod().substr(0, 8), "UPDATING");
  EXPECT_NE(prod().find("set back"), std::string::npos) << prod();
}

TEST_F(GitopsTest, SaysWhyTheRepositoryCannotBeWritten) {
  const std::string path = folder_.path() + "/no-repository";
  fs::create_directory(path);
  std::ofstream(path + "/file") << "somebody's";
  server_.commit_to(path);
  put_prod();
  server_.commit_for_hosts();
  EXPECT_NE(prod().find("the Git repository cannot be written"), std::string::npos) << prod();
  EXPECT_EQ(host(), "INITIALIZED");
  fs::remove(path + "/file");
  server_.advance(kGitRetryMax);
  server_.commit_for_hosts();
  EXPECT_EQ(prod(), "READY");
  EXPECT_EQ(standing()["commit"], GitTool(path).tip());
  GitTool(path).expect_sound();
}

// No client can make such a workspace; but were there content that Git refuses, others go on.
TEST_F(GitopsTest, IsHeldUpByNoHostWhoseContentIsRefused) {
  put_prod();
  const std::string workspace = "kustomization.yaml";
  store::Batch batch{.actor = "test"};
  const auto add = [&](model::Entity entity) {
    batch.mutations.push_back({entity.key(), 0, entity});
  };
  add({.name = workspace, .spec = model::WorkspaceSpec{}, .status = Status::ready});
  add({.name = "w", .workspace = workspace, .spec = model::WorkloadSpec{}});
  add({.name = "odd", .workspace = workspace, .spec = model::TargetSpec{.labels = {{"x", "y"}}}});
  add({.name = "bad",
       .workspace = workspace,
       .spec =
           model::DeploymentSpec{.workload = "w", .template_name = "service", .target = "odd"}});
  ASSERT_TRUE(server_.faults().commit(batch));
  server_.put({.name = "ada",
               .spec = model::HostSpec{.labels = {{"x", "y"}}, .delivery = Delivery::gitops}});
  deliver();
  EXPECT_EQ(prod(), "READY");
  const std::string bad = state("/v1/workspaces/kustomization.yaml/deployments/bad");
  EXPECT_EQ(bad.substr(0, 42), "ERROR: host ada: it cannot be committed: d") << bad;
  EXPECT_EQ(host("ada"), "INITIALIZED");
  EXPECT_EQ(remote_.lines({"ls-tree", "--name-only", "main", "hosts/"}), Lines({"hosts/pi"}));
}

TEST_F(GitopsTest, ShowsNoValueOfASecret) {
  const model::Key db{.kind = model::Kind::secret, .workspace = "default", .name = "db"};
  const json sealed = {
      {"sealed", model::seal_secret_value(server_.keys().key(), db, "password", "canary-7f3a")}};
  put_prod();
  ASSERT_EQ(server_
                .call("PUT", "/v1/workspaces/default/secrets/db",
                      json{{"spec", {{"data", {{"password", sealed}}}}}}.dump())
                .status,
            201);
  server_.put_template("service", "password {{{values.password}}}\n");
  put_values({{"password", {{"$secret", "db"}, {"key", "password"}}}});
  deliver();
  const auto shown = server_.client().host_changes("pi", "", true).value();
  ASSERT_EQ(shown.rendered.size(), 1U);
  EXPECT_EQ(remote_.content(kProdFile), shown.rendered[0].files.at(0).content);
  EXPECT_NE(remote_.content(kProdFile), "password \n");
  EXPECT_EQ(prod(), "READY");
  for (const std::string& where : {remote_path_, server_.git_repository()}) {
    const GitTool git(where);
    for (const std::string& line :
         git.lines({"rev-list", "--objects", "--no-object-names", "main"})) {
      const std::string type = git.run({"cat-file", "-t", line});
      const std::string content = git.run({"cat-file", type.substr(0, type.size() - 1), line});
      EXPECT_EQ(content.find("canary"), std::string::npos) << content;
    }
  }
  EXPECT_EQ(server_.log_text().find("canary"), std::string::npos);
  EXPECT_EQ(server_.call("GET", "/v1/hosts/pi/report").body.find("canary"), std::string::npos);
}

TEST_F(GitopsTest, IsRefusedWhereTheServerCannotCommit) {
  server_.commit_to("");
  const HttpResponse refused =
      server_.call("PUT", "/v1/hosts/pi", R"({"spec":{"delivery":"gitops"}})");
  EXPECT_EQ(refused.status, 422);
  const json error = parse_json(refused.body).value()["error"];
  EXPECT_EQ(error["field"], "spec.delivery");
  EXPECT_NE(error["message"].get<std::string>().find("start it with --git"), std::string::npos);
  EXPECT_EQ(server_.commit_for_some_hosts(), Clock::Monotonic::max());
}

TEST_F(GitopsTest, IsRefusedForHostsOfOtherOrganizations) {
  const model::Entity host{.name = "pi", .spec = model::HostSpec{.delivery = Delivery::gitops}};
  const Abilities can{.commits_for_hosts = true};
  EXPECT_TRUE(check_abilities(host, "default", can));
  const auto refused = check_abilities(host, "acme", can);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().field, "spec.delivery");
  EXPECT_NE(refused.error().message.find("organization \"default\" alone"), std::string::npos);
}

}  // namespace
}  // namespace titan::server_lite
