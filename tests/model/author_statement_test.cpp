#include "model/author_statement.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "base/json.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan::model {
namespace {

using nlohmann::json;

Values values(const char* text) {
  return Values::from(parse_json(text).value()).value();
}

class AuthorStatementTest : public ::testing::Test {
 protected:
  const Entity template_{
      .name = "service",
      .spec = TemplateSpec{.driver = "files",
                           .defaults = values(R"({"a": 1, "deep": {"x": 1, "y": 1}})"),
                           .files = {{"root/a", 0644, Digest::of("a"), 1}}}};
  const Entity workload_{
      .name = "sensor",
      .workspace = "iot",
      .spec = WorkloadSpec{.repo = "r", .values = values(R"({"b": 2, "deep": {"y": 2}})")}};
  const Entity deployment_{.name = "prod",
                           .organization = "acme",
                           .workspace = "iot",
                           .spec = DeploymentSpec{.values = values(R"({"a": 3})")}};
  const AuthorStatement statement_{.key = deployment_.key(),
                                   .driver = "files",
                                   .files = std::get<TemplateSpec>(template_.spec).files,
                                   .inputs = author_inputs(template_, workload_, deployment_)};
  const HostStatement host_{.key = {"acme", Kind::host, "", "pi"},
                            .labels = {{"site", "lab"}},
                            .values = values(R"({"n": 1})")};
};

// What the contract says, piece by piece.
TEST_F(AuthorStatementTest, IsThePiecesOfTheContractInTheirOrder) {
  const std::string files =
      Hasher().add(1U).add("root/a").add(0644U).add(Digest::of("a").text()).finish().text();
  EXPECT_EQ(author_proof(statement_, 7),
            signable("titan-author-1",
                     {"acme", "iot", "prod", "7", "files", files,
                      R"({"deployment":{"name":"prod"},"organization":{"name":"acme"},)"
                      R"("values":{"a":3,"b":2,"deep":{"x":1,"y":2}},)"
                      R"("workload":{"name":"sensor","repo":"r"},"workspace":{"name":"iot"}})"}));
  AuthorStatement more = statement_;
  more.depends_on = {"base"};
  more.drift_policy = DriftPolicy::report;
  more.health.checks = {{.command = {"/bin/true"}}};
  more.hooks.pre_remove.timeout = std::chrono::seconds(60);
  EXPECT_EQ(author_proof(more, 7),
            signable("titan-author-1", {"acme", "iot", "prod", "7", "files", files,
                                        canonical_json(statement_.inputs.json()),
                                        R"({"dependsOn":["base"],"driftPolicy":"report",)"
                                        R"("health":{"checks":[{"exec":["/bin/true"]}]},)"
                                        R"("hooks":{"preRemove":{"timeout":"1m"}}})"}));
  EXPECT_EQ(author_proof(host_, 7),
            signable("titan-author-host-1",
                     {"acme", "pi", "7", R"({"labels":{"site":"lab"},"values":{"n":1}})"}));
}

TEST_F(AuthorStatementTest, DiffersWhenAnythingThatIsSaidDiffers) {
  std::vector<AuthorStatement> statements(9, statement_);
  statements[1].key.organization = "default";
  statements[2].key.workspace = "lab";
  statements[3].key.name = "dev";
  statements[4].driver = "systemd";
  statements[5].files[0].path = "root/b";
  statements[6].files[0].mode = 0755;
  statements[7].files[0].digest = Digest::of("b");
  statements[8].files.clear();
  statements.push_back(statement_);
  statements.back().files.push_back({"root/b", 0644, Digest::of("a"), 1});
  statements.push_back(statement_);
  statements.back().inputs = values("{}");
  for (int i = 0; i < 9; ++i) statements.push_back(statement_);
  const std::size_t last = statements.size() - 1;
  statements[last].health.checks = {{.command = {"/bin/true"}}};
  statements[last - 1].health.checks = {{.command = {"/bin/false"}}};
  statements[last - 2].depends_on = {"base"};
  statements[last - 3].depends_on = {"base", "more"};
  statements[last - 4].drift_policy = DriftPolicy::report;
  statements[last - 5].files[0].owner = "root";
  statements[last - 6].files[0].escape = "ini";
  statements[last - 7].hooks.pre_apply.file = "hooks/a";
  statements[last - 8].hooks.pre_apply.timeout = std::chrono::seconds(1);
  std::set<std::string> proofs = {author_proof(statement_, 2)};
  for (const AuthorStatement& statement : statements) proofs.insert(author_proof(statement, 1));
  std::vector<HostStatement> hosts(5, host_);
  hosts[1].key.organization = "default";
  hosts[2].key.name = "nuc";
  hosts[3].labels["site"] = "attic";
  hosts[4].values = values(R"({"n": 1.0})");
  for (const HostStatement& host : hosts) proofs.insert(author_proof(host, 1));
  EXPECT_EQ(proofs.size(), 1 + statements.size() + hosts.size());
}

TEST_F(AuthorStatementTest, IsMadeAnewFromWhatAHostWasSent) {
  json sent = statement_.inputs.json();
  sent["host"] = {{"name", "pi"}, {"labels", json::object()}};
  sent["values"]["n"] = 1;
  const Values own = author_values(template_, workload_, deployment_);
  EXPECT_EQ(author_inputs(Values::from(sent).value(), own), statement_.inputs);
}

TEST_F(AuthorStatementTest, HoldsUnderTheKeyAndTheSerialItWasSignedWith) {
  testing::SeededRandom random(1);
  const SigningKey key = SigningKey::make(random);
  const PublicKey other = SigningKey::make(random).public_key();
  const Signature signature = key.sign(author_proof(statement_, 7));
  EXPECT_TRUE(holds({key.public_key(), 7, signature}, statement_));
  EXPECT_FALSE(holds({key.public_key(), 8, signature}, statement_));
  EXPECT_FALSE(holds({other, 7, signature}, statement_));
  EXPECT_FALSE(holds({key.public_key(), 7, signature}, host_));
  EXPECT_TRUE(holds({key.public_key(), 7, key.sign(author_proof(host_, 7))}, host_));
}

}  // namespace
}  // namespace titan::model
