#include "base/digest.hpp"
#include "tests/cli/cli_fixture.hpp"

namespace titan::cli {
namespace {

class DiffTest : public testing::CliTest {
 protected:
  void SetUp() override {
    api.put({{"kind", "Host"},
             {"name", "a"},
             {"revision", 4},
             {"spec", {{"labels", {{"region", "eu"}, {"tier", "db"}}}}}});
    api.put({{"kind", "Host"}, {"name", "b"}});
  }
};

TEST_F(DiffTest, IsSilentWhenApplyWouldChangeNothing) {
  file("f.yaml",
       "{kind: Host, name: a, spec: {labels: {tier: db, region: eu}}}\n---\n"
       "{kind: Host, name: b}\n");
  EXPECT_EQ(titan("diff -f f.yaml"), 0) << err;
  EXPECT_EQ(out + err, "");
}

TEST_F(DiffTest, ShowsWhatApplyWouldChange) {
  file("f.yaml",
       "{kind: Host, name: a, tags: {x: z}, spec: {labels: {region: us, tier: db}}}\n---\n"
       "{kind: Workspace, name: iot, spec: {description: new}}\n");
  EXPECT_EQ(titan("diff -f f.yaml"), 1);
  EXPECT_EQ(out,
            "--- /dev/null\n"
            "+++ workspace iot (f.yaml, document 2)\n"
            "@@ -0,0 +1,2 @@\n"
            "+spec:\n"
            "+  description: new\n"
            "--- host a (revision 4)\n"
            "+++ host a (f.yaml, document 1)\n"
            "@@ -1,5 +1,7 @@\n"
            " spec:\n"
            "   delivery: agent\n"
            "   labels:\n"
            "-    region: eu\n"
            "+    region: us\n"
            "     tier: db\n"
            "+tags:\n"
            "+  x: z\n");
  EXPECT_EQ(err, "");
  for (const std::string& line : api.log) {
    EXPECT_TRUE(line.starts_with("GET ") || line.starts_with("POST /v1/preview")) << line;
  }
}

TEST_F(DiffTest, ComparesTemplatesWithoutUploadingThemWhenHostsAreNoMatter) {
  file("t/x", "content");
  file("f.yaml", "{kind: Template, name: t, spec: {directory: t}}");
  ASSERT_EQ(titan("apply -f f.yaml"), 0) << err;
  EXPECT_EQ(titan("diff -f f.yaml"), 0) << out;
  file("t/x", "other");
  api.log.clear();
  EXPECT_EQ(titan("diff -f f.yaml --no-hosts"), 1);
  EXPECT_NE(out.find("\n-    - digest: sha256:"), std::string::npos) << out;
  EXPECT_EQ(api.log, std::vector<std::string>{"GET /v1/templates/t"});
  EXPECT_EQ(titan("diff -f f.yaml"), 1);
  EXPECT_EQ(api.log.back(), "POST /v1/preview?createWorkspace=true");
  EXPECT_TRUE(api.blobs.contains(Digest::of("other").text()));
}

TEST_F(DiffTest, ColoursLinesOnATerminalOnlyAndEscapesThem) {
  file("f.yaml", "{kind: Host, name: a, spec: {labels: {region: eu}}}");
  is_terminal = true;
  EXPECT_EQ(titan("diff -f f.yaml"), 1);
  EXPECT_NE(out.find("\x1b[31m-    tier: db\x1b[0m\n"), std::string::npos) << out;
  EXPECT_NE(out.find("\x1b[36m@@ -2,4 +2,3 @@\x1b[0m\n"), std::string::npos) << out;
  variables["NO_COLOR"] = "1";
  EXPECT_EQ(titan("diff -f f.yaml"), 1);
  EXPECT_EQ(out.find('\x1b'), std::string::npos) << out;
}

TEST_F(DiffTest, EndsAboveOneAfterAnError) {
  struct Row {
    const char* content;
    int code;
  };
  const Row rows[] = {
      {"{kind: Host, name: A}", 2},
      {"[", 2},
      {"{kind: Template, name: t, spec: {directory: none}}", 3},
      {"{kind: Host, name: b, tags: {a: b}}\n---\n{kind: Hots, name: c}", 2},
      {"{kind: Host, name: denied}", 5},
  };
  api.override("GET /v1/hosts/denied", {.status = 403});
  for (const Row& row : rows) {
    file("f.yaml", row.content);
    EXPECT_EQ(titan("diff -f f.yaml"), row.code) << row.content << err;
    EXPECT_NE(err, "");
  }
  EXPECT_EQ(titan("diff -f none.yaml"), 3);
  EXPECT_EQ(titan("diff -f f.yaml --server nonsense"), 2);
  EXPECT_EQ(titan("diff"), 2);
  reachable = false;
  EXPECT_EQ(titan("diff -f f.yaml"), 6);
}

// ---- what happens on hosts ---------------------------------------------------------------------

using nlohmann::json;

json effect(const char* action, const char* subject) {
  return {{"action", action}, {"subject", subject}};
}

json group(const std::string& change, const std::vector<std::string>& hosts) {
  const json sides = {{"before", "0644"}, {"after", "0644"}};
  return {
      {"deployment", "default/prod"},
      {"change", change},
      {"hosts", hosts},
      {"driver", "systemd"},
      {"version", {{"before", 1}, {"after", 2}}},
      {"files", json::array({{{"path", "root/etc/a.conf"},
                              {"change", "changed"},
                              {"mode", sides},
                              {"digest", {{"before", Digest::of("1").text()}, {"after", nullptr}}},
                              {"diff", "@@ -1 +1 @@\n-port 1\n+port 2\n"}}})},
      {"effects", json::array({effect("restart", "a.service"), effect("restart", "b.service"),
                               effect("start", "c.service")})}};
}

json preview(const json& groups) {
  return {{"bookmark", "0123456789abcdef.7"},
          {"groups", groups},
          {"hosts", 3},
          {"changedHosts", 3},
          {"moreHosts", 0},
          {"moreDeployments", 0}};
}

class HostDiffTest : public DiffTest {
 protected:
  void SetUp() override {
    DiffTest::SetUp();
    file("f.yaml", "{kind: Host, name: b, spec: {labels: {x: z}}}");
  }
  void answer(const json& seen) { api.override("POST /v1/preview", testing::json_response(seen)); }
  // What is printed after the entities.
  std::string hosts_part() const {
    const auto at = out.find("deployment default/");
    return at == std::string::npos ? "" : out.substr(at);
  }
};

TEST_F(HostDiffTest, ShowsFilesLineByLineAndWhatRestarts) {
  answer(preview(json::array({group("changed", {"a", "b", "c"})})));
  EXPECT_EQ(titan("diff -f f.yaml"), 1) << err;
  EXPECT_EQ(hosts_part(),
            "deployment default/prod changes on 3 hosts: a, b, c\n"
            "--- root/etc/a.conf\n"
            "+++ root/etc/a.conf\n"
            "@@ -1 +1 @@\n"
            "-port 1\n"
            "+port 2\n"
            "  would restart a.service, b.service; start c.service\n");
  EXPECT_EQ(err, "");
}

TEST_F(HostDiffTest, NamesSomeOfManyHostsAndChangesUntilAllAreWanted) {
  std::vector<std::string> hosts;
  for (int i = 10; i < 47; ++i) hosts.push_back("h" + std::to_string(i));
  json groups = json::array();
  for (int i = 0; i < 25; ++i) groups.push_back(group("added", hosts));
  json seen = preview(groups);
  seen["moreHosts"] = 99'000;
  answer(seen);
  EXPECT_EQ(titan("diff -f f.yaml"), 1);
  EXPECT_NE(out.find("is new on 37 hosts: h10, h11, h12, h13, h14, h15, h16, h17, h18, h19 and 27 "
                     "more\n"),
            std::string::npos)
      << out;
  EXPECT_NE(out.find("\nand 5 other changes; --all-hosts shows all\n"
                     "3 hosts were looked at; it may reach 99000 more\n"),
            std::string::npos)
      << out;
  EXPECT_EQ(titan("diff -f f.yaml --all-hosts"), 1);
  EXPECT_NE(out.find(", h45, h46\n"), std::string::npos);
  EXPECT_EQ(out.find("other changes"), std::string::npos);
}

TEST_F(HostDiffTest, TellsOfWhatFailsAndWhatLeaves) {
  json failing = group("failing", {"a"});
  failing["files"] = json::array();
  failing["effects"] = json::array();
  failing["error"] = "values.x is not known";
  json gone = group("removed", {"b"});
  gone["files"][0]["mode"]["after"] = nullptr;
  gone["note"] = "the driver decides";
  answer(preview(json::array({failing, gone})));
  EXPECT_EQ(titan("diff -f f.yaml"), 1);
  EXPECT_NE(out.find("cannot be rendered on 1 host: a\n  error: values.x is not known\n"),
            std::string::npos)
      << out;
  EXPECT_NE(out.find("leaves 1 host: b\n--- root/etc/a.conf (0644)\n+++ /dev/null\n"),
            std::string::npos)
      << out;
  EXPECT_NE(out.find("  note: the driver decides\n"), std::string::npos) << out;
}

TEST_F(HostDiffTest, ShowsEntitiesAloneToThoseWhoMayNotWriteThem) {
  api.override("POST /v1/preview",
               testing::error_response(403, "denied", "your role is too small"));
  EXPECT_EQ(titan("diff -f f.yaml"), 1);
  EXPECT_NE(out.find("+    x: z\n"), std::string::npos);
  EXPECT_NE(err.find("your role is too small"), std::string::npos) << err;
  api.override("POST /v1/preview",
               testing::error_response(422, "invalid", "is wrong", "changes[0].entity.spec.labels",
                                       "host b"));
  EXPECT_EQ(titan("diff -f f.yaml"), 2);
  EXPECT_NE(err.find("f.yaml, host b: spec.labels: is wrong"), std::string::npos) << err;
}

TEST_F(HostDiffTest, PrintsDocumentsForPrograms) {
  answer(preview(json::array({group("changed", {"a"})})));
  EXPECT_EQ(titan("diff -f f.yaml -o json"), 1);
  const json document = json::parse(out);
  EXPECT_EQ(document["entities"][0]["entity"], "host b");
  EXPECT_EQ(document["hosts"]["groups"][0]["hosts"], json({"a"}));
  EXPECT_EQ(titan("diff -f f.yaml -o json --no-hosts"), 1);
  EXPECT_TRUE(json::parse(out)["hosts"].is_null());
}

TEST_F(HostDiffTest, TakesOneDocumentOfTheFiles) {
  file("g.yaml",
       "{kind: Host, name: a, spec: {labels: {n: o}}}\n---\n"
       "{kind: Host, name: b, spec: {labels: {x: z}}}\n");
  EXPECT_EQ(titan("diff host/b -f g.yaml"), 1);
  EXPECT_EQ(out.find("host a"), std::string::npos) << out;
  EXPECT_EQ(titan("diff host/none -f g.yaml"), 3);
  EXPECT_EQ(titan("diff hosts -f g.yaml"), 2);
}

TEST_F(HostDiffTest, HasNoColoursWhenToldSo) {
  answer(preview(json::array({group("changed", {"a"})})));
  is_terminal = true;
  EXPECT_EQ(titan("diff -f f.yaml"), 1);
  EXPECT_NE(out.find("\x1b[32m+port 2\x1b[0m\n"), std::string::npos) << out;
  EXPECT_EQ(titan("diff -f f.yaml --no-color"), 1);
  EXPECT_EQ(out.find('\x1b'), std::string::npos) << out;
}

}  // namespace
}  // namespace titan::cli
