// Every way that we know to make a server take a token that it should not, each refused, and for
// the reason that was expected.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/server-lite/oidc/oidc_fixture.hpp"

namespace titan::oidc::testing {
namespace {

using nlohmann::json;
using ::titan::testing::encoded;
using ::titan::testing::hmac_sha256;

struct Attack {
  std::string name;
  std::string token;
  std::string reason;  // is in the error's text
};

class RefusedTokens : public OidcTest {
 protected:
  // The claims of a good token, but for some.
  [[nodiscard]] json with(const json& changes) const {
    json made = claims();
    made.update(changes);
    return made;
  }
  [[nodiscard]] json without(const char* claim) const {
    json made = claims();
    made.erase(claim);
    return made;
  }
  // The header of a good token by the RSA key, but for some.
  [[nodiscard]] static json header_with(const json& changes) {
    json made = keys().rsa.header();
    made.update(changes);
    return made;
  }
  [[nodiscard]] std::string good() const { return keys().rsa.token(claims()); }
  [[nodiscard]] std::string signed_claims(const json& changes) const {
    return keys().rsa.token(with(changes));
  }
  [[nodiscard]] std::string signed_header(const json& changes) const {
    return keys().rsa.token(header_with(changes), claims());
  }

  void expect_refused(const std::vector<Attack>& attacks) {
    ASSERT_TRUE(verify(good()).ok());
    for (const Attack& attack : attacks) {
      const auto outcome = verify(attack.token);
      ASSERT_FALSE(outcome.ok()) << attack.name;
      EXPECT_EQ(outcome.error().code, ErrorCode::denied) << attack.name;
      EXPECT_NE(outcome.error().text().find(attack.reason), std::string::npos)
          << attack.name << ": " << outcome.error().text();
      if (attack.token.size() < 40) continue;
      EXPECT_EQ(outcome.error().text().find(attack.token.substr(0, 40)), std::string::npos)
          << attack.name << " shows the token";
    }
    ASSERT_TRUE(verify(good()).ok());
  }
};

std::string part(const std::string& token, std::size_t number) {
  std::size_t begin = 0;
  for (std::size_t i = 0; i < number; ++i) begin = token.find('.', begin) + 1;
  return token.substr(begin, token.find('.', begin) - begin);
}

std::string joined(const std::string& header, const std::string& payload,
                   const std::string& signature) {
  return header + "." + payload + "." + signature;
}

TEST_F(RefusedTokens, OfAnotherIssuerOrForSomebodyElse) {
  expect_refused({
      {"wrong issuer", signed_claims({{"iss", "https://evil.example.org"}}),
       "expected \"https://id"},
      {"issuer with a slash", signed_claims({{"iss", kIssuer + "/"}}), "iss: "},
      {"issuer in capitals", signed_claims({{"iss", "https://ID.example.org"}}), "iss: "},
      {"issuer without TLS", signed_claims({{"iss", "http://id.example.org"}}), "iss: "},
      {"issuer with a NUL", signed_claims({{"iss", kIssuer + std::string(1, '\0')}}), "iss: "},
      {"issuer in a list", signed_claims({{"iss", json::array({kIssuer})}}), "is no string"},
      {"no issuer", keys().rsa.token(without("iss")), "has no issuer"},
      {"null issuer", signed_claims({{"iss", nullptr}}), "iss: "},
      {"wrong audience", signed_claims({{"aud", "other"}}), "is for \"other\""},
      {"audience in capitals", signed_claims({{"aud", "Titan"}}), "expected \"titan\""},
      {"audience that begins like us", signed_claims({{"aud", "titan-admin"}}), "aud: "},
      {"audiences in one text", signed_claims({{"aud", "titan other"}}), "aud: "},
      {"audiences without us", signed_claims({{"aud", {"a", "b"}}}), "is for \"a\""},
      {"no audiences", signed_claims({{"aud", json::array()}}), "is for nobody"},
      {"no audience", keys().rsa.token(without("aud")), "has no audience"},
      {"audience as an object", signed_claims({{"aud", {{"titan", true}}}}), "neither a string"},
      {"audiences of other types", signed_claims({{"aud", {"titan", 5}}}), "neither a string"},
      {"too many audiences", signed_claims({{"aud", std::vector<std::string>(33, "titan")}}),
       "at most 32"},
      {"audiences, given to nobody", signed_claims({{"aud", {"titan", "other"}}}), "azp: "},
      {"audiences, given to another",
       signed_claims({{"aud", {"titan", "other"}}, {"azp", "other"}}), "another client"},
      {"given to another", signed_claims({{"azp", "other"}}), "another client"},
      {"given to a list", signed_claims({{"azp", json::array({"titan"})}}), "another client"},
      {"given to null", signed_claims({{"azp", nullptr}}), "another client"},
  });
}

TEST_F(RefusedTokens, ThatEndedOrAreNotYetValid) {
  const auto now = now_seconds();
  expect_refused({
      {"expired", signed_claims({{"exp", now - 61}}), "the token ended at"},
      {"expired with the leeway", signed_claims({{"exp", now - 60}}), "exp: "},
      {"not yet valid", signed_claims({{"nbf", now + 61}}), "nbf: "},
      {"of the future", signed_claims({{"iat", now + 61}, {"exp", now + 900}}), "iat: "},
      {"of long ago", signed_claims({{"iat", now - 3661}}), "longer ago"},
      {"no end", keys().rsa.token(without("exp")), "exp: "},
      {"no beginning", keys().rsa.token(without("iat")), "iat: "},
      {"end as text", signed_claims({{"exp", std::to_string(now + 300)}}), "exp: "},
      {"end as a date", signed_claims({{"exp", "2099-01-01T00:00:00Z"}}), "exp: "},
      {"end as null", signed_claims({{"exp", nullptr}}), "exp: "},
      {"end as true", signed_claims({{"exp", true}}), "exp: "},
      {"end in a list", signed_claims({{"exp", {now + 300}}}), "exp: "},
      {"end in milliseconds", signed_claims({{"exp", (now + 300) * 1000}}), "exp: "},
      {"huge end", signed_claims({{"exp", 1e300}}), "exp: "},
      {"largest end", signed_claims({{"exp", UINT64_MAX}}), "exp: "},
      {"end that overflows microseconds", signed_claims({{"exp", INT64_MAX}}), "exp: "},
      {"negative end", signed_claims({{"exp", -1}}), "exp: "},
      {"negative beginning", signed_claims({{"iat", INT64_MIN}}), "iat: "},
      {"beginning as text", signed_claims({{"nbf", "0"}}), "nbf: "},
      {"number without bounds",
       keys().rsa.token_of_texts(keys().rsa.header().dump(), R"({"exp":1e999})"), "payload"},
  });
}

TEST_F(RefusedTokens, WithoutASubjectOrWithGroupsThatAreNone) {
  expect_refused({
      {"no subject", keys().rsa.token(without("sub")), "has no subject"},
      {"empty subject", signed_claims({{"sub", ""}}), "sub: "},
      {"long subject", signed_claims({{"sub", std::string(256, 'a')}}), "sub: "},
      {"subject as a number", signed_claims({{"sub", 5}}), "sub: "},
      {"subject with a line", signed_claims({{"sub", "a\nb"}}), "sub: "},
      {"groups as an object", signed_claims({{"groups", {{"admins", true}}}}), "groups: "},
      {"groups of other types", signed_claims({{"groups", {"iot", 5}}}), "groups: "},
      {"groups in groups", signed_claims({{"groups", {{"iot"}}}}), "groups: "},
      {"empty group", signed_claims({{"groups", {""}}}), "groups: "},
      {"long group", signed_claims({{"groups", {std::string(256, 'g')}}}), "groups: "},
      {"too many groups", signed_claims({{"groups", std::vector<std::string>(1001, "g")}}),
       "1001 groups"},
  });
}

TEST_F(RefusedTokens, ThatAreSignedByNobodyOrWithASharedSecret) {
  const auto unsigned_with = [&](const char* algorithm, const std::string& signature) {
    return joined(encoded(header_with({{"alg", algorithm}}).dump()), encoded(claims().dump()),
                  signature);
  };
  const auto hs256 = [&](const std::string& secret) {
    const std::string text =
        encoded(header_with({{"alg", "HS256"}}).dump()) + "." + encoded(claims().dump());
    return text + "." + encoded(hmac_sha256(secret, text));
  };
  const std::string pem = keys().rsa.public_pem();
  const std::string signature = part(good(), 2);
  expect_refused({
      {"none, empty", unsigned_with("none", ""), "\"none\" is not accepted"},
      {"none, with a signature", unsigned_with("none", signature), "\"none\" is not accepted"},
      {"None", unsigned_with("None", signature), "\"None\" is not accepted"},
      {"nOnE", unsigned_with("nOnE", signature), "\"nOnE\" is not accepted"},
      {"NONE", unsigned_with("NONE", ""), "\"NONE\" is not accepted"},
      {"none with a blank", unsigned_with("none ", signature), "is not accepted"},
      {"empty algorithm", unsigned_with("", signature), "is not accepted"},
      {"algorithm in small letters", unsigned_with("rs256", signature), "is not accepted"},
      {"HS256 with the public key", hs256(pem), "\"HS256\" is not accepted"},
      {"HS256 with the key's line", hs256(pem.substr(0, pem.size() - 1)), "is not accepted"},
      {"HS256 with the modulus", hs256(keys().rsa.jwk().at("n")), "is not accepted"},
      {"HS256 with nothing", hs256(""), "is not accepted"},
      {"PS256", unsigned_with("PS256", signature), "is not accepted"},
      {"RS1", unsigned_with("RS1", signature), "is not accepted"},
      {"RS512", unsigned_with("RS512", signature), "is not accepted"},
      {"ES384", unsigned_with("ES384", signature), "is not accepted"},
      {"algorithm as a number", signed_header({{"alg", 256}}), "alg is no string"},
      {"algorithm as a list", signed_header({{"alg", {"RS256"}}}), "alg is no string"},
      {"no algorithm", joined(encoded(R"({"kid":"rsa-1"})"), encoded(claims().dump()), signature),
       "no \"alg\""},
  });
}

TEST_F(RefusedTokens, ThatAreSignedByAnotherKey) {
  const auto& [rsa, ec, ed, foreign_rsa, foreign_ec, foreign_ed] = keys();
  const auto signed_as = [&](const auto& key, const char* algorithm, const char* id) {
    return key.token({{"alg", algorithm}, {"kid", id}}, claims());
  };
  expect_refused({
      {"key that is not known", foreign_rsa.token(claims()), "has no key \"foreign\""},
      {"EC key that is not known", foreign_ec.token(claims()), "has no key"},
      {"Ed25519 key that is not known", foreign_ed.token(claims()), "has no key"},
      {"other key, right name", foreign_rsa.renamed("rsa-1").token(claims()),
       "not by the provider"},
      {"other EC key, right name", foreign_ec.renamed("ec-1").token(claims()),
       "not by the provider"},
      {"other Ed25519 key, right name", foreign_ed.renamed("ed-1").token(claims()),
       "not by the provider"},
      {"other key without a name", foreign_rsa.token({{"alg", "RS256"}}, claims()),
       "not by the provider"},
      {"RS256 with the EC key", signed_as(ec, "RS256", "ec-1"), "\"ec-1\" is for ES256"},
      {"ES256 with the RSA key", signed_as(rsa, "ES256", "rsa-1"), "\"rsa-1\" is for RS256"},
      {"EdDSA with the RSA key", signed_as(rsa, "EdDSA", "rsa-1"), "is for RS256"},
      {"ES256 with the Ed25519 key", signed_as(ed, "ES256", "ed-1"), "is for EdDSA"},
      {"RSA's signature, EC's name", signed_as(rsa, "ES256", "ec-1"), "not by the provider"},
      {"EC's signature, RSA's name", signed_as(ec, "RS256", "rsa-1"), "not by the provider"},
      {"EC's signature, Ed25519's name", signed_as(ec, "EdDSA", "ed-1"), "not by the provider"},
      {"name with a NUL", signed_header({{"kid", std::string("rsa-1\0", 6)}}), "has no key"},
      {"name in capitals", signed_header({{"kid", "RSA-1"}}), "has no key"},
      {"name as a path", signed_header({{"kid", "../../dev/null"}}), "has no key"},
      {"name as a query", signed_header({{"kid", "' OR 1=1 --"}}), "has no key"},
      {"empty name", signed_header({{"kid", ""}}), "kid has 0 bytes"},
      {"long name", signed_header({{"kid", std::string(257, 'k')}}), "kid has 257 bytes"},
      {"name as a number", signed_header({{"kid", 1}}), "kid is no string"},
      {"name as null", signed_header({{"kid", nullptr}}), "kid is no string"},
  });
}

TEST_F(RefusedTokens, WhoseSignatureIsNotThatOfTheText) {
  const auto& [rsa, ec, ed, foreign_rsa, foreign_ec, foreign_ed] = keys();
  std::vector<Attack> attacks;
  for (const auto* key : {&rsa, &ec, &ed}) {
    const std::string token = key->token(claims());
    const std::string text = part(token, 0) + "." + part(token, 1);
    const std::string signature = key->sign(text);
    const auto resigned = [&](const std::string& bytes) { return text + "." + encoded(bytes); };
    const auto add = [&](const std::string& name, const std::string& made) {
      attacks.push_back({key->algorithm() + ": " + name, made, "not by the provider's key"});
    };
    add("truncated by a byte", resigned(signature.substr(0, signature.size() - 1)));
    add("truncated to half", resigned(signature.substr(0, signature.size() / 2)));
    add("one byte", resigned(signature.substr(0, 1)));
    add("extended by a byte", resigned(signature + '\0'));
    add("zero in front", resigned('\0' + signature));
    add("twice", resigned(signature + signature));
    add("all zero", resigned(std::string(signature.size(), '\0')));
    add("all ones", resigned(std::string(signature.size(), '\xff')));
    for (std::size_t bit = 0; bit < signature.size() * 8; bit += 37) {
      std::string flipped = signature;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1U << (bit % 8)));
      add("flipped bit " + std::to_string(bit), resigned(flipped));
    }
    add("of other claims",
        joined(part(token, 0), part(token, 1), part(key->token(with({{"sub", "other"}})), 2)));
    add("payload swapped",
        joined(part(token, 0), encoded(with({{"groups", {"admins"}}}).dump()), part(token, 2)));
    json header = key->header();
    header["x"] = 1;
    add("header swapped", joined(encoded(header.dump()), part(token, 1), part(token, 2)));
    add("payload with a blank",
        joined(part(token, 0), encoded(claims().dump() + " "), part(token, 2)));
  }
  const std::string text = encoded(ec.header().dump()) + "." + encoded(claims().dump());
  const std::string zeros(32, '\0');
  const std::string one = std::string(31, '\0') + '\1';
  // The order of P-256 (SEC 2, section 2.4.2): r and s are to be below it.
  const std::string order(
      "\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff"
      "\xbc\xe6\xfa\xad\xa7\x17\x9e\x84\xf3\xb9\xca\xc2\xfc\x63\x25\x51",
      32);
  attacks.push_back({"ES256: in DER", text + "." + encoded(ec.sign_der(text)), "not by"});
  for (const auto& [name, r, s] :
       {std::tuple("r zero", zeros, one), std::tuple("s zero", one, zeros),
        std::tuple("r the order", order, one), std::tuple("s the order", one, order)}) {
    attacks.push_back({std::string("ES256: ") + name, text + "." + encoded(r + s), "not by"});
  }
  expect_refused(attacks);
}

