#include "model/author_statement.hpp"
#include "model/spec.hpp"
#include "tests/cli/cli_fixture.hpp"

namespace titan::cli {
namespace {

using model::AuthorSignature;
using nlohmann::json;

class SignTest : public testing::CliTest {
 protected:
  SignTest() {
    api.put({{"kind", "Host"},
             {"name", "pi"},
             {"spec", {{"labels", {{"site", "lab"}}}, {"values", {{"n", 1}}}}}});
    api.put(
        {{"kind", "Template"},
         {"name", "service"},
         {"spec",
          {{"defaults", {{"a", 1}, {"b", 1}}},
           {"files", {{{"path", "root/a"}, {"digest", Digest::of("a").text()}, {"size", 1}}}}}}});
    api.put({{"kind", "Workload"},
             {"name", "sensor"},
             {"workspace", "default"},
             {"spec", {{"repo", "r"}, {"template", "service"}, {"values", {{"b", 2}}}}}});
    api.put({{"kind", "Deployment"},
             {"name", "prod"},
             {"workspace", "default"},
             {"spec", {{"workload", "sensor"}, {"target", "lab"}, {"values", {{"a", 3}}}}}});
    EXPECT_EQ(titan("key new author.key"), 0) << err;
    key_ = out.substr(0, out.size() - 1);
  }
  model::Entity entity(const char* plural, const std::string& workspace, const std::string& name) {
    return model::parse_entity(api.at(plural, workspace, name)).value();
  }
  std::vector<AuthorSignature> of_prod() {
    return std::get<model::DeploymentSpec>(entity("deployments", "default", "prod").spec)
        .signatures;
  }
  model::AuthorStatement prod() {
    const auto source = entity("templates", "", "service");
    const auto deployment = entity("deployments", "default", "prod");
    const auto& spec = std::get<model::TemplateSpec>(source.spec);
    return {deployment.key(), spec.driver, spec.files,
            model::author_inputs(source, entity("workloads", "default", "sensor"), deployment)};
  }
  void put_signatures(const std::vector<AuthorSignature>& signatures) {
    api.at("deployments", "default", "prod")["spec"]["signatures"] = model::json_of(signatures);
  }

