// What an identity provider, or somebody in its place, sends: ID tokens, and as JSON the keys, the
// claims and the metadata. Whatever starts with "{" is read as JSON, all else as a token.
//
// The keys are those of fuzz/corpus/jwt/key_set. Their private parts were thrown away when the four
// tokens of the corpus had been signed: a token that is accepted must be one of these.

#include "server-lite/oidc/jwt.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/digest.hpp"
#include "base/json.hpp"
#include "client/provider_metadata.hpp"
#include "client/web_url.hpp"
#include "fuzz/target.hpp"
#include "server-lite/oidc/id_token.hpp"
#include "server-lite/oidc/jwk_set.hpp"
#include "server-lite/oidc/limits.hpp"

namespace titan::fuzz {
namespace {

constexpr std::string_view kIssuer = "https://id.example.org";
constexpr std::int64_t kNow = 1'772'366'400'000'000;

constexpr std::string_view kKeySet =
    R"({"keys":[{"kty":"RSA","kid":"RS256","use":"sig","alg":"RS256","e":"AQAB","n":")"
    "tt8wKj5JfAmVMP0P0hPMjPVhzh1wVWV2O4g9J7tVwoHm7WImmEzx8U4aTVlp88BW7EER3WraqLSMEDAIM1TAZ1"
    "ZLmuwXRhlTv991_WmuVjFxJhANF_FOEPKX8lgnhRz6m2yTt4Y0HLf34NgQSo_Y3_0OBj5cxnBFemLUA6nYS7lG"
    "X1uQrFR8Cx6O-gx6CLq5_FTteDrh8E9z0xe8Zy_pUXUbqWHSvoTF0U5syFkhl8ORPLF06eX4RzB62n5AsTGDCu"
    "8R0I2IuL1ZC06SPJc-SZc2nSS0LxXuDAiB-TINDD3v7ScQj78fHHPd2oFf0rAaLjW3YF99bx8EH4VPqLyunw"
    R"("},{"kty":"EC","crv":"P-256","kid":"ES256","use":"sig","alg":"ES256",
    "x":"Rpu7wZgikbkZU5614fQD5ZnqgcYQsmV39fy-Oxnkajc",
    "y":"2Vo0FeecTQEVHIp2KmbTTvrm_kqFfE6QszFK99bf7YU"},
    {"kty":"OKP","crv":"Ed25519","kid":"EdDSA","use":"sig","alg":"EdDSA",
    "x":"vLP0B38R2eteuzpsaZTd-JzP8NMtple3wcyEtTyzvRI"}]})";

// SHA-256 of what was signed in the tokens rsa, ec, ed and expired_without_kid.
constexpr std::string_view kSigned[] = {
    "8ae875e3017e5fbbfa10b6479b5527f92faaa6b55245370184034ba756d06e7e",
    "23050c3e63ae0583b481e8dc67a0edc9a0b94e0540798405fc8b25d839b21bb3",
    "240f88444f77eb180bd3181405b25fa3d3b2d634626b5b63dd6d43da29a6f266",
    "9e4b5bd4a3fd35f8426a851eef8f5f82db364c7e407a54564e940faecb33812d"};

oidc::OidcOptions options() {
  return {.issuer = std::string(kIssuer), .client_id = "titan"};
}

void check_error(const Error& error) {
  require(!error.message.empty(), "a refusal says why");
}

void check_claims(const nlohmann::json& claims) {
  const auto token = oidc::read_id_token(claims, options(), Timestamp::from_micros(kNow));
  if (!token) {
    require(token.error().code == ErrorCode::denied, "a claim that is wrong is denied");
    return check_error(token.error());
  }
  require(!token->subject.empty() && token->subject.size() <= oidc::kSubjectBytesMax,
          "a subject is there, and bounded");
  require(!token->name.empty() && token->name.size() <= oidc::kNameBytesMax, "so is a name");
  require(token->groups.size() <= oidc::kGroupsMax, "groups are not too many");
  require(token->expires.micros() + oidc::kLeeway.count() * 1'000'000 > kNow,
          "a token that is accepted has not ended");
  require(claims.at("iss") == kIssuer, "a token that is accepted is of the issuer");
}

void check_json(std::string_view input) {
  if (const auto claims = parse_json(input, oidc::kTokenBytesMax); claims) check_claims(*claims);
  if (const auto set = oidc::JwkSet::parse(input); set) {
    require(!set->keys().empty() && set->keys().size() <= oidc::kJwksKeysMax,
            "a set has keys, but not too many");
    for (const auto& key : set->keys()) {
      require(!key.verifies("text", "") && !key.verifies("text", "text"),
              "what nobody signed is not signed", input);
    }
  }
  const auto metadata = client::ProviderMetadata::parse(input, kIssuer);
  if (!metadata) return check_error(metadata.error());
  require(metadata->issuer == kIssuer, "metadata are those of the issuer");
  for (const std::string& url :
       {metadata->jwks_uri, metadata->token_endpoint, metadata->device_authorization_endpoint}) {
    require(url.empty() || client::WebUrl::parse(url)->encrypted, "an endpoint is encrypted", url);
  }
}

void check_token(std::string_view input) {
  static const oidc::JwkSet kKeys = oidc::JwkSet::parse(kKeySet).value();
  require(kKeys.keys().size() == 3, "the target has its keys");
  const auto token = oidc::Jwt::parse(input);
  if (!token) return check_error(token.error());
  const auto claims = token->verify(kKeys);
  if (!claims) return check_error(claims.error());
  const std::string text = Digest::of(input.substr(0, input.rfind('.'))).hex();
  require(std::ranges::find(kSigned, text) != std::end(kSigned), "what is accepted was signed",
          input);
  check_claims(*claims);
}

}  // namespace

void run(std::string_view input) {
  if (input.starts_with('{')) return check_json(input);
  check_token(input);
}

}  // namespace titan::fuzz
