#include "model/secret_value.hpp"

#include <algorithm>

#include "base/base64.hpp"
#include "base/sealing.hpp"
#include "base/text.hpp"
#include "model/limits.hpp"

namespace titan::model {
namespace {

constexpr std::string_view kContext = "titan-secret-1";
constexpr std::size_t kPieces = 4;  // workspace, name, key, value

// Of the longest value under the longest names: what a client may send is what the server reads.
constexpr std::size_t kSealedBytesMax = kSealedForBytes + 8 * (kPieces + 1) + kContext.size() +
                                        2 * kNameBytesMax + kSecretKeyBytesMax +
                                        kSecretValueBytesMax;
static_assert((kSealedBytesMax * 4 + 2) / 3 <= kSealedTextBytesMax);

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
  Secret copy = Secret::zeros(value.size());
  std::ranges::copy(value, copy.buffer().begin());
  return copy;
}

}  // namespace titan::model