TEST_F(RefusedTokens, ThatAreNotWrittenAsTheStandardWants) {
  const std::string token = good();
  const std::string header = part(token, 0);
  const std::string payload = part(token, 1);
  const std::string signature = part(token, 2);
  // The last letter of 256 bytes carries four bits that must be zero.
  std::string respelled = token;
  ++respelled.back();
  std::string standard = token;
  std::replace(standard.begin(), standard.end(), '_', '/');
  std::replace(standard.begin(), standard.end(), '-', '+');
  expect_refused({
      {"nothing", "", "1 parts"},
      {"no dots", header, "1 parts"},
      {"two parts", header + "." + payload, "2 parts"},
      {"four parts", token + ".", "4 parts"},
      {"five parts: encrypted", token + ".a.b", "5 parts"},
      {"dots alone", "..", "header is empty"},
      {"empty header", joined("", payload, signature), "header is empty"},
      {"empty payload", joined(header, "", signature), "payload is empty"},
      {"empty signature", joined(header, payload, ""), "signature is empty"},
      {"padding", token + "==", "signature is not base64url"},
      {"padded header", joined(header + "=", payload, signature), "header is not base64url"},
      {"padded payload", joined(header, payload + "=", signature), "payload is not base64url"},
      {"blank in front", " " + token, "header is not base64url"},
      {"line at the end", token + "\n", "signature is not base64url"},
      {"line inside", joined(header, payload + "\r\n", signature), "payload is not base64url"},
      {"NUL at the end", token + std::string(1, '\0'), "signature is not base64url"},
      {"bearer", "Bearer " + token, "header is not base64url"},
      {"bits left over", respelled, "signature is not base64url"},
      {"letters of base64", standard + "+", "not base64url"},
      {"one letter too many", joined(header, payload, "A"), "signature is not base64url"},
      {"header is no JSON", joined(encoded("alg"), payload, signature), "header is no JSON object"},
      {"header is a list", joined(encoded(R"(["RS256"])"), payload, signature),
       "header is no JSON"},
      {"header is a text", joined(encoded(R"("RS256")"), payload, signature), "header is no JSON"},
      {"two headers in one", joined(encoded(keys().rsa.header().dump() + "{}"), payload, signature),
       "header is no JSON object"},
      {"header with a comment", joined(encoded(R"({"alg":"RS256"/**/})"), payload, signature),
       "header is no JSON object"},
      {"header not in UTF-8", joined(encoded("{\"alg\":\"\xff\"}"), payload, signature), "header"},
      {"deep header", joined(encoded(std::string(2000, '[')), payload, signature), "header"},
      {"long header", signed_header({{"x", std::string(5000, 'x')}}), "header"},
      {"payload is no JSON", keys().rsa.token_of_texts(keys().rsa.header().dump(), "admin"),
       "payload is no JSON object"},
      {"payload is a list", keys().rsa.token_of_texts(keys().rsa.header().dump(), "[]"),
       "payload is no JSON object"},
      {"deep payload",
       keys().rsa.token_of_texts(keys().rsa.header().dump(), std::string(10000, '[')), "payload"},
      {"too long", signed_claims({{"x", std::string(20000, 'x')}}), "expected at most 16384"},
      {"megabytes", std::string(10UL << 20U, 'A'), "expected at most 16384"},
      {"JSON serialization",
       json{{"payload", payload}, {"protected", header}, {"signature", signature}}.dump(), "parts"},
  });
}

