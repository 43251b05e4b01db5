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
  for (const std::string& line : api.log) EXPECT_TRUE(line.starts_with("GET ")) << line;
}

TEST_F(DiffTest, ComparesTemplatesWithoutUploadingThem) {
  file("t/x", "content");
  file("f.yaml", "{kind: Template, name: t, spec: {directory: t}}");
  ASSERT_EQ(titan("apply -f f.yaml"), 0) << err;
  EXPECT_EQ(titan("diff -f f.yaml"), 0) << out;
  file("t/x", "other");
  api.log.clear();
  EXPECT_EQ(titan("diff -f f.yaml"), 1);
  EXPECT_NE(out.find("\n-    - digest: sha256:"), std::string::npos) << out;
  EXPECT_EQ(api.log, std::vector<std::string>{"GET /v1/templates/t"});
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

}  // namespace
}  // namespace titan::cli
