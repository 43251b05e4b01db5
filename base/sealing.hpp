#pragma once

#include <string>
#include <string_view>

#include "base/random.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/signing.hpp"

// Sealed texts, which only those can read that hold a key; how long the plain one is stays visible.
// All functions may be called from any thread.
namespace titan {

constexpr std::size_t kSealedForBytes = 48;   // by which seal_for() makes a text longer
constexpr std::size_t kEncryptedBytes = 40;   // by which encrypt() does
constexpr std::size_t kEncryptKeyBytes = 32;  // of the key of encrypt() and decrypt()

// For the holder of one key pair, by anybody: who it is from, it does not say. libsodium's sealed
// box, with the key pair in its X25519 form: the public half of a key pair made for this text,
// followed by the text under XSalsa20-Poly1305. That key pair is random in simulations, too: the
// sealed text differs each time, also for the same seed.
// REQUIRES: the key is not empty.
std::string seal_for(const PublicKey& reader, std::string_view plain);
// invalid when it was not sealed for this reader, or was changed.
Result<Secret> open_sealed(const SigningKey& reader, std::string_view sealed);

// Under a key that both have: a random nonce of 24 bytes, then the text under XChaCha20-Poly1305
// (draft-irtf-cfrg-xchacha-03; the IETF variant of RFC 8439 with a longer nonce). `bound_to` is not
// part of the sealed text, and must be the same when it is opened: what it belongs to, by
// signable().
// REQUIRES: a key of 32 bytes.
std::string encrypt(const Secret& key32, std::string_view plain, std::string_view bound_to,
                    Random& random);
// invalid when it was encrypted under another key or bound to something else, or was changed.
Result<Secret> decrypt(const Secret& key32, std::string_view sealed, std::string_view bound_to);

}  // namespace titan
