#include "base/sealing.hpp"

#include <sodium.h>

#include <array>

#include "base/assert.hpp"
#include "base/sodium.hpp"

namespace titan {
namespace {

using Point = std::array<unsigned char, crypto_box_PUBLICKEYBYTES>;

constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;

static_assert(kSealedForBytes == crypto_box_SEALBYTES);
static_assert(kEncryptedBytes == kNonceBytes + crypto_aead_xchacha20poly1305_ietf_ABYTES);
static_assert(kEncryptKeyBytes == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);

unsigned char* writable(std::string& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

Error too_short(std::size_t found, std::size_t expected) {
  return invalid("no sealed text: found " + std::to_string(found) + " bytes, expected at least " +
                 std::to_string(expected));
}

}  // namespace

std::string seal_for(const PublicKey& reader, std::string_view plain) {
  sodium::start();
  Point point{};
  TITAN_ASSERT(
      crypto_sign_ed25519_pk_to_curve25519(point.data(), sodium::bytes_of(reader.bytes())) == 0);
  std::string sealed(plain.size() + kSealedForBytes, '\0');
  TITAN_ASSERT(
      crypto_box_seal(writable(sealed), sodium::bytes_of(plain), plain.size(), point.data()) == 0);
  return sealed;
}

Result<Secret> open_sealed(const SigningKey& reader, std::string_view sealed) {
  TITAN_ASSERT(!reader.seed_and_public_key_.empty());
  if (sealed.size() < kSealedForBytes) return too_short(sealed.size(), kSealedForBytes);
  sodium::start();
  Secret scalar = Secret::zeros(crypto_box_SECRETKEYBYTES);
  crypto_sign_ed25519_sk_to_curve25519(scalar.buffer().data(),
                                       sodium::bytes_of(reader.seed_and_public_key_.bytes()));
  Point point{};
  crypto_scalarmult_curve25519_base(point.data(), scalar.buffer().data());
  Secret plain = Secret::zeros(sealed.size() - kSealedForBytes);
  if (crypto_box_seal_open(plain.buffer().data(), sodium::bytes_of(sealed), sealed.size(),
                           point.data(), scalar.buffer().data()) != 0) {
    return invalid("the sealed text does not open: it is for another key, or was changed");
  }
  return plain;
}

std::string encrypt(const Secret& key32, std::string_view plain, std::string_view bound_to,
                    Random& random) {
  TITAN_ASSERT(key32.size() == kEncryptKeyBytes);
  sodium::start();
  std::string sealed(plain.size() + kEncryptedBytes, '\0');
  fill(random, {writable(sealed), kNonceBytes});
  crypto_aead_xchacha20poly1305_ietf_encrypt(writable(sealed) + kNonceBytes, nullptr,
                                             sodium::bytes_of(plain), plain.size(),
                                             sodium::bytes_of(bound_to), bound_to.size(), nullptr,
                                             writable(sealed), sodium::bytes_of(key32.bytes()));
  return sealed;
}

Result<Secret> decrypt(const Secret& key32, std::string_view sealed, std::string_view bound_to) {
  TITAN_ASSERT(key32.size() == kEncryptKeyBytes);
  if (sealed.size() < kEncryptedBytes) return too_short(sealed.size(), kEncryptedBytes);
  sodium::start();
  const std::string_view box = sealed.substr(kNonceBytes);
  Secret plain = Secret::zeros(sealed.size() - kEncryptedBytes);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          plain.buffer().data(), nullptr, nullptr, sodium::bytes_of(box), box.size(),
          sodium::bytes_of(bound_to), bound_to.size(), sodium::bytes_of(sealed),
          sodium::bytes_of(key32.bytes())) != 0) {
    return invalid(
        "the sealed text does not open: it is under another key, bound to something "
        "else, or was changed");
  }
  return plain;
}

}  // namespace titan
