#include "server-lite/oidc/jwk_set.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "base/base64.hpp"
#include "server-lite/oidc/limits.hpp"
#include "tests/server-lite/oidc/oidc_fixture.hpp"

namespace titan::oidc::testing {
namespace {

using nlohmann::json;
using ::titan::testing::encoded;
using ::titan::testing::jwks_text;
using ::titan::testing::SigningKey;

TEST(JwkSet, HoldsAKeyOfEachKindThatVerifiesWhatItSigned) {
  const auto set =
      JwkSet::parse(jwks_text({keys().rsa.jwk(), keys().ec.jwk(), keys().ed.jwk()})).value();
  ASSERT_EQ(set.keys().size(), 3U);
  const SigningKey* const signers[] = {&keys().rsa, &keys().ec, &keys().ed};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto& key = set.keys()[i];
    EXPECT_EQ(key.id(), signers[i]->id());
    EXPECT_EQ(name_of(key.algorithm()), signers[i]->algorithm());
    EXPECT_TRUE(key.verifies("text", signers[i]->sign("text")));
    EXPECT_FALSE(key.verifies("Text", signers[i]->sign("text")));
    EXPECT_FALSE(key.verifies("text", ""));
  }
}

// RFC 7515, appendix A.3, and RFC 8037, appendix A: so that both sides are not wrong alike.
TEST(JwkSet, VerifiesTheSignaturesOfTheStandards) {
  const auto set = JwkSet::parse(R"({"keys":[
    {"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
     "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
    {"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})")
                       .value();
  const auto bytes = [](const char* text) { return parse_base64url(text).value(); };
  EXPECT_TRUE(set.keys().at(0).verifies(
      "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmN"
      "vbS9pc19yb290Ijp0cnVlfQ",
      bytes("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1"
            "Q")));
  EXPECT_TRUE(set.keys().at(1).verifies(
      "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
      bytes("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KA"
            "g")));
}

struct Unusable {
  const char* name;
  json key;
};

json changed(json key, const json& changes) {
  key.update(changes);
  return key;
}

std::vector<Unusable> unusable_keys() {
  const json rsa = keys().rsa.jwk();
  const json ec = keys().ec.jwk();
  const json ed = keys().ed.jwk();
  std::string off_curve(32, '\1');
  return {
      {"no object", "key"},
      {"empty", json::object()},
      {"no kind", changed(rsa, {{"kty", nullptr}})},
      {"unknown kind", changed(rsa, {{"kty", "AKP"}})},
      {"kind in small letters", changed(rsa, {{"kty", "rsa"}})},
      {"shared secret", {{"kty", "oct"}, {"k", "c2VjcmV0"}, {"alg", "HS256"}, {"kid", "x"}}},
      {"RSA for PS256", changed(rsa, {{"alg", "PS256"}})},
      {"RSA for HS256", changed(rsa, {{"alg", "HS256"}})},
      {"RSA that says ES256", changed(rsa, {{"alg", "ES256"}})},
      {"RSA for encryption", changed(rsa, {{"use", "enc"}})},
      {"use of another type", changed(rsa, {{"use", 1}})},
      {"operations without verify", changed(rsa, {{"key_ops", {"encrypt"}}})},
      {"operations of another type", changed(rsa, {{"key_ops", "verify"}})},
      {"RSA with its private part", changed(rsa, {{"d", "AQAB"}})},
      {"RSA of 1024 bits", SigningKey::rsa("weak", 1024).jwk()},
      {"RSA with zeros in front",
       changed(rsa, {{"n", encoded(std::string(200, '\0') + std::string(56, '\xff'))}})},
      {"RSA of 16384 bits", changed(rsa, {{"n", encoded(std::string(2048, '\xff'))}})},
      {"RSA, even modulus", changed(rsa, {{"n", encoded(std::string(256, '\xfe'))}})},
      {"RSA, exponent 0", changed(rsa, {{"e", encoded(std::string(1, '\0'))}})},
      {"RSA, exponent 1", changed(rsa, {{"e", "AQ"}})},
      {"RSA, exponent 2", changed(rsa, {{"e", "Ag"}})},
      {"RSA, long exponent", changed(rsa, {{"e", encoded(std::string(5, '\1'))}})},
      {"RSA without modulus", changed(rsa, {{"n", ""}})},
      {"RSA, modulus padded", changed(rsa, {{"n", rsa.at("n").get<std::string>() + "="}})},
      {"RSA, modulus as number", changed(rsa, {{"n", 65537}})},
      {"P-384", SigningKey::ec("p384", "P-384").jwk()},
      {"P-384 that says P-256", changed(SigningKey::ec("p384", "P-384").jwk(), {{"crv", "P-256"}})},
      {"P-256 not on its curve", changed(ec, {{"y", encoded(off_curve)}})},
      {"P-256 at zero",
       changed(ec, {{"x", encoded(std::string(32, '\0'))}, {"y", encoded(std::string(32, '\0'))}})},
      {"P-256, short", changed(ec, {{"x", encoded(std::string(31, '\1'))}})},
      {"P-256 without y", changed(ec, {{"y", nullptr}})},
      {"secp256k1", changed(ec, {{"crv", "secp256k1"}})},
      {"Ed25519, short", changed(ed, {{"x", encoded(std::string(31, '\1'))}})},
      {"Ed25519, long", changed(ed, {{"x", encoded(std::string(33, '\1'))}})},
      {"X25519", changed(ed, {{"crv", "X25519"}})},
      {"Ed448", changed(ed, {{"crv", "Ed448"}})},
      {"name of another type", changed(ed, {{"kid", 5}})},
      {"empty name", changed(ed, {{"kid", ""}})},
      {"long name", changed(ed, {{"kid", std::string(257, 'k')}})},
  };
}

TEST(JwkSet, LeavesOutWhatItCannotOrMayNotUse) {
  for (const auto& [name, key] : unusable_keys()) {
    EXPECT_FALSE(JwkSet::parse(jwks_text({key})).ok()) << name;
    const auto set = JwkSet::parse(jwks_text({key, keys().ed.jwk()}));
    ASSERT_TRUE(set.ok()) << name;
    EXPECT_EQ(set->keys().size(), 1U) << name;
  }
}

TEST(JwkSet, TakesKeysThatSayLittle) {
  json key = keys().ec.jwk();
  for (const char* field : {"alg", "use", "kid"}) key.erase(field);
  key["key_ops"] = {"verify"};
  key["x5t"] = "thumbprint";
  const auto set = JwkSet::parse(jwks_text({key})).value();
  EXPECT_EQ(set.keys().front().id(), "");
  EXPECT_EQ(set.keys().front().algorithm(), Algorithm::es256);
}

TEST(JwkSet, RefusesWhatIsNoSet) {
  for (const char* text : {"", "[]", "{}", R"({"keys":{}})", R"({"keys":[]})", R"({"keys":null})",
                           R"({"keys":[],"keys":[]})", "{\"keys\":[", "<html>"}) {
    const auto set = JwkSet::parse(text);
    ASSERT_FALSE(set.ok()) << text;
    EXPECT_EQ(set.error().code, ErrorCode::invalid) << text;
  }
}

TEST(JwkSet, IsBounded) {
  json many = {{"keys", json(std::vector<json>(kJwksKeysMax, keys().ed.jwk()))}};
  EXPECT_TRUE(JwkSet::parse(many.dump()).ok());
  many["keys"].push_back(json::object());
  EXPECT_EQ(JwkSet::parse(many.dump()).error().code, ErrorCode::exhausted);
  const json large = {{"keys", {keys().ed.jwk()}}, {"x", std::string(kJwksBytesMax, 'x')}};
  EXPECT_EQ(JwkSet::parse(large.dump()).error().code, ErrorCode::exhausted);
}

}  // namespace
}  // namespace titan::oidc::testing