TEST_F(RefusedTokens, WhoseHeaderAsksForMoreThanASignature) {
  const auto& foreign = keys().foreign_rsa;
  const std::string inner = good();
  const auto foreign_with = [&](const json& changes) {
    json header = foreign.header();
    header.update(changes);
    return foreign.token(header, claims());
  };
  expect_refused({
      {"crit", signed_header({{"crit", {"exp"}}, {"exp", 1}}), "\"crit\""},
      {"empty crit", signed_header({{"crit", json::array()}}), "\"crit\""},
      {"payload not encoded", signed_header({{"b64", false}}), "\"b64\""},
      {"payload not encoded, crit", signed_header({{"b64", false}, {"crit", {"b64"}}}), "\"crit\""},
      {"nested token", keys().rsa.token_of_texts(header_with({{"cty", "JWT"}}).dump(), inner),
       "\"cty\""},
      {"nested token that does not say so",
       keys().rsa.token_of_texts(keys().rsa.header().dump(), inner), "payload is no JSON object"},
      {"key in the token", foreign_with({{"jwk", foreign.jwk()}}), "\"jwk\""},
      {"key in the token, right name", foreign_with({{"jwk", foreign.jwk()}, {"kid", "rsa-1"}}),
       "\"jwk\""},
      {"URL of a key", foreign_with({{"jku", "https://evil.example.org/keys"}}), "\"jku\""},
      {"URL of a certificate", foreign_with({{"x5u", "https://evil.example.org/c"}}), "\"x5u\""},
      {"certificate in the token", foreign_with({{"x5c", {"MIIB"}}}), "\"x5c\""},
      {"access token", signed_header({{"typ", "at+jwt"}}), "type \"at+jwt\""},
      {"logout token", signed_header({{"typ", "logout+jwt"}}), "type \"logout+jwt\""},
      {"type as a number", signed_header({{"typ", 5}}), "typ is no string"},
      {"empty type", signed_header({{"typ", ""}}), "expected JWT"},
  });
}