  std::string key_;  // its public half
};

TEST_F(SignTest, MakesAKeyThatNobodyElseMayReadAndNeverOverwritesOne) {
  const auto key = SigningKey::parse(content("author.key").substr(0, 58));
  ASSERT_TRUE(key) << content("author.key");
  EXPECT_EQ(key->public_key().text(), key_);
  const auto mode = std::filesystem::status(disk("author.key")).permissions();
  EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  const std::string before = content("author.key");
  EXPECT_EQ(titan("key new author.key"), 4);
  EXPECT_EQ(content("author.key"), before);
  EXPECT_EQ(titan("key new nowhere/author.key"), 3) << err;
}

TEST_F(SignTest, SignsWhatTheServerShows) {
  EXPECT_EQ(titan("sign deployment/prod --key author.key --yes"), 0) << err;
  EXPECT_EQ(out, "deployment/prod signed by " + key_ + "\n");
  EXPECT_EQ(err,
            "deployment/prod of the workspace default of the organization default\n"
            "driver files, files:\n"
            "  0644 " +
                Digest::of("a").text() +
                " root/a\n"
                "filled with, besides what is the host's:\n"
                "  deployment:\n"
                "    name: prod\n"
                "  organization:\n"
                "    name: default\n"
                "  values:\n"
                "    a: 3\n"
                "    b: 2\n"
                "  workload:\n"
                "    name: sensor\n"
                "    repo: r\n"
                "  workspace:\n"
                "    name: default\n");
  const auto signatures = of_prod();
  ASSERT_EQ(signatures.size(), 1U);
  EXPECT_EQ(signatures[0].key.text(), key_);
  EXPECT_EQ(signatures[0].serial, static_cast<std::uint64_t>(clock.wall().micros()));
  EXPECT_TRUE(model::holds(signatures[0], prod()));
}

TEST_F(SignTest, SignsTheLabelsAndValuesOfAHost) {
  EXPECT_EQ(titan("sign host pi --key author.key --yes"), 0) << err;
  EXPECT_EQ(out, "host/pi signed by " + key_ + "\n");
  EXPECT_EQ(err,
            "host/pi of the organization default\n"
            "  labels:\n"
            "    site: lab\n"
            "  values:\n"
            "    \"n\": 1\n");
  const model::Entity host = entity("hosts", "", "pi");
  const auto& spec = std::get<model::HostSpec>(host.spec);
  ASSERT_EQ(spec.signatures.size(), 1U);
  EXPECT_TRUE(
      model::holds(spec.signatures[0], model::HostStatement{host.key(), spec.labels, spec.values}));
}

TEST_F(SignTest, AsksThePersonAtTheTerminal) {
  EXPECT_EQ(titan("sign deployment/prod --key author.key"), 1);
  EXPECT_NE(err.find("there is no terminal"), std::string::npos) << err;
  EXPECT_TRUE(of_prod().empty());
  is_terminal = true;
  says_yes = false;
  EXPECT_EQ(titan("sign deployment/prod --key author.key"), 1);
  EXPECT_EQ(asked, "sign this?");
  EXPECT_NE(err.find("nothing is signed"), std::string::npos) << err;
  EXPECT_TRUE(of_prod().empty());
  says_yes = true;
  EXPECT_EQ(titan("sign deployment/prod --key author.key"), 0) << err;
  EXPECT_EQ(of_prod().size(), 1U);
}

TEST_F(SignTest, SignsAnewWhatChangedWithAGreaterSerial) {
  ASSERT_EQ(titan("sign deployment/prod --key author.key --yes"), 0) << err;
  const AuthorSignature first = of_prod()[0];
  EXPECT_EQ(titan("sign deployment/prod --key author.key --yes"), 0) << err;
  EXPECT_EQ(out, "deployment/prod is signed already by " + key_ + "\n");
  EXPECT_EQ(of_prod()[0], first);
  // The clock stands still.
  api.at("workloads", "default", "sensor")["spec"]["repo"] = "other";
  EXPECT_EQ(titan("sign deployment/prod --key author.key --yes"), 0) << err;
  ASSERT_EQ(of_prod().size(), 1U);
  EXPECT_EQ(of_prod()[0].serial, first.serial + 1);
  EXPECT_TRUE(model::holds(of_prod()[0], prod()));
  EXPECT_FALSE(model::holds(first, prod()));
}

TEST_F(SignTest, KeepsOfOthersSignaturesThoseThatAreOfTheSame) {
  ASSERT_EQ(titan("sign deployment/prod --key author.key --yes"), 0) << err;
  ASSERT_EQ(titan("key new second.key"), 0) << err;
  ASSERT_EQ(titan("sign deployment/prod --key second.key --yes"), 0) << err;
  ASSERT_EQ(of_prod().size(), 2U);
  for (const AuthorSignature& each : of_prod()) EXPECT_TRUE(model::holds(each, prod()));
  api.at("workloads", "default", "sensor")["spec"]["repo"] = "other";
  ASSERT_EQ(titan("sign deployment/prod --key second.key --yes"), 0) << err;
  ASSERT_EQ(of_prod().size(), 1U);
  EXPECT_NE(err.find("titan: the signature by " + key_ + " is of something else, and is dropped\n"),
            std::string::npos)
      << err;
  EXPECT_TRUE(model::holds(of_prod()[0], prod()));
}

TEST_F(SignTest, IsRefusedWhenItWasChangedInBetween) {
  is_terminal = true;
  on_confirm = [&] {
    json spec = api.at("deployments", "default", "prod")["spec"];
    spec["values"]["a"] = 666;
    api.update("deployments", "default", "prod", {{"spec", spec}});
  };
  EXPECT_EQ(titan("sign deployment/prod --key author.key"), 4);
  EXPECT_NE(err.find("it was changed meanwhile"), std::string::npos) << err;
  EXPECT_TRUE(of_prod().empty());
  // The server moves the status by itself; that is no change.
  on_confirm = [&] { api.update("deployments", "default", "prod", {{"status", "READY"}}); };
  EXPECT_EQ(titan("sign deployment/prod --key author.key"), 0) << err;
  ASSERT_EQ(of_prod().size(), 1U);
  EXPECT_TRUE(model::holds(of_prod()[0], prod()));
}

TEST_F(SignTest, TakesNoSerialOfTheFutureForTrue) {
  const auto now = static_cast<std::uint64_t>(clock.wall().micros());
  const PublicKey key = PublicKey::parse(key_).value();
  put_signatures({{key, INT64_MAX, Signature()}});
  EXPECT_EQ(titan("sign deployment/prod --key author.key --yes"), 4);
  EXPECT_NE(err.find("a moment that is still to come"), std::string::npos) << err;
  put_signatures({{key, now + 5'000'000, Signature()}});
  EXPECT_EQ(titan("sign deployment/prod --key author.key --yes"), 0) << err;
  EXPECT_EQ(of_prod()[0].serial, now + 5'000'001);
}

TEST_F(SignTest, HasALimitOfSignatures) {
  std::vector<AuthorSignature> signatures;
  const model::AuthorStatement statement = prod();
  for (int i = 0; i < 8; ++i) {
    const SigningKey key = SigningKey::make(random);
    signatures.push_back({key.public_key(), 1, key.sign(model::author_proof(statement, 1))});
  }
  put_signatures(signatures);
  EXPECT_EQ(titan("sign deployment/prod --key author.key --yes"), 1);
  EXPECT_NE(err.find("it has 8 signatures, and can have no more"), std::string::npos) << err;
}

TEST_F(SignTest, SaysWhatIsWrong) {
  EXPECT_EQ(titan("sign deployment/prod"), 2);
  EXPECT_EQ(titan("sign template/service --key author.key"), 2);
  EXPECT_EQ(err, "titan: templates are not signed: expected deployment or host\n");
  EXPECT_EQ(titan("sign host/pi -w iot --key author.key"), 2);
  EXPECT_EQ(titan("key old author.key"), 2);
  EXPECT_EQ(titan("sign deployment/none --key author.key --yes"), 3);
  EXPECT_EQ(titan("sign deployment/prod --key none.key --yes"), 3);
  file("public.key", content("author.key"));
  std::filesystem::permissions(disk("public.key"), std::filesystem::perms(0640));
  EXPECT_EQ(titan("sign deployment/prod --key public.key --yes"), 5);
  EXPECT_NE(err.find("others than its owner may get at this secret"), std::string::npos) << err;
  file("author.key", "nonsense\n");
  EXPECT_EQ(titan("sign deployment/prod --key author.key --yes"), 1);
  EXPECT_EQ(err.find("nonsense"), std::string::npos) << err;
  EXPECT_TRUE(of_prod().empty());
}

}  // namespace
}  // namespace titan::cli
