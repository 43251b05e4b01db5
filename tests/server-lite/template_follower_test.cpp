// Templates that the server reads from Git, by real repositories.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "server-lite/limits.hpp"
#include "tests/server-lite/test_server.hpp"
#include "tests/support/git_work_tree.hpp"

namespace titan::server_lite {
namespace {

using model::Status;
using nlohmann::json;
using titan::testing::GitWorkTree;
using titan::testing::TestServer;

// The real source, which can be away.
class AwaySource final : public gitops::TemplateSource {
 public:
  explicit AwaySource(gitops::TemplateSource& source) : source_(source) {}

  [[nodiscard]] Result<void> check(const model::TemplateGit& git) const override {
    return source_.check(git);
  }
  Result<std::string> tip(const model::TemplateGit& git) override {
    ++looks;
    if (is_away) return unavailable("the network does not work");
    return source_.tip(git);
  }
  Result<gitops::TemplateReading> read(const model::TemplateGit& git,
                                       const std::string& commit) override {
    ++readings;
    auto reading = source_.read(git, commit);
    if (meanwhile) meanwhile();
    return reading;
  }

  bool is_away = false;
  int looks = 0;
  int readings = 0;
  std::function<void()> meanwhile;

 private:
  gitops::TemplateSource& source_;
};

class TemplateFollowerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    server.read_templates_from(source);
    tree.write("deploy/root/etc/x", "one {{values.n}}\n");
    tree.write("deploy/template.yaml", "defaults: {n: 1}\n");
    first = tree.commit("first");
  }

  json git() { return {{"repository", tree.path()}, {"ref", "main"}, {"path", "deploy/"}}; }
  json put(const json& spec, const std::string& method = "PUT") {
    return server.json(method, "/v1/templates/service", {{"spec", spec}});
  }
  json follow() {
    const json written = put({{"git", git()}});
    EXPECT_FALSE(written.contains("error")) << written;
    server.read_templates();
    return stored();
  }
  json stored() { return server.json("GET", "/v1/templates/service"); }
  void next_look() {
    server.advance(kTemplateInterval);
    server.read_templates();
  }
  static std::string refusal(const json& written) {
    if (!written.contains("error")) return "";
    const json& error = written["error"];
    return error.value("field", "") + ": " + error.value("message", "");
  }

  GitWorkTree tree;
  std::string first;
  gitops::LocalTemplateSource local{
      {.repositories = std::filesystem::path(tree.path()).parent_path().string()}};
  AwaySource source{local};
  TestServer server;
};

TEST_F(TemplateFollowerTest, ReadsATemplateSoonAfterItIsWritten) {
  const json written = put({{"git", git()}});
  EXPECT_EQ(written["status"], "INITIALIZED");
  EXPECT_EQ(written["reason"], json({"it is to be read from Git"}));
  EXPECT_EQ(written["spec"]["git"]["path"], "deploy");
  server.read_templates();
  const json read = stored();
  EXPECT_EQ(read["status"], "READY");
  EXPECT_EQ(read["reason"], json::array());
  EXPECT_EQ(read["version"], 2);
  EXPECT_EQ(read["spec"]["git"]["commit"], first);
  EXPECT_EQ(read["spec"]["defaults"], json({{"n", 1}}));
  ASSERT_EQ(read["spec"]["files"].size(), 1U);
  EXPECT_EQ(read["spec"]["files"][0]["path"], "root/etc/x");
  EXPECT_EQ(
      server.call("GET", "/v1/blobs/" + read["spec"]["files"][0]["digest"].get<std::string>()).body,
      "one {{values.n}}\n");
}

TEST_F(TemplateFollowerTest, TakesANewCommitForANewVersionAndDeliversIt) {
  follow();
  server.put_host("pi", {{"site", "lab"}});
  server.put({.name = "sensor", .workspace = "default", .spec = model::WorkloadSpec{}});
  server.put({.name = "lab",
              .workspace = "default",
              .spec = model::TargetSpec{.labels = {{"site", "lab"}}}});
  server.put_deployment("prod");
  const auto before = server.client().host_changes("pi", "", true).value();
  ASSERT_EQ(before.rendered.size(), 1U);
  EXPECT_EQ(before.rendered[0].files.at(0).content, "one 1\n");
  tree.write("deploy/root/etc/x", "two {{values.n}}\n");
  const std::string second = tree.commit("second");
  next_look();
  EXPECT_EQ(stored()["spec"]["git"]["commit"], second);
  EXPECT_EQ(stored()["version"], 3);
  const std::string since = before.manifest.bookmark.text();
  const auto after = server.client().host_changes("pi", since, true).value();
  ASSERT_EQ(after.rendered.size(), 1U);
  EXPECT_EQ(after.rendered[0].files.at(0).content, "two 1\n");
  const json changes = server.json("GET", "/v1/changes?kind=template&limit=1000");
  EXPECT_EQ(changes["items"].back()["actor"], "titan");
}

