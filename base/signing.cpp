#include "base/signing.hpp"

#include <sodium.h>

#include <algorithm>
#include <optional>

#include "base/assert.hpp"
#include "base/base64.hpp"
#include "base/sodium.hpp"
#include "base/text.hpp"

namespace titan {
namespace {

constexpr std::string_view kPublicPrefix = "ed25519:";
constexpr std::string_view kSecretPrefix = "ed25519-secret:";
constexpr std::size_t kLengthBytes = 8;

static_assert(PublicKey::kBytes == crypto_sign_ed25519_PUBLICKEYBYTES);
static_assert(Signature::kBytes == crypto_sign_ed25519_BYTES);
static_assert(SigningKey::kSeedBytes == crypto_sign_ed25519_SEEDBYTES);

template <std::size_t kSize>
std::string_view view_of(const std::array<std::uint8_t, kSize>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Error other_start(std::string_view what, std::string_view prefix) {
  return invalid(std::string(what) + ": expected " + std::string(prefix) +
                 " and the base64url of 32 bytes, without padding");
}

// Writes to memory that is large enough.
class PieceWriter {
 public:
  explicit PieceWriter(char* to) : to_(to) {}
  void add(std::string_view piece) {
    for (std::size_t i = 0; i < kLengthBytes; ++i) {
      *to_++ = static_cast<char>(static_cast<std::uint64_t>(piece.size()) >> (8 * i));
    }
    to_ = std::ranges::copy(piece, to_).out;
  }

 private:
  char* to_;
};

std::size_t size_of(std::string_view context, std::initializer_list<std::string_view> pieces) {
  std::size_t size = kLengthBytes + context.size();
  for (const auto piece : pieces) size += kLengthBytes + piece.size();
  return size;
}

void write(char* to, std::string_view context, std::initializer_list<std::string_view> pieces) {
  PieceWriter writer(to);
  writer.add(context);
  for (const auto piece : pieces) writer.add(piece);
}

// Takes the next piece off the front of `bytes`.
std::optional<std::string_view> take_piece(std::string_view& bytes) {
  if (bytes.size() < kLengthBytes) return std::nullopt;
  std::uint64_t size = 0;
  for (std::size_t i = 0; i < kLengthBytes; ++i) {
    size |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(bytes[i])) << (8 * i);
  }
  bytes.remove_prefix(kLengthBytes);
  if (size > bytes.size()) return std::nullopt;
  const auto fitting = static_cast<std::size_t>(size);
  const std::string_view piece = bytes.substr(0, fitting);
  bytes.remove_prefix(fitting);
  return piece;
}

}  // namespace

Result<PublicKey> PublicKey::parse(std::string_view text) {
  TITAN_ASSIGN(const PublicKey key, parse_known(text));
  sodium::start();
  if (crypto_core_ed25519_is_valid_point(key.bytes_.data()) != 1) {
    return invalid("public key " + quote(text) + ": no point of the main group of Ed25519");
  }
  return key;
}

Result<PublicKey> PublicKey::parse_known(std::string_view text) {
  // The text is quoted only once it cannot be a secret key in the wrong place.
  if (!text.starts_with(kPublicPrefix)) return other_start("public key", kPublicPrefix);
  const auto bytes = parse_base64url(text.substr(kPublicPrefix.size()), kBytes);
  if (!bytes) return bytes.error().context("public key " + quote(text));
  PublicKey key;
  std::ranges::copy(*bytes, key.bytes_.begin());
  return key;
}

std::string PublicKey::text() const {
  if (empty()) return {};
  return std::string(kPublicPrefix) + base64url(bytes());
}

std::string_view PublicKey::bytes() const {
  return view_of(bytes_);
}

Result<Signature> Signature::parse(std::string_view text) {
  const auto bytes = parse_base64url(text, kBytes);
  if (!bytes) return bytes.error().context("signature");
  Signature signature;
  std::ranges::copy(*bytes, signature.bytes_.begin());
  return signature;
}

std::string Signature::text() const {
  return base64url(bytes());
}

std::string_view Signature::bytes() const {
  return view_of(bytes_);
}

SigningKey::SigningKey(const Secret& seed)
    : seed_and_public_key_(Secret::zeros(crypto_sign_ed25519_SECRETKEYBYTES)) {
  TITAN_ASSERT(seed.size() == kSeedBytes);
  sodium::start();
  crypto_sign_ed25519_seed_keypair(public_key_.bytes_.data(), seed_and_public_key_.buffer().data(),
                                   sodium::bytes_of(seed.bytes()));
}

SigningKey SigningKey::make(Random& random) {
  return SigningKey(Secret::random(random, kSeedBytes));
}

Result<SigningKey> SigningKey::parse(std::string_view text) {
  if (!text.starts_with(kSecretPrefix)) return other_start("secret key", kSecretPrefix);
  auto bytes = parse_base64url(text.substr(kSecretPrefix.size()), kSeedBytes);
  if (!bytes) return bytes.error().context("secret key");
  return SigningKey(Secret::of(std::move(*bytes)));
}

Secret SigningKey::secret_text() const {
  TITAN_ASSERT(!seed_and_public_key_.empty());
  const Secret encoded = Secret::of(base64url(seed_and_public_key_.bytes().substr(0, kSeedBytes)));
  Secret text = Secret::zeros(kSecretPrefix.size() + encoded.size());
  const auto to = std::ranges::copy(kSecretPrefix, text.buffer().begin()).out;
  std::ranges::copy(encoded.bytes(), to);
  return text;
}

Signature SigningKey::sign(std::string_view message) const {
  TITAN_ASSERT(!seed_and_public_key_.empty());
  Signature signature;
  crypto_sign_ed25519_detached(signature.bytes_.data(), nullptr, sodium::bytes_of(message),
                               message.size(), sodium::bytes_of(seed_and_public_key_.bytes()));
  return signature;
}

bool verifies(const PublicKey& key, std::string_view message, const Signature& signature) {
  if (key.empty()) return false;
  sodium::start();
  return crypto_sign_ed25519_verify_detached(sodium::bytes_of(signature.bytes()),
                                             sodium::bytes_of(message), message.size(),
                                             sodium::bytes_of(key.bytes())) == 0;
}

std::string signable(std::string_view context, std::initializer_list<std::string_view> pieces) {
  std::string bytes(size_of(context, pieces), '\0');
  write(bytes.data(), context, pieces);
  return bytes;
}

Secret signable_secret(std::string_view context, std::initializer_list<std::string_view> pieces) {
  Secret bytes = Secret::zeros(size_of(context, pieces));
  write(reinterpret_cast<char*>(bytes.buffer().data()), context, pieces);
  return bytes;
}

Result<std::vector<std::string_view>> pieces_of(std::string_view signable, std::string_view context,
                                                std::size_t count) {
  const Error other = invalid("expected \"" + std::string(context) + "\" and " +
                              std::to_string(count) + " pieces, found something else");
  const auto found = take_piece(signable);
  if (!found || *found != context) return other;
  std::vector<std::string_view> pieces;
  while (pieces.size() < count) {
    const auto piece = take_piece(signable);
    if (!piece) return other;
    pieces.push_back(*piece);
  }
  if (!signable.empty()) return other;
  return pieces;
}

}  // namespace titan
