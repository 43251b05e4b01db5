#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/base64.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"
#include "model/secret_value.hpp"
#include "tests/cli/cli_fixture.hpp"

namespace titan::cli {
namespace {

using nlohmann::json;
using testing::json_response;

class SecretTest : public testing::CliTest {
 protected:
  SecretTest() {
    api.override("GET /v1/identity", json_response({{"key", key_.public_key().text()},
                                                    {"rootKey", ""},
                                                    {"epoch", "0123456789abcdef"},
                                                    {"statements", json::array()}}));
  }
  // A secret as the server keeps it.
  void put_stored(const std::vector<std::string>& keys) {
    json data = json::object();
    for (const std::string& key : keys) {
      data[key] = {{"digest", Digest::of(key).text()}, {"blob", Digest::of("at " + key).text()}};
    }
    api.put(
        {{"kind", "Secret"}, {"name", "db"}, {"workspace", "default"}, {"spec", {{"data", data}}}});
  }
  json entry(const std::string& key, const std::string& workspace = "default") {
    return api.at("secrets", workspace, "db")["spec"]["data"][key];
  }
  // What the server would find in what was sent.
  std::string opened(const std::string& key, const std::string& workspace = "default") {
    const auto value = model::open_secret_value(
        key_, {.kind = model::Kind::secret, .workspace = workspace, .name = "db"}, key,
        entry(key, workspace)["sealed"].get<std::string>());
    return value ? std::string(value->bytes()) : value.error().text();
  }
  void expect_nothing_shown(const std::string& value) {
    EXPECT_EQ(out.find(value), std::string::npos) << out;
    EXPECT_EQ(err.find(value), std::string::npos) << err;
    EXPECT_EQ(api.body.find(value), std::string::npos) << api.body;
  }

