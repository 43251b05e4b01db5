#include "tests/cli/cli_fixture.hpp"

namespace titan::cli {
namespace {

using nlohmann::json;

class ApplyTest : public testing::CliTest {};

TEST_F(ApplyTest, AppliesTheFleetOfTheExamples) {
  std::filesystem::copy("examples", disk("examples"), std::filesystem::copy_options::recursive);
  EXPECT_EQ(titan("apply -f examples/fleet/fleet.yaml"), 0) << err;
  EXPECT_EQ(out,
            "workspace/iot created\n"
            "host/tim-pi created\n"
            "template/device-service created\n"
            "workload/temperature-sensor created\n"
            "workload/temperature-sensor created\n"
            "target/tim-pi created\n"
            "deployment/prod created\n");
  EXPECT_EQ(titan("apply -f examples/fleet/fleet.yaml"), 0) << err;
  EXPECT_EQ(out.find("created"), std::string::npos) << out;
  EXPECT_EQ(out.find("configured"), std::string::npos) << out;
}

TEST_F(ApplyTest, SaysWhatIsWrongWithEachDocumentAndAppliesNone) {
  file("f.yaml",
       "{kind: Host, name: b}\n"
       "---\n{kind: Hots, name: a}\n"
       "---\n{kind: Host, name: a, spec: {lables: {}}}\n");
  EXPECT_EQ(titan("apply -f f.yaml"), 1);
  EXPECT_EQ(out, "");
  EXPECT_NE(err.find("titan: f.yaml, document 2: kind: "), std::string::npos) << err;
  EXPECT_NE(err.find("titan: f.yaml, document 3: spec.lables: unknown field"), std::string::npos)
      << err;
  EXPECT_TRUE(err.ends_with("titan: nothing was applied\n")) << err;
  EXPECT_TRUE(api.log.empty());
}

TEST_F(ApplyTest, AppliesAllOrNothingInOneRequest) {
  file("f.yaml",
       "{kind: Deployment, name: d, spec: {workload: w, target: t}}\n"
       "---\n{kind: Target, name: t, spec: {selector: x}}\n"
       "---\n{kind: Workload, name: w}\n");
  EXPECT_EQ(titan("apply -f f.yaml"), 0) << err;
  EXPECT_EQ(out, "workload/w created\ntarget/t created\ndeployment/d created\n");
  EXPECT_EQ(api.log, std::vector<std::string>{"POST /v1/changes?createWorkspace=true"});

  file("g.yaml",
       "{kind: Host, name: a}\n"
       "---\n{kind: Deployment, name: e, spec: {workload: w, target: none}}\n");
  EXPECT_EQ(titan("apply -f g.yaml"), 1);
  EXPECT_EQ(out, "");
  EXPECT_EQ(err,
            "titan: g.yaml, document 2, deployment default/e: spec.target: target default/none "
            "does not exist\n"
            "titan: nothing was applied\n");
  EXPECT_FALSE(api.has("hosts", "", "a"));
  EXPECT_EQ(titan("apply -f g.yaml --allow-missing"), 0) << err;
  EXPECT_EQ(api.log.back(), "POST /v1/changes?createWorkspace=true&allowMissing=true");
}

TEST_F(ApplyTest, TellsEachWorkspaceThatWasMadeOnce) {
  api.put({{"kind", "Workspace"}, {"name", "lab"}});
  file("f.yaml",
       "{kind: Workload, name: a, workspace: iot}\n---\n{kind: Workload, name: b, workspace: iot}\n"
       "---\n{kind: Workload, name: a, workspace: lab}\n---\n{kind: Workload, name: a}\n"
       "---\n{kind: Workload, name: a, workspace: own}\n---\n{kind: Workspace, name: own}\n");
  EXPECT_EQ(titan("apply -f f.yaml"), 0) << err;
  EXPECT_EQ(out,
            "workspace/own created\n"
            "workspace/iot created\nworkload/a created\nworkload/b created\n"
            "workload/a created\nworkload/a created\nworkload/a created\n");
  EXPECT_EQ(api.log, (std::vector<std::string>{"GET /v1/workspaces/iot", "GET /v1/workspaces/lab",
                                               "POST /v1/changes?createWorkspace=true"}));
  api.override("GET /v1/workspaces/iot", {.status = 503});
  EXPECT_EQ(titan("apply -f f.yaml"), 6);
  EXPECT_TRUE(err.ends_with("titan: nothing was applied\n")) << err;
}

TEST_F(ApplyTest, PassesARefusalOfTheServerOn) {
  file("f.yaml", "{kind: Host, name: a}");
  struct Row {
    const char* field;
    const char* subject;
    const char* err;
  };
  const Row rows[] = {
      {"changes[0].revision", "host a", "titan: f.yaml, host a: revision: stale\n"},
      {"changes[0]", "host a", "titan: f.yaml, host a: stale\n"},
      {"changes[9].entity.name", "host z", "titan: host z: changes[9].entity.name: stale\n"},
      {"changes[x]", "", "titan: changes[x]: stale\n"},
      {"", "", "titan: stale\n"},
  };
  for (const Row& row : rows) {
    api.override("POST /v1/changes",
                 testing::error_response(409, "conflict", "stale", row.field, row.subject));
    EXPECT_EQ(titan("apply -f f.yaml"), 4);
    EXPECT_EQ(err, std::string(row.err) + "titan: nothing was applied\n");
    EXPECT_EQ(out, "");
  }
}

TEST_F(ApplyTest, AppliesNothingWhenATemplateCannotBeRead) {
  file("f.yaml",
       "{kind: Host, name: a}\n---\n{kind: Template, name: t, spec: {directory: none}}\n");
  EXPECT_EQ(titan("apply -f f.yaml"), 3);
  EXPECT_TRUE(err.starts_with("titan: none: ")) << err;
  EXPECT_TRUE(api.log.empty());
}

TEST_F(ApplyTest, StopsWhenTheServerCannotBeReached) {
  reachable = false;
  file("f.yaml", "{kind: Host, name: a}\n---\n{kind: Host, name: b}\n");
  EXPECT_EQ(titan("apply -f f.yaml"), 6);
  EXPECT_EQ(out, "");
  EXPECT_TRUE(api.log.empty());
}

TEST_F(ApplyTest, ReadsAFolderOfManifests) {
  file("m/b.yml", "{kind: Host, name: b}");
  file("m/a.json", R"({"kind": "Host", "name": "a"})");
  file("m/c.yaml", "[");
  file("m/readme.txt", "no manifest");
  file("m/.hidden.yaml", "[");
  file("m/sub/d.yaml", "{kind: Host, name: d}");
  EXPECT_EQ(titan("apply -f m"), 1);
  EXPECT_EQ(out, "");
  EXPECT_TRUE(err.starts_with("titan: m/c.yaml: ")) << err;
  std::filesystem::remove(disk("m/c.yaml"));
  EXPECT_EQ(titan("apply -f m"), 0) << err;
  EXPECT_EQ(out, "host/a created\nhost/b created\n");
}

TEST_F(ApplyTest, ReadsStandardInput) {
  input = "kind: Host\nname: a\n";
  EXPECT_EQ(titan("apply -f -"), 0) << err;
  EXPECT_EQ(out, "host/a created\n");
  input = "kind: Host\nname: A\n";
  EXPECT_EQ(titan("apply -f -"), 1);
  EXPECT_TRUE(err.starts_with("titan: standard input: name: ")) << err;
}

TEST_F(ApplyTest, AppliesWhatGetPrints) {
  ASSERT_EQ(titan("create host a --labels x=y"), 0);
  ASSERT_EQ(titan("create host b"), 0);
  for (const char* format : {"json", "yaml"}) {
    ASSERT_EQ(titan(std::string("get hosts -o ") + format), 0);
    input = out;
    EXPECT_EQ(titan("apply -f -"), 0) << err;
    EXPECT_EQ(out, "host/a unchanged\nhost/b unchanged\n");
  }
}

TEST_F(ApplyTest, PutsDocumentsIntoTheWorkspaceOfTheFlag) {
  file("f.yaml", "{kind: Target, name: t, spec: {selector: x}}");
  EXPECT_EQ(titan("apply -f f.yaml -w iot"), 0) << err;
  EXPECT_EQ(out, "workspace/iot created\ntarget/t created\n");
  EXPECT_TRUE(api.has("targets", "iot", "t"));
  file("g.yaml", "{kind: Target, name: t, workspace: lab, spec: {selector: x}}");
  EXPECT_EQ(titan("apply -f g.yaml -w iot"), 1);
  EXPECT_EQ(err,
            "titan: g.yaml: workspace: is \"lab\", and --workspace says \"iot\"\n"
            "titan: nothing was applied\n");
  EXPECT_EQ(titan("apply -f g.yaml"), 0) << err;
  EXPECT_TRUE(api.has("targets", "lab", "t"));
}

TEST_F(ApplyTest, TakesATemplateFromItsDirectoryBesideTheFile) {
  file("a/b/f.yaml", "{kind: Template, name: t, spec: {directory: ../tpl}}");
  file("a/tpl/x", "content");
  EXPECT_EQ(titan("apply -f a/b/f.yaml"), 0) << err;
  EXPECT_EQ(api.at("templates", "", "t")["spec"]["files"][0]["path"], "x");
  file("g.yaml", "{kind: Template, name: t, spec: {directory: a/tpl, driver: files}}");
  EXPECT_EQ(titan("apply -f g.yaml"), 1);
  EXPECT_EQ(err,
            "titan: g.yaml: spec.driver: cannot stand beside spec.directory, whose template.yaml "
            "says it\n"
            "titan: nothing was applied\n");
  file("h.yaml", "{kind: Template, name: t, spec: {directory: 5}}");
  EXPECT_EQ(titan("apply -f h.yaml"), 1);
  EXPECT_EQ(err,
            "titan: h.yaml: spec.directory: expected the path of a folder\n"
            "titan: nothing was applied\n");
}

TEST_F(ApplyTest, PrintsDocumentsOnceAllIsDone) {
  file("f.yaml", "{kind: Host, name: a}\n---\n{kind: Host, name: b}\n");
  ASSERT_EQ(titan("apply -f f.yaml -o json"), 0);
  EXPECT_EQ(json::parse(out)["items"].size(), 2U);
  ASSERT_EQ(titan("apply -f f.yaml -o name"), 0);
  EXPECT_EQ(out, "host/a\nhost/b\n");
}

TEST_F(ApplyTest, RefusesWhatIsNoManifest) {
  struct Row {
    const char* path;
    const char* content;
    int code;
  };
  const Row rows[] = {
      {"empty.yaml", "", 1},
      {"text.yaml", "just a text", 1},
      {"list.yaml", "[1, 2]", 1},
      {"number.yaml", "{kind: 5, name: a}", 1},
      {"null.yaml", "{kind: Host}", 1},
      {"items.yaml", "{items: [1]}", 1},
      {"spec.yaml", "{kind: Target, name: t, spec: null}", 1},
  };
  for (const Row& row : rows) {
    file(row.path, row.content);
    EXPECT_EQ(titan(std::string("apply -f ") + row.path), row.code) << row.path;
    EXPECT_TRUE(err.starts_with(std::string("titan: ") + row.path)) << err;
    EXPECT_EQ(out, "");
  }
  EXPECT_EQ(titan("apply -f none.yaml"), 3);
  std::filesystem::create_directories(disk("bare"));
  EXPECT_EQ(titan("apply -f bare"), 3);
  EXPECT_EQ(err, "titan: bare: the folder has no .yaml, .yml or .json file\n");
  EXPECT_TRUE(api.log.empty());
}

}  // namespace
}  // namespace titan::cli