TEST_F(TemplateFollowerTest, EscapesAFileAsTheManifestSays) {
  tree.write("deploy/root/etc/x", "name = \"{{values.text}}\"\n");
  tree.write("deploy/template.yaml",
             "defaults: {text: 'a \"quoted\" one'}\nescapes: [{path: root/, kind: toml}]\n");
  tree.commit("a file without an ending");
  EXPECT_EQ(follow()["spec"]["files"][0]["escape"], "toml");
  server.put_host("pi", {{"site", "lab"}});
  server.put({.name = "sensor", .workspace = "default", .spec = model::WorkloadSpec{}});
  server.put({.name = "lab",
              .workspace = "default",
              .spec = model::TargetSpec{.labels = {{"site", "lab"}}}});
  server.put_deployment("prod");
  const auto changes = server.client().host_changes("pi", "", true).value();
  ASSERT_EQ(changes.rendered.size(), 1U);
  EXPECT_EQ(changes.rendered[0].files.at(0).content, "name = \"a \\\"quoted\\\" one\"\n");
}

TEST_F(TemplateFollowerTest, MakesNoVersionOfACommitThatIsAboutSomethingElse) {
  follow();
  tree.write("README", "changed");
  tree.commit("elsewhere");
  const json before = stored();
  next_look();
  EXPECT_EQ(stored(), before);
  EXPECT_EQ(source.readings, 2);
  next_look();
  EXPECT_EQ(source.readings, 2) << "the same commit is not read again";
  EXPECT_EQ(source.looks, 3);
}

TEST_F(TemplateFollowerTest, KeepsTheLastGoodVersionOfACommitThatIsNoGood) {
  const json good = follow();
  tree.write("deploy/root/etc/x", "{{#open}}\n");
  const std::string bad = tree.commit("does not compile");
  next_look();
  EXPECT_EQ(stored()["status"], "ERROR");
  const std::string reason = stored()["reason"][0];
  EXPECT_EQ(reason.find("commit " + bad.substr(0, 12) + " is no good: "), 0U) << reason;
  EXPECT_NE(reason.find("root/etc/x:1:1"), std::string::npos) << reason;
  EXPECT_NE(reason.find("; commit " + first.substr(0, 12) + " stays in use"), std::string::npos);
  EXPECT_EQ(stored()["spec"], good["spec"]);
  EXPECT_EQ(stored()["version"], good["version"]);
  const json still = stored();
  next_look();
  EXPECT_EQ(stored(), still) << "nothing is written again";
  tree.write("deploy/template.yaml", "escapes: [{path: gone, kind: ini}]\n");
  tree.commit("a bad manifest");
  next_look();
  EXPECT_NE(stored()["reason"][0].get<std::string>().find("deploy/template.yaml: escapes[0].path"),
            std::string::npos)
      << stored();
  tree.write("deploy/root/etc/x", "three\n");
  tree.write("deploy/template.yaml", "");
  const std::string third = tree.commit("mended");
  next_look();
  EXPECT_EQ(stored()["status"], "READY");
  EXPECT_EQ(stored()["spec"]["git"]["commit"], third);
}

TEST_F(TemplateFollowerTest, GoesBackToACommitThatWasInUse) {
  const json good = follow();
  tree.write("deploy/root/etc/x", "{{#open}}\n");
  tree.commit("bad");
  next_look();
  ASSERT_EQ(stored()["status"], "ERROR");
  tree.git({"reset", "--quiet", "--hard", first});
  next_look();
  EXPECT_EQ(stored()["status"], "READY");
  EXPECT_EQ(stored()["spec"], good["spec"]);
}

TEST_F(TemplateFollowerTest, SaysThatARepositoryIsAwayAndTriesAgainLaterAndLater) {
  const json good = follow();
  source.is_away = true;
  next_look();
  EXPECT_EQ(stored()["status"], "ERROR");
  EXPECT_EQ(stored()["reason"][0],
            "it cannot be read from Git: the network does not work; commit " + first.substr(0, 12) +
                " stays in use");
  EXPECT_EQ(stored()["spec"], good["spec"]);
  const json noted = stored();
  const int before = source.looks;
  for (int i = 0; i < 60; ++i) next_look();
  EXPECT_EQ(stored(), noted) << "one fault is one change";
  EXPECT_LT(source.looks - before, 40);
  EXPECT_GT(source.looks - before, 3);
  source.is_away = false;
  server.advance(kTemplateRetryMax);
  server.read_templates();
  EXPECT_EQ(stored()["status"], "READY");
  EXPECT_EQ(stored()["version"], good["version"]);
}