TEST_F(RefusedTokens, ThatSayAThingTwice) {
  const auto twice = [&](const char* header, const std::string& payload) {
    return keys().rsa.token_of_texts(header, payload);
  };
  const std::string plain = claims().dump();
  const std::string rest = plain.substr(1);
  const char* const header = R"({"alg":"RS256","kid":"rsa-1"})";
  ASSERT_TRUE(verify(twice(header, plain)).ok());
  expect_refused({
      {"algorithm", twice(R"({"alg":"none","alg":"RS256"})", plain), "twice"},
      {"algorithm, other order", twice(R"({"alg":"RS256","alg":"none"})", plain), "twice"},
      {"algorithm, escaped", twice(R"({"alg":"RS256","\u0061lg":"none"})", plain), "twice"},
      {"key", twice(R"({"alg":"RS256","kid":"rsa-1","kid":"ec-1"})", plain), "twice"},
      {"subject", twice(header, R"({"sub":"admin",)" + rest), "twice"},
      {"audience", twice(header, R"({"aud":"other",)" + rest), "twice"},
      {"end", twice(header, R"({"exp":99999999999,)" + rest), "twice"},
      {"groups", twice(header, R"({"groups":["admins"],)" + rest), "twice"},
  });
}

}  // namespace
}  // namespace titan::oidc::testing
