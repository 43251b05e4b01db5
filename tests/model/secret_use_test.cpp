#include "model/secret_use.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "model/limits.hpp"
#include "model/manifest.hpp"

namespace titan::model {
namespace {

using nlohmann::json;

Values values(std::string_view text) {
  return Values::from(parse_json(text).value()).value();
}

std::string text(const Values& values) {
  return canonical_json(values.json());
}

DesiredDeployment desired(std::string_view inputs) {
  return {.inputs = values(inputs),
          .secrets = {{.name = "db", .key = "password", .digest = Digest::of("1")},
                      {.name = "db", .key = "user", .digest = Digest::of("2")},
                      {.name = "tls", .key = "tls.key", .digest = Digest::of("3")}}};
}

const std::string kPassword = "secret:db/password@" + Digest::of("1").text();
const std::string kTlsKey = "secret:tls/tls.key@" + Digest::of("3").text();

TEST(SecretReferences, AreFoundWhereverTheyStandInValuesEachOnce) {
  const auto found = secret_references(values(R"({
    "a": {"$secret": "tls", "key": "tls.key"},
    "list": [1, {"deep": {"$secret": "db", "key": "user"}}],
    "twice": {"$secret": "db", "key": "user"},
    "plain": {"key": "user", "secret": "db"}})"));
  EXPECT_EQ(found.value(), (std::vector<SecretReference>{{"db", "user"}, {"tls", "tls.key"}}));
  EXPECT_TRUE(secret_references(values(R"({"a": "$secret"})")).value().empty());
}

TEST(SecretReferences, AreRefusedWithTheirPlaceWhenTheyAreNotOfTheirForm) {
  const struct {
    const char* values;
    const char* field;
    const char* message;
  } cases[] = {
      {R"({"a": {"b": {"$secret": "db"}}})", "a.b", "key is missing"},
      {R"({"a": [0, {"$secret": "db", "key": 5}]})", "a[1]", "key is the number 5"},
      {R"({"a": {"$secret": {"name": "db"}, "key": "k"}})", "a", "$secret is an object"},
      {R"({"a": {"$secret": "db", "key": "k", "value": "x"}})", "a",
       "found the member \"value\" beside these"},
      {R"({"a": {"$secret": "other/db", "key": "k"}})", "a", "\"other/db\" is not a name"},
      {R"({"a": {"$secret": "", "key": "k"}})", "a", "\"\" is not a name"},
      {R"({"a": {"$secret": "db", "key": ".k"}})", "a", "\".k\" is not the key of a secret"},
      {R"({"$secret": "db", "key": "k"})", "", "cannot stand for all of the values"},
  };
  for (const auto& one : cases) {
    const auto found = secret_references(values(one.values));
    ASSERT_FALSE(found.ok()) << one.values;
    EXPECT_EQ(found.error().code, ErrorCode::invalid);
    EXPECT_EQ(found.error().field, one.field) << one.values;
    EXPECT_NE(found.error().message.find(one.message), std::string::npos) << found.error().text();
  }
}

TEST(SecretReferences, AreLimitedInNumber) {
  json many = json::object();
  for (std::size_t i = 0; i <= kSecretReferencesMax; ++i) {
    many["v" + std::to_string(i)] = {{"$secret", "db"}, {"key", "k" + std::to_string(i)}};
  }
  EXPECT_EQ(secret_references(Values::from(many).value()).error().message,
            "the values refer to more than 64 different values of secrets");
  many.erase("v0");
  EXPECT_EQ(secret_references(Values::from(many).value()).value().size(), kSecretReferencesMax);
}

TEST(SecretReferences, AreFoundFirstHoweverTheyAreFormed) {
  EXPECT_EQ(first_secret_reference(values(R"({"a": [{"$secret": 5}], "b": {"$secret": "x"}})")),
            "a[0]");
  EXPECT_EQ(first_secret_reference(values(R"({"$secret": 5})")), "");
  EXPECT_EQ(first_secret_reference(values(R"({"": {"$secret": 5}})")), "");
  EXPECT_EQ(first_secret_reference(values(R"({"a": "$secret"})")), std::nullopt);
}

TEST(SecretReferences, AreLaidOverOtherValuesAsATextIs) {
  const Values reference = values(R"({"a": {"$secret": "db", "key": "k"}})");
  const Values other = values(R"({"a": {"$secret": "tls", "key": "k"}})");
  const Values object = values(R"({"a": {"x": 1}})");
  EXPECT_EQ(reference.overlaid_with(other), other);
  EXPECT_EQ(reference.overlaid_with(object), object);
  EXPECT_EQ(object.overlaid_with(reference), reference);
}

TEST(InputsWithPlaceholders, PutTheDigestWhereTheValueWillStand) {
  const auto inputs = inputs_with_placeholders(desired(R"({
    "values": {"p": {"$secret": "db", "key": "password"}, "n": 1,
               "l": [{"$secret": "tls", "key": "tls.key"}]},
    "host": {"name": "h"}})"));
  EXPECT_EQ(text(inputs.value()), R"({"host":{"name":"h"},"values":{"l":[")" + kTlsKey +
                                      R"("],"n":1,"p":")" + kPassword + R"("}})");
}