TEST_F(TemplateFollowerTest, HoldsADeploymentUntilItsTemplateWasRead) {
  source.is_away = true;
  follow();
  EXPECT_EQ(stored()["status"], "ERROR");
  EXPECT_EQ(stored()["reason"][0], "it cannot be read from Git: the network does not work");
  server.put_host("pi", {{"site", "lab"}});
  server.put({.name = "sensor", .workspace = "default", .spec = model::WorkloadSpec{}});
  server.put({.name = "lab",
              .workspace = "default",
              .spec = model::TargetSpec{.labels = {{"site", "lab"}}}});
  server.put_deployment("prod");
  EXPECT_EQ(server.json("GET", "/v1/hosts/pi/changes")["deployments"][0]["error"],
            "template \"service\" was not read from Git yet");
  EXPECT_EQ(server.deployment("prod").status, Status::error);
  source.is_away = false;
  server.advance(kTemplateRetryMax);
  server.read_templates();
  EXPECT_FALSE(server.json("GET", "/v1/hosts/pi/changes")["deployments"][0].contains("error"));
  EXPECT_NE(server.deployment("prod").status, Status::error);
}

TEST_F(TemplateFollowerTest, LetsPeopleWriteThePlaceAlone) {
  const json good = follow();
  // As it is, whole or only the place: nothing changes.
  EXPECT_EQ(put(good["spec"])["revision"], good["revision"]);
  EXPECT_EQ(put({{"git", git()}})["revision"], good["revision"]);
  json changed = good["spec"];
  changed["defaults"]["n"] = 2;
  EXPECT_EQ(refusal(put(changed)),
            "spec: is read from Git but for `git` itself: change it there, and leave it out here");
  changed = {{"git", git()}};
  changed["git"]["commit"] = std::string(40, 'a');
  EXPECT_EQ(refusal(put(changed)), "spec.git.commit: is the server's to write; leave it out");
  EXPECT_EQ(stored(), good);
}

TEST_F(TemplateFollowerTest, KeepsWhatItHasWhileAnotherPlaceIsNotReadYet) {
  const json good = follow();
  tree.write("other/root/y", "y\n");
  const std::string second = tree.commit("another folder");
  json place = git();
  place["path"] = "other";
  const json moved = put({{"git", place}});
  EXPECT_EQ(moved["status"], "UPDATING");
  EXPECT_EQ(moved["spec"]["files"], good["spec"]["files"]);
  EXPECT_EQ(moved["spec"]["git"]["commit"], first);
  server.read_templates();
  EXPECT_EQ(stored()["spec"]["files"][0]["path"], "root/y");
  EXPECT_EQ(stored()["spec"]["git"]["commit"], second);
  place["ref"] = "gone";
  put({{"git", place}});
  server.read_templates();
  EXPECT_EQ(stored()["status"], "ERROR");
  EXPECT_EQ(stored()["spec"]["files"][0]["path"], "root/y");
}

TEST_F(TemplateFollowerTest, TakesOverATemplateThatWasUploadedAndGivesItBack) {
  server.put_template("service", "uploaded\n");
  const json written = put({{"git", git()}});
  EXPECT_EQ(written["status"], "UPDATING");
  EXPECT_EQ(written["spec"]["files"].size(), 1U) << "what was there stays until Git was read";
  server.read_templates();
  EXPECT_EQ(stored()["spec"]["git"]["commit"], first);
  server.put_template("service", "uploaded again\n");
  EXPECT_FALSE(stored()["spec"].contains("git"));
  EXPECT_EQ(stored()["status"], "READY");
  const int looks = source.looks;
  next_look();
  EXPECT_EQ(source.looks, looks) << "nobody looks any more";
}

TEST_F(TemplateFollowerTest, RefusesAPlaceThatIsNeverLookedAt) {
  EXPECT_EQ(refusal(put({{"git", {{"repository", "/etc"}}}})).find("spec.git.repository: "), 0U);
  EXPECT_EQ(refusal(put({{"git", {{"repository", "https://tim:secret@example.org/x.git"}}}})),
            "spec.git.repository: must hold no user and password: an entity is no place for them");
  EXPECT_EQ(refusal(put({{"git", {{"repository", tree.path()}, {"ref", "a..b"}}}})),
            "spec.git.ref: \"a..b\" is no name of a branch or a tag");
  EXPECT_EQ(refusal(put({{"git", {{"repository", tree.path()}, {"path", "../x"}}}}))
                .find("spec.git.path: "),
            0U);
  EXPECT_EQ(refusal(put({{"git", json::object()}})), "spec.git.repository: must be given");
  TestServer without;
  EXPECT_EQ(refusal(without.json("PUT", "/v1/templates/x", {{"spec", {{"git", git()}}}})),
            "spec.git: this server reads no templates from Git");
}

