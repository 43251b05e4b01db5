#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

// Signatures by Ed25519 (RFC 8032). All of it is safe to share between threads while it is const.
namespace titan {

// Whom a signature is by, or whom something is sealed for. Written "ed25519:" and 43 letters of
// base64url. A key that was parsed is a point of the curve's main group in its one encoding: the
// others, with which signatures can be had that hold for many messages or keys, are refused.
class PublicKey {
 public:
  static constexpr std::size_t kBytes = 32;

  PublicKey() = default;  // none
  // invalid when `text` is not of the form above, or no such point.
  static Result<PublicKey> parse(std::string_view text);
  // For what was parsed before it was stored: not whether it is such a point, which takes half
  // as long as to verify. With one that is none no signature verifies; do not seal for it.
  static Result<PublicKey> parse_known(std::string_view text);

  // Empty for none.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] std::string_view bytes() const;
  [[nodiscard]] bool empty() const { return *this == PublicKey(); }
  auto operator<=>(const PublicKey&) const = default;

 private:
  friend class SigningKey;

  std::array<std::uint8_t, kBytes> bytes_{};
};

// 64 bytes, written as 86 letters of base64url. A default one is a signature of nothing.
class Signature {
 public:
  static constexpr std::size_t kBytes = 64;

  Signature() = default;
  // invalid when `text` is not the base64url of 64 bytes.
  static Result<Signature> parse(std::string_view text);

  [[nodiscard]] std::string text() const;
  [[nodiscard]] std::string_view bytes() const;
  bool operator==(const Signature&) const = default;

 private:
  friend class SigningKey;

  std::array<std::uint8_t, kBytes> bytes_{};
};

// The secret half of a key pair; wiped when it is destroyed. One that was moved from must not be
// used any more. Its text, "ed25519-secret:" and 43 letters of base64url, holds the seed of RFC
// 8032 (section 5.1.5), from which both halves follow.
class SigningKey {
 public:
  static constexpr std::size_t kSeedBytes = 32;

  // A new key pair, of 32 bytes from `random`.
  static SigningKey make(Random& random);
  // invalid when `text` is not of the form above; the error does not quote it.
  static Result<SigningKey> parse(std::string_view text);

  [[nodiscard]] Secret secret_text() const;
  [[nodiscard]] const PublicKey& public_key() const { return public_key_; }
  // The same signature for the same message each time. The message should come from signable().
  [[nodiscard]] Signature sign(std::string_view message) const;

 private:
  friend Result<Secret> open_sealed(const SigningKey& reader, std::string_view sealed);
  explicit SigningKey(const Secret& seed);

  Secret seed_and_public_key_;  // as libsodium keeps them
  PublicKey public_key_;
};

// Whether `signature` is by the holder of the key, over exactly this message. No for an empty key,
// and for the other signatures that one could make of a good one without the secret.
bool verifies(const PublicKey& key, std::string_view message, const Signature& signature);

// What is signed, or put into a MAC: the context, which names the use and its version
// ("titan-sync-1"), and then each piece, all of them preceded by their length as 8 bytes, the
// lowest first. So no two lists of pieces give the same bytes, and nothing that was signed for one
// use counts for another. One allocation.
std::string signable(std::string_view context, std::initializer_list<std::string_view> pieces);
// The same bytes, when one of the pieces must not stay in memory.
Secret signable_secret(std::string_view context, std::initializer_list<std::string_view> pieces);
// The pieces of such bytes, which it borrows. invalid when they are not the whole encoding of this
// context and of exactly so many pieces; the error quotes none of them.
Result<std::vector<std::string_view>> pieces_of(std::string_view signable, std::string_view context,
                                                std::size_t count);

}  // namespace titan