  ::titan::testing::SeededRandom key_random_{9};
  const SigningKey key_ = SigningKey::make(key_random_);
};

TEST_F(SecretTest, IsCreatedSealedFromLiteralsFilesAndRandomLetters) {
  file("certs/server.key", "line 1\nhunter2\n");
  input = "from standard input";
  EXPECT_EQ(titan("create secret db --from-literal user=app=x --from-literal 'b=hunter2 b' "
                  "--from-file tls.key=certs/server.key --from-file c=- --generate password "
                  "--generate pin=12 --tags owner=tim"),
            0)
      << err;
  EXPECT_EQ(out, "secret/db created\n");
  expect_nothing_shown("hunter2");
  EXPECT_EQ(opened("user"), "app=x");
  EXPECT_EQ(opened("b"), "hunter2 b");
  EXPECT_EQ(opened("tls.key"), "line 1\nhunter2\n");
  EXPECT_EQ(opened("c"), "from standard input");
  EXPECT_EQ(opened("password").size(), 32U);
  EXPECT_EQ(opened("pin").size(), 12U);
  for (const char c : opened("password") + opened("pin")) EXPECT_TRUE(std::isalnum(c) != 0) << c;
  EXPECT_EQ(api.at("secrets", "default", "db")["tags"], json({{"owner", "tim"}}));
}

TEST_F(SecretTest, IsSealedForItsWorkspace) {
  EXPECT_EQ(titan("create secret --name db -w iot --from-literal k=v"), 0) << err;
  EXPECT_EQ(opened("k", "iot"), "v");
}

TEST_F(SecretTest, GetsOtherRandomLettersEachTime) {
  EXPECT_EQ(titan("create secret db --generate a --generate b"), 0) << err;
  EXPECT_NE(opened("a"), opened("b"));
}

TEST_F(SecretTest, IsRotatedInTheKeysThatAreNamed) {
  put_stored({"password", "user"});
  const json user = entry("user");
  EXPECT_EQ(titan("rotate secret db --from-literal password=hunter2"), 0) << err;
  EXPECT_EQ(out, "secret/db rotated\n");
  expect_nothing_shown("hunter2");
  EXPECT_EQ(opened("password"), "hunter2");
  EXPECT_EQ(entry("user"), user);
}

TEST_F(SecretTest, IsNotRotatedInKeysThatItDoesNotHave) {
  put_stored({"password", "user"});
  EXPECT_EQ(titan("rotate secret db --generate passwort"), 3);
  EXPECT_EQ(err,
            "titan: secret default/db: it has no key \"passwort\" (did you mean \"password\"?); "
            "titan edit or titan apply adds one\n");
  EXPECT_EQ(titan("rotate secret other --generate a"), 3);
  EXPECT_EQ(entry("password")["digest"], Digest::of("password").text());
}

TEST_F(SecretTest, IsRefusedWithoutQuotingAValue) {
  file("empty", "");
  file("large", std::string(16'385, 'x'));
  file("binary", std::string("hunter2\0", 8));
  const struct {
    const char* flags;
    const char* err;
  } rows[] = {
      {"", "expected a value: --from-literal, --from-file or --generate"},
      {"--from-literal hunter2", "--from-literal: expected KEY=VALUE"},
      {"--from-literal .k=hunter2", "--from-literal: \".k\" is not the key of a secret"},
      {"--from-literal k=", "--from-literal: \"k\": a value has 1 to 16384 bytes; this one has 0"},
      {"--from-literal k=hunter2 --generate k", "--generate: the key \"k\" is given twice"},
      {"--from-file hunter2", "--from-file: expected KEY=PATH"},
      {"--from-file k=empty", "--from-file: \"k\": a value has 1 to 16384 bytes"},
      {"--from-file k=large", "--from-file: \"k\": a value has 1 to 16384 bytes"},
      {"--from-file k=binary", "--from-file: \"k\": a value has no NUL character"},
      {"--from-file a=- --from-file b=-", "--from-file: standard input can be read once only"},
      {"--generate k=7", "--generate: expected KEY or KEY=LENGTH, a length from 8 to 1024"},
      {"--generate k=1025", "--generate: expected KEY or KEY=LENGTH, a length from 8 to 1024"},
      {"--generate k=x", "--generate: expected KEY or KEY=LENGTH, a length from 8 to 1024"},
  };
  input = "x";
  for (const auto& row : rows) {
    EXPECT_EQ(titan("create secret db " + std::string(row.flags)), 2) << row.flags;
    EXPECT_NE(err.find(row.err), std::string::npos) << err;
    expect_nothing_shown("hunter2");
    EXPECT_FALSE(api.has("secrets", "default", "db"));
  }
  EXPECT_EQ(titan("create secret db --from-file k=nowhere"), 3) << err;
  EXPECT_EQ(titan("create secret --generate k"), 2);
  EXPECT_EQ(titan("apply secret db --generate k"), 2);
  EXPECT_EQ(
      err,
      "titan: secrets are written by titan create secret, titan rotate secret and titan apply "
      "-f\nSee titan apply --help.\n");
}

TEST_F(SecretTest, IsShownByItsKeysAlone) {
  put_stored({"password", "user"});
  EXPECT_EQ(titan("get secrets"), 0) << err;
  EXPECT_EQ(out, "NAME   STATUS   KEYS   AGE\ndb     READY    2      5m\n");
  EXPECT_EQ(titan("get secrets -o wide --no-headers"), 0) << err;
  EXPECT_NE(out.find("password,user"), std::string::npos) << out;
  EXPECT_EQ(titan("describe secret db"), 0) << err;
  EXPECT_NE(out.find("Keys:        2\n"), std::string::npos) << out;
  EXPECT_NE(out.find("  password   " + Digest::of("password").text() + "\n"), std::string::npos)
      << out;
}

TEST_F(SecretTest, IsAppliedFromAManifestSealed) {
  file("db.yaml",
       "kind: Secret\nname: db\nspec:\n  data:\n    password: {value: hunter2}\n"
       "    text:\n      value: |\n        two\n        lines\n");
  EXPECT_EQ(titan("apply -f db.yaml"), 0) << err;
  EXPECT_EQ(out, "secret/db created\n");
  expect_nothing_shown("hunter2");
  EXPECT_EQ(opened("password"), "hunter2");
  EXPECT_EQ(opened("text"), "two\nlines\n");
}

TEST_F(SecretTest, IsAppliedBeforeWhatRefersToIt) {
  file("all.yaml",
       "kind: Workload\nname: w\nspec: {values: {p: {$secret: db, key: password}}}\n---\n"
       "kind: Secret\nname: db\nspec: {data: {password: {value: hunter2}}}\n");
  EXPECT_EQ(titan("apply -f all.yaml"), 0) << err;
  EXPECT_EQ(out, "secret/db created\nworkload/w created\n");
}

TEST_F(SecretTest, IsNoChangeWhenItIsAppliedAsItWasGot) {
  put_stored({"password"});
  const json before = api.at("secrets", "default", "db");
  ASSERT_EQ(titan("get secret db -o yaml"), 0) << err;
  input = out;
  EXPECT_EQ(titan("apply -f -"), 0) << err;
  EXPECT_EQ(out, "secret/db unchanged\n");
  EXPECT_EQ(api.at("secrets", "default", "db")["spec"], before["spec"]);
}

TEST_F(SecretTest, IsRefusedInAManifestWithThePlace) {
  const std::pair<const char*, const char*> rows[] = {
      {"{value: 12}", "spec.data.k.value: expected a text; put it in quotes"},
      {"{value: ''}", "spec.data.k.value: a value has 1 to 16384 bytes; this one has 0"},
      {"{value: hunter2, sealed: AAAA}", "spec.data.k.value: stands alone"},
      {"hunter2", "spec.data.k: expected an object with sealed"},
  };
  for (const auto& [given, expected] : rows) {
    file("db.yaml", std::string("kind: Secret\nname: db\nspec: {data: {k: ") + given + "}}\n");
    EXPECT_EQ(titan("apply -f db.yaml"), 1) << given;
    EXPECT_NE(err.find(expected), std::string::npos) << err;
    expect_nothing_shown("hunter2");
  }
}

TEST_F(SecretTest, IsComparedWithoutAValueBeingShown) {
  put_stored({"password", "user"});
  file("db.yaml", "kind: Secret\nname: db\nspec: {data: {password: {value: hunter2}}}\n");
  EXPECT_EQ(titan("diff -f db.yaml"), 1) << err;
  expect_nothing_shown("hunter2");
  EXPECT_NE(out.find("(a value that is sealed when it is applied)"), std::string::npos) << out;
  ASSERT_EQ(titan("get secret db -o yaml"), 0) << err;
  input = out;
  EXPECT_EQ(titan("diff -f -"), 0) << out;
}

TEST_F(SecretTest, IsEditedByANewValueInPlaceOfWhatIsStored) {
  put_stored({"password"});
  variables["EDITOR"] = "ed";
  runner = ::titan::testing::FakeProcessRunner([this](const titan::Command& command) {
    file(command.arguments.back(),
         "kind: Secret\nname: db\nworkspace: default\n"
         "spec: {data: {password: {value: hunter2}}}\n");
    return Outcome{};
  });
  EXPECT_EQ(titan("edit secret db"), 0) << err;
  expect_nothing_shown("hunter2");
  EXPECT_EQ(opened("password"), "hunter2");
}

}  // namespace
}  // namespace titan::cli
