#include "tests/cli/cli_fixture.hpp"

namespace titan::cli {
namespace {

class DeleteTest : public testing::CliTest {
 protected:
  void SetUp() override {
    api.put({{"kind", "Host"}, {"name", "pi"}});
    api.put({{"kind", "Target"}, {"name", "t"}, {"spec", {{"selector", "x"}}}});
    api.put(
        {{"kind", "Deployment"}, {"name", "d"}, {"spec", {{"workload", "w"}, {"target", "t"}}}});
  }
};

TEST_F(DeleteTest, TellsWhatWasDeletedAndWhatIsWaitedFor) {
  EXPECT_EQ(titan("delete host pi"), 0);
  EXPECT_EQ(out, "host/pi deleted\n");
  EXPECT_FALSE(api.has("hosts", "", "pi"));
  EXPECT_EQ(titan("delete deployment/d"), 0);
  EXPECT_EQ(out, "deployment/d deleting\n");
  EXPECT_EQ(api.log.back(), "DELETE /v1/workspaces/default/deployments/d");
}

TEST_F(DeleteTest, PassesForceOn) {
  EXPECT_EQ(titan("delete deployment d --force"), 0);
  EXPECT_EQ(api.log.back(), "DELETE /v1/workspaces/default/deployments/d?force=true");
}

TEST_F(DeleteTest, ForgivesWhatDoesNotExistOnlyWhenAsked) {
  EXPECT_EQ(titan("delete host nobody"), 3);
  EXPECT_EQ(err, "titan: host nobody: does not exist\n");
  EXPECT_EQ(titan("delete host nobody --ignore-not-found"), 0);
  EXPECT_EQ(out + err, "");
}

TEST_F(DeleteTest, EndsWithConflictWhenItIsInUse) {
  api.override("DELETE /v1/workspaces/default/targets/t",
               testing::error_response(409, "conflict", "is used by deployment default/d", {},
                                       "target default/t"));
  EXPECT_EQ(titan("delete target t"), 4);
  EXPECT_EQ(err, "titan: target default/t: is used by deployment default/d\n");
}

TEST_F(DeleteTest, DeletesWhatFilesNameFromTheLastReferenceOn) {
  file("f.yaml",
       "{kind: Host, name: pi}\n---\n{kind: Host, name: nobody}\n"
       "---\n{kind: Target, name: t, spec: {selector: x}}\n"
       "---\n{kind: Template, name: gone, spec: {directory: nowhere}}\n"
       "---\n{kind: Deployment, name: d, spec: {workload: w, target: t}}\n");
  EXPECT_EQ(titan("delete -f f.yaml"), 3);
  EXPECT_EQ(out, "deployment/d deleting\ntarget/t deleted\nhost/pi deleted\n");
  EXPECT_EQ(err, "titan: template gone: does not exist\ntitan: host nobody: does not exist\n");
  EXPECT_EQ(titan("delete -f f.yaml --ignore-not-found"), 0);
  EXPECT_EQ(out + err, "");
}

TEST_F(DeleteTest, NeedsExactlyOneWayToNameThings) {
  EXPECT_EQ(titan("delete"), 2);
  EXPECT_EQ(titan("delete host"), 2);
  EXPECT_EQ(titan("delete host pi -f x"), 2);
  EXPECT_EQ(titan("delete -f none.yaml"), 3);
  EXPECT_TRUE(api.log.empty());
}

}  // namespace
}  // namespace titan::cli