TEST(InputsWithPlaceholders, AreTheInputsWhereNoSecretIsUsed) {
  const Values plain = values(R"({"values": {"n": 1}})");
  EXPECT_EQ(inputs_with_placeholders({.inputs = plain}).value(), plain);
}

TEST(InputsWithPlaceholders, AreRefusedWithThePlaceOfWhatIsNotThere) {
  const auto refused = [](const char* inputs) {
    const auto found = inputs_with_placeholders(desired(inputs));
    EXPECT_FALSE(found.ok()) << inputs;
    return found.ok() ? std::string() : found.error().text();
  };
  EXPECT_EQ(refused(R"({"values": {"p": {"$secret": "db", "key": "pin"}}})"),
            "values.p: nothing came for the key \"pin\" of the secret \"db\"");
  EXPECT_EQ(
      refused(R"({"values": {"p": {"$secret": "db"}}})"),
      "values.p: a reference to a secret is {\"$secret\": NAME, \"key\": KEY}: key is missing");
  EXPECT_EQ(refused(R"({"$secret": "db", "key": "user"})"),
            "the inputs are a reference to a secret");
  EXPECT_FALSE(
      inputs_with_placeholders({.inputs = values(R"({"p": {"$secret": "a", "key": "b"}})")}).ok());
}

TEST(InputsWithSecrets, PutTheValueInItsPlace) {
  std::vector<std::string> asked;
  const auto lookup = [&](const SecretUse& use) -> Result<std::string_view> {
    asked.push_back(use.name + "/" + use.key);
    return std::string_view("hunter \"2\"");
  };
  const auto inputs = inputs_with_secrets(
      desired(R"({"values": {"p": {"$secret": "db", "key": "password"}}})"), lookup);
  EXPECT_EQ(text(inputs.value()), R"({"values":{"p":"hunter \"2\""}})");
  EXPECT_EQ(asked, std::vector<std::string>{"db/password"});
}

TEST(InputsWithSecrets, PassOnWhyAValueCannotBeHad) {
  const auto inputs = inputs_with_secrets(
      desired(R"({"values": {"p": {"$secret": "db", "key": "password"}}})"),
      [](const SecretUse&) -> Result<std::string_view> { return denied("sealed for another"); });
  ASSERT_FALSE(inputs.ok());
  EXPECT_EQ(inputs.error().code, ErrorCode::denied);
}

TEST(SecretUse, IsTheSameHoweverItWasSealed) {
  const SecretUse use{.name = "db", .key = "k", .digest = Digest::of("1"), .sealed = "AAAA"};
  SecretUse other = use;
  other.sealed = "BBBB";
  EXPECT_EQ(use, other);
  other.digest = Digest::of("2");
  EXPECT_FALSE(use == other);
}

}  // namespace
}  // namespace titan::model
