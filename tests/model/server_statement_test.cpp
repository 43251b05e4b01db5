#include "model/server_statement.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "model/limits.hpp"
#include "tests/model/refusals.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan::model {
namespace {

using nlohmann::json;
using titan::testing::expect_refusals;
using titan::testing::SeededRandom;

constexpr const char* kEpoch = "0123456789abcdef";

// What a server with a root key says after its key was replaced and it was restored.
ServerIdentity sample_identity() {
  SeededRandom random(5);
  const SigningKey before = SigningKey::make(random);
  const SigningKey now = SigningKey::make(random);
  const SigningKey root = SigningKey::make(random);
  KeyStatement key{.root = 1,
                   .number = 3,
                   .key = now.public_key(),
                   .previous = before.public_key(),
                   .root_key = root.public_key(),
                   .signed_by = root.public_key()};
  key.signature = root.sign(proof_of(key));
  EpochStatement epoch{
      .epoch = kEpoch, .number = 1'700'000'000'000'000, .signed_by = now.public_key()};
  epoch.signature = now.sign(proof_of(epoch));
  return {.key = now.public_key(),
          .root_key = root.public_key(),
          .epoch = kEpoch,
          .statements = {key, epoch}};
}

TEST(ServerStatement, IsReadBackFromItsJson) {
  const ServerIdentity identity = sample_identity();
  EXPECT_EQ(parse_server_identity(json_of(identity)).value(), identity);
  for (const ServerStatement& statement : identity.statements) {
    EXPECT_EQ(parse_statement(json_of(statement)).value(), statement);
  }
}

TEST(ServerStatement, MayBeOfAServerWithoutARootKey) {
  ServerIdentity identity = sample_identity();
  identity.root_key = {};
  std::get<KeyStatement>(identity.statements[0]).root_key = {};
  EXPECT_EQ(parse_server_identity(json_of(identity)).value(), identity);
}

TEST(ServerStatement, IsSignedAsTheContractSays) {
  const ServerIdentity identity = sample_identity();
  const auto& key = std::get<KeyStatement>(identity.statements[0]);
  EXPECT_EQ(proof_of(key), signable("titan-key-1", {"1", "3", key.key.text(), key.previous.text(),
                                                    key.root_key.text()}));
  EXPECT_EQ(proof_of(identity.statements[1]),
            signable("titan-epoch-1", {kEpoch, "1700000000000000"}));
  EXPECT_TRUE(verifies(key.signed_by, proof_of(key), key.signature));
}

TEST(ServerStatement, RefusesWhatItsFieldsDoNotSay) {
  const ServerIdentity identity = sample_identity();
  expect_refusals(json_of(identity.statements[0]),
                  {{R"({"statement":null})", "statement", "must be given"},
                   {R"({"statement":"keys"})", "statement", "expected key or epoch"},
                   {R"({"root":null})", "root", "must be given"},
                   {R"({"root":-1})", "root", ""},
                   {R"({"number":"3"})", "number", ""},
                   {R"({"key":null})", "key", "must be given"},
                   {R"({"key":"ed25519:AAAA"})", "key", ""},
                   {R"({"previous":null})", "previous", "must be given"},
                   {R"({"rootKey":"none"})", "rootKey", ""},
                   {R"({"signedBy":""})", "signedBy", "must be given"},
                   {R"({"signature":"AAAA"})", "signature", ""},
                   {R"({"more":1})", "more", "unknown field"}},
                  &parse_statement);
  expect_refusals(json_of(identity.statements[1]),
                  {{R"({"epoch":null})", "epoch", "must be given"},
                   {R"({"epoch":"0123456789ABCDEF"})", "epoch", "expected 16 lower-case hex"},
                   {R"({"number":null})", "number", "must be given"},
                   {R"({"signature":null})", "signature", "must be given"},
                   {R"({"root":0})", "root", "unknown field"}},
                  &parse_statement);
}

TEST(ServerIdentity, RefusesWhatItsFieldsDoNotSay) {
  const json valid = json_of(sample_identity());
  expect_refusals(valid,
                  {{R"({"key":null})", "key", "must be given"},
                   {R"({"epoch":"x"})", "epoch", "expected 16 lower-case hex digits"},
                   {R"({"statements":{}})", "statements", "expected an array"},
                   {R"({"statements":[5]})", "statements[0]", ""},
                   {R"({"more":1})", "more", "unknown field"}},
                  &parse_server_identity);
  json many = valid;
  many["statements"] = json::array();
  for (std::size_t i = 0; i <= kStatementsMax; ++i) {
    many["statements"].push_back(valid["statements"][1]);
  }
  EXPECT_EQ(parse_server_identity(many).error().field, "statements");
}

}  // namespace
}  // namespace titan::model
