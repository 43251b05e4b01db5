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

TEST_F(DeleteTest, NamesThoseThatUseIt) {
  api.override("DELETE /v1/workspaces/default/targets/t",
               testing::json_response({{"error",
                                        {{"code", "conflict"},
                                         {"message", "is used by 2 deployments"},
                                         {"subject", "target default/t"},
                                         {"users", {"deployment default/d", "deployment iot/e"}}}}},
                                      409));
  const std::string expected =
      "titan: target default/t: is used by 2 deployments\n"
      "titan:   used by deployment default/d\n"
      "titan:   used by deployment iot/e\n";
  EXPECT_EQ(titan("delete target t"), 4);
  EXPECT_EQ(err, expected);
  file("f.yaml", "{kind: Target, name: t, spec: {selector: x}}");
  EXPECT_EQ(titan("delete -f f.yaml"), 4);
  EXPECT_EQ(err, expected);
}

TEST_F(DeleteTest, WaitsUntilItIsGone) {
  const auto deleting = [&] {
    nlohmann::json entity = api.at("deployments", "default", "d");
    HttpResponse response = testing::json_response(entity);
    response.headers.emplace("Titan-Outcome", "deleting");
    return response;
  };
  api.override("DELETE /v1/workspaces/default/deployments/d", deleting());
  EXPECT_EQ(titan("delete host pi --wait"), 0) << err;
  EXPECT_EQ(out, "host/pi deleted\n");
  api.on_wait = [&](std::chrono::seconds wait) { clock.advance(wait); };
  EXPECT_EQ(titan("delete deployment d --wait --timeout 30s"), 1);
  EXPECT_EQ(out, "deployment/d deleting\n");
  EXPECT_EQ(err, "titan: deployment default/d: it should be deleted, and after 30s it is READY\n");
  api.on_wait = [&](std::chrono::seconds) { api.erase("deployments", "default", "d"); };
  EXPECT_EQ(titan("delete deployment d --wait"), 0) << err;
  EXPECT_EQ(out, "deployment/d deleting\ndeployment/d deleted\n");
  EXPECT_EQ(titan("delete deployment d --timeout 1m"), 2);
  EXPECT_EQ(err, "titan: --timeout is for --wait\n");
  EXPECT_EQ(titan("delete deployment d --wait --timeout soon"), 2);
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
