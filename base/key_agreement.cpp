#include "base/key_agreement.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>

#include "base/assert.hpp"
#include "base/base64.hpp"
#include "base/signing.hpp"
#include "base/sodium.hpp"

namespace titan {
namespace {

static_assert(AgreementKey::kBytes == crypto_scalarmult_curve25519_BYTES);
static_assert(AgreementKey::kBytes == crypto_scalarmult_curve25519_SCALARBYTES);

}  // namespace

AgreementKey AgreementKey::make(Random& random) {
  return AgreementKey(Secret::random(random, kBytes));
}

Result<AgreementKey> AgreementKey::from_bytes(std::string_view bytes) {
  if (bytes.size() != kBytes) {
    return invalid("no key for an agreement: found " + std::to_string(bytes.size()) +
                   " bytes, expected 32");
  }
  Secret secret = Secret::zeros(kBytes);
  std::copy(bytes.begin(), bytes.end(), secret.buffer().begin());
  return AgreementKey(std::move(secret));
}

Secret AgreementKey::secret_bytes() const {
  return bytes_.copy();
}

std::string AgreementKey::public_text() const {
  TITAN_ASSERT(!bytes_.empty());
  sodium::start();
  std::array<unsigned char, kBytes> point{};
  crypto_scalarmult_curve25519_base(point.data(), sodium::bytes_of(bytes_.bytes()));
  return base64url({reinterpret_cast<const char*>(point.data()), point.size()});
}

Result<Secret> AgreementKey::agree(std::string_view other_public_text) const {
  TITAN_ASSERT(!bytes_.empty());
  const auto point = parse_base64url(other_public_text, kBytes);
  if (!point) return point.error().context("public text of an agreement");
  sodium::start();
  Secret shared = Secret::zeros(kBytes);
  if (crypto_scalarmult_curve25519(shared.buffer().data(), sodium::bytes_of(bytes_.bytes()),
                                   sodium::bytes_of(*point)) != 0) {
    return invalid("public text of an agreement: a point of low order");
  }
  return shared;
}

Secret derive(const Secret& shared, std::string_view context, std::string_view transcript,
              std::size_t bytes) {
  TITAN_ASSERT(shared.size() >= crypto_generichash_blake2b_KEYBYTES_MIN &&
               shared.size() <= crypto_generichash_blake2b_KEYBYTES_MAX);
  TITAN_ASSERT(bytes >= crypto_generichash_blake2b_BYTES_MIN &&
               bytes <= crypto_generichash_blake2b_BYTES_MAX);
  sodium::start();  // before it chooses the quickest BLAKE2b, it takes the slowest
  const std::string message = signable(context, {transcript});
  Secret key = Secret::zeros(bytes);
  crypto_generichash_blake2b(key.buffer().data(), key.size(), sodium::bytes_of(message),
                             message.size(), sodium::bytes_of(shared.bytes()), shared.size());
  return key;
}

}  // namespace titan
