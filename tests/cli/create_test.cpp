#include "tests/cli/cli_fixture.hpp"

namespace titan::cli {
namespace {

using nlohmann::json;

class CreateTest : public testing::CliTest {
 protected:
  void copy_example() {
    std::filesystem::copy("examples/device-service", disk("device-service"),
                          std::filesystem::copy_options::recursive);
  }
};

TEST_F(CreateTest, RunsTheLinesOfTheTourAsTheyStand) {
  copy_example();
  struct Row {
    const char* line;
    const char* out;
  };
  const Row rows[] = {
      {"titan create host --name tim-pi --labels name=tim-pi,platform=kubernetes",
       "host/tim-pi created\n"},
      {"titan create template device-service -f ./device-service",
       "template/device-service created\n"},
      {"titan get workspaces", "NAME      STATUS   AGE\ndefault   READY    5m\n"},
      {"titan create workload temperature-sensor --repo https://github.com/timfpark/temp-sensor",
       "workload/temperature-sensor created\n"},
      {"titan create workload temperature-sensor --repo https://github.com/timfpark/temp-sensor "
       "--workspace iot",
       "workspace/iot created\nworkload/temperature-sensor created\n"},
      {"titan create target tim-pi --labels name=tim-pi", "target/tim-pi created\n"},
      {"titan create deployment prod --workload temperature-sensor --template device-service "
       "--target tim-pi",
       "deployment/prod created\n"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(titan(row.line), 0) << row.line << '\n' << err;
    EXPECT_EQ(out, row.out);
    EXPECT_EQ(err, "");
  }
  EXPECT_EQ(api.at("hosts", "", "tim-pi")["spec"]["labels"],
            json({{"name", "tim-pi"}, {"platform", "kubernetes"}}));
  EXPECT_EQ(api.at("templates", "", "device-service")["spec"]["files"].size(), 3U);
  EXPECT_EQ(api.blobs.size(), 3U);
  EXPECT_TRUE(api.has("workloads", "iot", "temperature-sensor"));
  EXPECT_EQ(api.at("deployments", "default", "prod")["spec"],
            json({{"workload", "temperature-sensor"},
                  {"template", "device-service"},
                  {"target", "tim-pi"}}));
}

TEST_F(CreateTest, UploadsOnlyWhatTheServerDoesNotHave) {
  copy_example();
  ASSERT_EQ(titan("create template a -f device-service"), 0);
  api.log.clear();
  ASSERT_EQ(titan("create template b -f device-service"), 0);
  ASSERT_EQ(api.log.size(), 4U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_TRUE(api.log[i].starts_with("HEAD ")) << api.log[i];
  EXPECT_EQ(api.log[3], "POST /v1/templates");
}

TEST_F(CreateTest, FillsTheSpecOfEveryKind) {
  file("values.yaml", "a: {b: 1}\n");
  struct Row {
    const char* line;
    const char* plural;
    const char* workspace;
    const char* name;
    json spec;
  };
  const Row rows[] = {
      {"create workspace iot --description 'Sensors and more'",
       "workspaces",
       "",
       "iot",
       {{"description", "Sensors and more"}}},
      {"create host h --labels a=b --values values.yaml --delivery gitops --drivers files,systemd "
       "--capacity 3 --lease 15m",
       "hosts",
       "",
       "h",
       {{"labels", {{"a", "b"}}},
        {"values", {{"a", {{"b", 1}}}}},
        {"delivery", "gitops"},
        {"drivers", {"files", "systemd"}},
        {"capacity", 3},
        {"lease", "15m"}}},
      {"create wl w --repo r --template t --values '{\"x\": [1, 2]}' --allow-missing",
       "workloads",
       "default",
       "w",
       {{"repo", "r"}, {"template", "t"}, {"values", {{"x", {1, 2}}}}}},
      {"create TARGET t --selector 'region in (eu,us),!gpu'",
       "targets",
       "default",
       "t",
       {{"selector", "region in (eu,us),!gpu"}}},
      {"create deploy d --workload w --target t --values 'interval: 5' -w iot --allow-missing",
       "deployments",
       "iot",
       "d",
       {{"workload", "w"}, {"target", "t"}, {"values", {{"interval", 5}}}}},
      {"create deploy e --workload w --target t --replicas 3 --spread-by zone --reschedule-after "
       "10m --allow-missing",
       "deployments",
       "default",
       "e",
       {{"workload", "w"},
        {"target", "t"},
        {"replicas", 3},
        {"spreadBy", "zone"},
        {"rescheduleAfter", "10m"}}},
      {"create deploy f --workload w --target t --depends-on d,e --drift-policy report "
       "--allow-missing",
       "deployments",
       "default",
       "f",
       {{"workload", "w"}, {"target", "t"}, {"dependsOn", {"d", "e"}}, {"driftPolicy", "report"}}},
  };
  for (const Row& row : rows) {
    ASSERT_EQ(titan(row.line), 0) << row.line << '\n' << err;
    EXPECT_EQ(api.at(row.plural, row.workspace, row.name)["spec"], row.spec) << row.line;
  }
}

TEST_F(CreateTest, PutsTagsOnAnyKind) {
  ASSERT_EQ(titan("create host h --tags 'owner=Tim P.,note=a=b'"), 0) << err;
  EXPECT_EQ(api.at("hosts", "", "h")["tags"], json({{"owner", "Tim P."}, {"note", "a=b"}}));
}

TEST_F(CreateTest, PrintsWhatIsStoredInEveryFormat) {
  EXPECT_EQ(titan("create target a --labels x=y -o name"), 0);
  EXPECT_EQ(out, "target/a\n");
  EXPECT_EQ(titan("create target b --labels x=y -o wide"), 0);
  EXPECT_EQ(out, "target/b created\n");
  EXPECT_EQ(titan("create target c --labels x=y -o json"), 0);
  EXPECT_EQ(json::parse(out), api.at("targets", "default", "c"));
  EXPECT_EQ(titan("create target d --labels x=y -w new -o yaml"), 0);
  EXPECT_NE(out.find("\nname: d\n"), std::string::npos) << out;
  EXPECT_EQ(out.find("created"), out.find("createdTime")) << out;
}

TEST_F(CreateTest, EndsWithConflictWhenTheNameIsTaken) {
  ASSERT_EQ(titan("create host h"), 0);
  EXPECT_EQ(titan("create host h"), 4);
  EXPECT_EQ(out, "");
  EXPECT_EQ(err, "titan: host h: exists already\n");
}

TEST_F(CreateTest, ShowsWhatTheServerRefuses) {
  api.override("POST /v1/workspaces/default/deployments",
               testing::error_response(422, "invalid", "template \"x\" does not exist",
                                       "spec.template", "deployment default/prod"));
  EXPECT_EQ(titan("create deployment prod --workload w --template x --target t"), 1);
  EXPECT_EQ(err, "titan: deployment default/prod: spec.template: template \"x\" does not exist\n");
}

TEST_F(CreateTest, EndsWithUnreachableWhenThereIsNoServer) {
  reachable = false;
  EXPECT_EQ(titan("create host h"), 6);
  EXPECT_EQ(err, "titan: http://127.0.0.1:7480: cannot connect\n");
}

TEST_F(CreateTest, RefusesFlagsThatDescribeNoEntity) {
  struct Row {
    const char* line;
    const char* err;
  };
  const Row rows[] = {
      {"create host", "titan: the host needs a name\n"},
      {"create host a --name b", "titan: two names are given, \"a\" and \"b\"\n"},
      {"create host h --tags x", "titan: --tags: expected KEY=VALUE, found \"x\"\n"},
      {"create host h --tags a=b,a=c", "titan: --tags: the key \"a\" stands there twice\n"},
      {"create host h --values '[1]'", nullptr},
      {"create host h --values 'a: 1: 2'", nullptr},
      {"create host h --labels a=b,c", nullptr},
      {"create host h --labels 'a b=c'", nullptr},
      {"create host h --delivery pigeon", nullptr},
      {"create host h --capacity many", nullptr},
      {"create host UPPER", nullptr},
      {"create target t", nullptr},
      {"create target t --selector 'a in'", nullptr},
      {"create deployment d --workload w", nullptr},
      {"create template t", nullptr},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(titan(row.line), row.line == std::string("create host h --values '[1]'") ? 3 : 2)
        << row.line;
    EXPECT_EQ(out, "") << row.line;
    EXPECT_TRUE(err.starts_with("titan: ")) << err;
    if (row.err != nullptr) {
      EXPECT_EQ(err, row.err);
    }
  }
  EXPECT_TRUE(api.log.empty());
}

TEST_F(CreateTest, NamesTheFileThatIsNotThere) {
  EXPECT_EQ(titan("create host h --values conf/none.yaml"), 3);
  EXPECT_NE(err.find("conf/none.yaml"), std::string::npos) << err;
  EXPECT_EQ(titan("create template t -f none"), 3);
  EXPECT_NE(err.find("none"), std::string::npos) << err;
}

TEST_F(CreateTest, NamesTheFileOfATemplateThatIsWrong) {
  file("tpl/template.yaml", "drivr: files\n");
  EXPECT_EQ(titan("create template t -f tpl"), 1);
  EXPECT_EQ(err, "titan: tpl/template.yaml: drivr: unknown field (did you mean \"driver\"?)\n");
}

TEST_F(CreateTest, ReplacesWithApply) {
  EXPECT_EQ(titan("apply host h --labels a=b"), 0);
  EXPECT_EQ(out, "host/h created\n");
  EXPECT_EQ(titan("apply host h --labels a=b"), 0);
  EXPECT_EQ(out, "host/h unchanged\n");
  EXPECT_EQ(titan("apply host h --labels a=c"), 0);
  EXPECT_EQ(out, "host/h configured\n");
  EXPECT_EQ(api.at("hosts", "", "h")["spec"]["labels"]["a"], "c");
}

TEST_F(CreateTest, SaysWhereTheServerReadsATemplate) {
  EXPECT_EQ(titan("create template service --repo file:///srv/git/x.git --ref main --path deploy/"),
            0)
      << err;
  EXPECT_EQ(out, "template/service created\n");
  EXPECT_EQ(api.at("templates", "", "service")["spec"]["git"],
            json({{"repository", "file:///srv/git/x.git"}, {"ref", "main"}, {"path", "deploy"}}));
  EXPECT_EQ(titan("create template other --repo /srv/git/x.git"), 0) << err;
  EXPECT_EQ(api.at("templates", "", "other")["spec"]["git"],
            json({{"repository", "/srv/git/x.git"}}));
  EXPECT_TRUE(api.blobs.empty());
  EXPECT_EQ(titan("create template bad --repo https://a:b@example.org/x.git"), 2);
  EXPECT_EQ(err,
            "titan: template bad: spec.git.repository: must hold no user and password: an entity "
            "is no place for them\n");
}

TEST_F(CreateTest, ShowsWhereATemplateComesFrom) {
  api.put({{"kind", "Template"},
           {"name", "service"},
           {"spec",
            {{"driver", "files"},
             {"files", json::array()},
             {"git",
              {{"repository", "file:///srv/git/x.git"},
               {"ref", "main"},
               {"path", "deploy"},
               {"commit", "0123456789abcdef0123456789abcdef01234567"}}}}}});
  EXPECT_EQ(titan("get templates -o wide --no-headers"), 0) << err;
  EXPECT_NE(out.find("file:///srv/git/x.git@main:deploy   0123456789ab "), std::string::npos)
      << out;
  EXPECT_EQ(titan("describe template service"), 0) << err;
  for (const char* line :
       {"Repository:  file:///srv/git/x.git\n", "Ref:         main\n", "Path:        deploy\n",
        "Commit:      0123456789abcdef0123456789abcdef01234567\n"}) {
    EXPECT_NE(out.find(line), std::string::npos) << line << out;
  }
  file("same.yaml",
       "kind: Template\nname: service\nspec:\n  git: {repository: \"file:///srv/git/x.git\", ref: "
       "main, path: deploy}\n");
  EXPECT_EQ(titan("diff -f same.yaml"), 0) << out << err;
  file("other.yaml",
       "kind: Template\nname: service\nspec:\n  git: {repository: \"file:///srv/git/x.git\", ref: "
       "next, path: deploy}\n");
  EXPECT_EQ(titan("diff -f other.yaml"), 1) << out << err;
  EXPECT_NE(out.find("ref: main\n+"), std::string::npos) << out;
  EXPECT_NE(out.find("ref: next\n"), std::string::npos) << out;
}

TEST_F(CreateTest, AsksForALookAtATemplateInGit) {
  api.override("POST /v1/templates/service/sync", {.status = 202});
  EXPECT_EQ(titan("sync template service"), 0) << err;
  EXPECT_EQ(out, "template/service is looked at\n");
  EXPECT_EQ(titan("sync template/gone"), 3) << err;
}

}  // namespace
}  // namespace titan::cli
