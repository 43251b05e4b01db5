#include "agent/secret_rendering.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/base64.hpp"
#include "base/sealing.hpp"
#include "model/secret_use.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan::agent {
namespace {

using model::DesiredDeployment;
using model::SecretUse;
using nlohmann::json;
using titan::testing::SeededRandom;

class SecretRendering : public ::testing::Test {
 protected:
  SecretRendering() {
    form_.key = {.kind = model::Kind::deployment, .workspace = "shop", .name = "prod"};
    put_values({{"password", {{"$secret", "db"}, {"key", "password"}}}, {"port", 5432}});
    use("password", kValue);
  }

  void put_values(const json& values) {
    form_.inputs = model::Values::from({{"values", values}}).value();
  }
  [[nodiscard]] std::string seal(const std::string& context,
                                 std::initializer_list<std::string_view> pieces) const {
    return base64url(seal_for(device_.public_key(), signable(context, pieces)));
  }
  void use(const std::string& key, const std::string& value) {
    const Digest digest = Digest::of("mac of " + key + value);
    form_.secrets.push_back(
        {"db", key, digest,
         seal("titan-secret-2", {"acme", "shop", "db", key, digest.text(), value})});
  }
  Result<std::vector<SecretFile>> render(std::vector<render::SourceFile> sources) {
    const auto compiled = render::CompiledTemplate::compile(std::move(sources)).value();
    TITAN_ASSIGN(const auto shown,
                 compiled.render(model::inputs_with_placeholders(form_).value().json()));
    return render_secret_files(form_, compiled, shown, {device_, "acme"});
  }
  Result<std::vector<SecretFile>> render() {
    return render({{.path = "root/etc/db", .content = "{{values.password}}\n"}});
  }

  static constexpr const char* kValue = "hunter2-hunter2";
  SeededRandom random_{5};
  SigningKey device_ = SigningKey::make(random_);
  DesiredDeployment form_;
};

TEST_F(SecretRendering, GivesTheFilesThatHoldValuesAndNoOthers) {
  const auto files =
      render({{.path = "root/etc/db.conf", .mode = 0600, .content = "p={{values.password}}\n"},
              {.path = "root/etc/port", .content = "{{values.port}}\n"},
              {.path = "compose.yaml", .content = "password: \"{{values.password}}\"\n"}})
          .value();
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files[0].path, "etc/db.conf");
  EXPECT_EQ(files[0].mode, 0600U);
  EXPECT_EQ(files[0].content.bytes(), "p=hunter2-hunter2\n");
}

TEST_F(SecretRendering, EscapesValuesForTheirFile) {
  form_.secrets.clear();
  use("password", "a\"b");
  const auto files =
      render({{.path = "root/db.json", .content = R"({"p": "{{values.password}}"})"}}).value();
  EXPECT_EQ(files.at(0).content.bytes(), R"({"p": "a\"b"})");
}

TEST_F(SecretRendering, GivesNothingWhereNoSecretIsUsed) {
  form_.secrets.clear();
  put_values({{"password", "plain"}});
  EXPECT_TRUE(render().value().empty());
}

TEST_F(SecretRendering, RefusesAValueThatIsNotTheOneMeantForThisPlace) {
  const SecretUse good = form_.secrets[0];
  const std::string digest = good.digest.text();
  const auto sealed = [&](std::string_view organization, std::string_view workspace,
                          std::string_view name, std::string_view key, std::string_view of) {
    return seal("titan-secret-2", {organization, workspace, name, key, of, kValue});
  };
  const SigningKey other = SigningKey::make(random_);
  const std::string for_another = base64url(
      seal_for(other.public_key(),
               signable("titan-secret-2", {"acme", "shop", "db", "password", digest, kValue})));
  struct Row {
    const char* name;
    std::string sealed;
    const char* says;
  };
  const std::vector<Row> rows = {
      {"nothing", "", "the server sent no value"},
      {"no base64url", "?", "is no sealed value"},
      {"a text that is too short", "AAAA", "was not sealed for this host's key"},
      {"another host's", for_another, "was not sealed for this host's key"},
      {"one for the server",
       seal("titan-secret-1", {"acme", "shop", "db", "password", digest, kValue}),
       "is no value of a secret"},
      {"one with too few pieces",
       seal("titan-secret-2", {"acme", "shop", "db", "password", kValue}),
       "is no value of a secret"},
      {"another organization's", sealed("evil", "shop", "db", "password", digest), "another one"},
      {"another workspace's", sealed("acme", "home", "db", "password", digest), "another one"},
      {"another secret's", sealed("acme", "shop", "web", "password", digest), "another one"},
      {"another key's", sealed("acme", "shop", "db", "user", digest), "another one"},
      {"an older one", sealed("acme", "shop", "db", "password", Digest::of("old").text()),
       "another one"},
      {"an empty one", seal("titan-secret-2", {"acme", "shop", "db", "password", digest, ""}),
       "the value is empty"},
  };
  for (const Row& row : rows) {
    form_.secrets = {good};
    form_.secrets[0].sealed = row.sealed;
    const auto files = render();
    ASSERT_FALSE(files) << row.name;
    EXPECT_EQ(files.error().code, ErrorCode::invalid) << row.name;
    EXPECT_NE(files.error().text().find("the key \"password\" of the secret \"db\""),
              std::string::npos)
        << files.error().text();
    EXPECT_NE(files.error().text().find(row.says), std::string::npos) << files.error().text();
    EXPECT_EQ(files.error().text().find(kValue), std::string::npos) << row.name;
  }
}

TEST_F(SecretRendering, NeverQuotesAValueThatTheTemplateCannotTake) {
  // What stands for the value may be part of a name when the template cuts nothing off: only the
  // value has a slash here.
  put_values({{"password", {{"$secret", "db"}, {"key", "password"}}},
              {"user", {{"$secret", "db"}, {"key", "user"}}}});
  form_.secrets.clear();
  use("password", std::string(16384, 'x') + "tail");
  use("user", "plain-user");
  std::string text;
  for (int i = 0; i < 300; ++i) text += "{{values.password}}";
  const auto files = render({{.path = "root/a", .content = text + "{{values.user}}"}});
  ASSERT_FALSE(files);
  EXPECT_EQ(files.error().code, ErrorCode::exhausted);
  EXPECT_NE(files.error().text().find("the key \"password\" of the secret \"db\""),
            std::string::npos)
      << files.error().text();
  EXPECT_EQ(files.error().text().find("xxxx"), std::string::npos);
}

TEST_F(SecretRendering, RefusesAValueInAPath) {
  // The server refuses it as well: what stands for the value has a slash. Here it says otherwise.
  const auto compiled =
      render::CompiledTemplate::compile({{.path = "root/{{values.password}}", .content = "x"}})
          .value();
  const std::vector<model::RenderedFile> shown = {{.path = "root/elsewhere", .content = "x"}};
  const auto files = render_secret_files(form_, compiled, shown, {device_, "acme"});
  ASSERT_FALSE(files);
  EXPECT_EQ(files.error().code, ErrorCode::invalid);
  EXPECT_NE(files.error().message.find("part of the path"), std::string::npos);
  EXPECT_EQ(files.error().text().find(kValue), std::string::npos);
}

}  // namespace
}  // namespace titan::agent
