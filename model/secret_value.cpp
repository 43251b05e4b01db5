#include "model/secret_value.hpp"

#include <algorithm>

#include "base/base64.hpp"
#include "base/sealing.hpp"
#include "base/text.hpp"
#include "model/limits.hpp"

namespace titan::model {
namespace {

constexpr std::string_view kContext = "titan-secret-1";
constexpr std::string_view kHostContext = "titan-secret-2";
constexpr std::size_t kHostPieces = 6;  // organization, workspace, name, key, digest, value
constexpr std::size_t kPieces = 4;      // workspace, name, key, value

// Of the longest value under the longest names: what a client may send is what the server reads.
constexpr std::size_t kSealedBytesMax = kSealedForBytes + 8 * (kPieces + 1) + kContext.size() +
                                        2 * kNameBytesMax + kSecretKeyBytesMax +
                                        kSecretValueBytesMax;
static_assert((kSealedBytesMax * 4 + 2) / 3 <= kSealedTextBytesMax);

Secret secret_of(std::string_view value) {
  Secret secret = Secret::zeros(value.size());
  std::ranges::copy(value, secret.buffer().begin());
  return secret;
}

}  // namespace

Result<void> check_secret_value(std::string_view value) {
  if (value.empty() || value.size() > kSecretValueBytesMax) {
    return invalid("a value has 1 to " + std::to_string(kSecretValueBytesMax) +
                   " bytes; this one has " + std::to_string(value.size()));
  }
  if (utf8_prefix(value) != value.size()) return invalid("a value is UTF-8; this one is not");
  if (value.find('\0') != std::string_view::npos) {
    return invalid("a value has no NUL character; this one does");
  }
  return {};
}

std::string seal_secret_value(const PublicKey& server, const Key& secret, std::string_view key,
                              std::string_view value) {
  const Secret plain = signable_secret(kContext, {secret.workspace, secret.name, key, value});
  return base64url(seal_for(server, plain.bytes()));
}

Result<Secret> open_secret_value(const SigningKey& server, const Key& secret, std::string_view key,
                                 std::string_view sealed) {
  TITAN_ASSIGN(const std::string bytes, parse_base64url(sealed));
  const auto plain = open_sealed(server, bytes);
  if (!plain) {
    return conflict("it is not sealed for the server's key of now, " + server.public_key().text() +
                    ", or was changed; seal it anew");
  }
  const auto pieces = pieces_of(plain->bytes(), kContext, kPieces);
  if (!pieces) return invalid("what was sealed is no value of a secret");
  if ((*pieces)[0] != secret.workspace || (*pieces)[1] != secret.name || (*pieces)[2] != key) {
    return invalid("it was sealed for another workspace, secret or key than it stands in");
  }
  const std::string_view value = (*pieces)[3];
  TITAN_TRY(check_secret_value(value));
  return secret_of(value);
}

std::string seal_for_host(const PublicKey& device, const Key& secret, const SecretUse& use,
                          std::string_view value) {
  const Secret plain = signable_secret(
      kHostContext,
      {secret.organization, secret.workspace, secret.name, use.key, use.digest.text(), value});
  return base64url(seal_for(device, plain.bytes()));
}

Result<Secret> open_on_host(const SigningKey& device, const Key& secret, const SecretUse& use) {
  if (use.sealed.empty()) return invalid("the server sent no value");
  const auto sealed = parse_base64url(use.sealed);
  if (!sealed) return invalid("what the server sent is no sealed value");
  const auto plain = open_sealed(device, *sealed);
  if (!plain) return invalid("the value was not sealed for this host's key");
  const auto pieces = pieces_of(plain->bytes(), kHostContext, kHostPieces);
  if (!pieces) return invalid("what was sealed is no value of a secret");
  const std::string digest = use.digest.text();
  const std::string_view expected[] = {secret.organization, secret.workspace, secret.name, use.key,
                                       digest};
  if (!std::equal(std::begin(expected), std::end(expected), pieces->begin())) {
    return invalid("the value is another one than the deployment should have");
  }
  if (pieces->back().empty()) return invalid("the value is empty");
  return secret_of(pieces->back());
}

}  // namespace titan::model