TEST_F(TemplateFollowerTest, LooksAtOnceWhenSomebodyAsks) {
  follow();
  tree.write("deploy/root/etc/x", "two\n");
  const std::string second = tree.commit("second");
  server.read_templates();
  EXPECT_EQ(stored()["spec"]["git"]["commit"], first) << "it is not time yet";
  EXPECT_EQ(server.call("POST", "/v1/templates/service/sync").status, 202);
  server.read_templates();
  EXPECT_EQ(stored()["spec"]["git"]["commit"], second);
  EXPECT_EQ(server.call("POST", "/v1/templates/gone/sync").status, 404);
  server.put_template("uploaded", "x");
  EXPECT_EQ(server.call("POST", "/v1/templates/uploaded/sync").status, 409);
  EXPECT_TRUE(server.client().sync_template("service"));
  EXPECT_EQ(server.client().sync_template("gone").error().code, ErrorCode::not_found);
}

TEST_F(TemplateFollowerTest, GoesOnAfterARestart) {
  const json good = follow();
  tree.write("deploy/root/etc/x", "two\n");
  const std::string second = tree.commit("second");
  server.restart();
  server.read_templates();
  EXPECT_EQ(stored()["spec"]["git"]["commit"], second);
  server.restart();
  const json before = stored();
  server.read_templates();
  EXPECT_EQ(stored(), before);
}

TEST_F(TemplateFollowerTest, LosesNothingThatIsWrittenWhileItReads) {
  follow();
  tree.write("deploy/root/etc/x", "two\n");
  const std::string second = tree.commit("second");
  source.meanwhile = [&] {
    source.meanwhile = nullptr;
    json body = {{"spec", {{"git", git()}}}, {"tags", {{"owner", "tim"}}}};
    EXPECT_EQ(server.call("PUT", "/v1/templates/service", body.dump()).status, 200);
  };
  next_look();
  EXPECT_EQ(stored()["tags"], json({{"owner", "tim"}}));
  EXPECT_EQ(stored()["spec"]["git"]["commit"], second);
  tree.write("deploy/root/etc/x", "three\n");
  tree.commit("third");
  source.meanwhile = [&] {
    source.meanwhile = nullptr;
    EXPECT_EQ(server.call("DELETE", "/v1/templates/service").status, 200);
  };
  next_look();
  EXPECT_EQ(server.call("GET", "/v1/templates/service").status, 404);
}

TEST_F(TemplateFollowerTest, TakesWhatDoesNotFitDeploymentsAndLetsThemSayso) {
  tree.write("deploy/template.yaml",
             "defaults: {n: 1}\nvaluesSchema: {properties: {n: {type: integer}}}\n");
  tree.commit("with a schema");
  follow();
  server.put_host("pi", {{"site", "lab"}});
  server.put({.name = "sensor", .workspace = "default", .spec = model::WorkloadSpec{}});
  server.put({.name = "lab",
              .workspace = "default",
              .spec = model::TargetSpec{.labels = {{"site", "lab"}}}});
  server.put_deployment("prod");
  ASSERT_NE(server.deployment("prod").status, Status::error);
  tree.write("deploy/template.yaml", "defaults: {n: 1}\nvaluesSchema: {required: [zone]}\n");
  const std::string stricter = tree.commit("stricter");
  next_look();
  EXPECT_EQ(stored()["status"], "READY");
  EXPECT_EQ(stored()["spec"]["git"]["commit"], stricter);
  EXPECT_EQ(server.deployment("prod").status, Status::error);
  EXPECT_EQ(server.deployment("prod").reason[0],
            "host pi: values.zone: must be given (template \"service\")");
}

TEST_F(TemplateFollowerTest, RefusesInGitWhatItRefusesFromPeople) {
  follow();
  tree.write("deploy/template.yaml", "defaults: {p: {$secret: db, key: password}}\n");
  tree.commit("a secret in the defaults");
  next_look();
  EXPECT_NE(stored()["reason"][0].get<std::string>().find("spec.defaults.p"), std::string::npos)
      << stored()["reason"];
}

TEST_F(TemplateFollowerTest, CountsItsLooksByHowTheyEnded) {
  follow();
  next_look();
  source.is_away = true;
  next_look();
  const std::string metrics = server.call("GET", "/v1/metrics").body;
  for (const char* line : {R"(titan_template_looks_total{outcome="new version"} 1)",
                           R"(titan_template_looks_total{outcome="nothing new"} 1)",
                           R"(titan_template_looks_total{outcome="unreachable"} 1)",
                           R"(titan_template_looks_total{outcome="refused"} 0)",
                           R"(titan_entities{kind="Template",status="ERROR"} 1)"}) {
    EXPECT_NE(metrics.find(line), std::string::npos) << line;
  }
}

}  // namespace
}  // namespace titan::server_lite
