#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

// Message authentication codes: SipHash-2-4 with a key and an output of 128 bits (Aumasson and
// Bernstein, "SipHash: a fast short-input PRF", 2012), which was made to authenticate short
// messages. Quick, and without allocation, since every poll is answered with one: poll_bench
// compares it with keyed BLAKE2b.
// All of it is safe to share between threads while it is const.
namespace titan {

class Mac;

// What two that share it can say to each other and nobody else; wiped when it is destroyed. One
// that was moved from must not be used any more.
class MacKey {
 public:
  static constexpr std::size_t kBytes = 16;

  // REQUIRES: 16 bytes.
  static MacKey of(Secret bytes);

 private:
  friend Mac mac_of(const MacKey& key, std::string_view message);
  explicit MacKey(Secret bytes) : bytes_(std::move(bytes)) {}

  Secret bytes_;
};

// 16 bytes, written as 22 letters of base64url. Compared by matches() only.
class Mac {
 public:
  static constexpr std::size_t kBytes = 16;

  Mac() = default;  // zeros
  // invalid when `text` is not the base64url of 16 bytes; the error does not quote it.
  static Result<Mac> parse(std::string_view text);

  [[nodiscard]] std::string text() const;
  [[nodiscard]] std::string_view bytes() const;

 private:
  friend Mac mac_of(const MacKey& key, std::string_view message);

  std::array<std::uint8_t, kBytes> bytes_{};
};

// The message should come from signable() (base/signing.hpp).
Mac mac_of(const MacKey& key, std::string_view message);

// SHA-256 of BLAKE2b-256 (RFC 7693) with a key: says to all whether two messages are equal, for as
// long as it is kept, and nothing else to those who do not have the key, however few messages it
// may be. Takes ten times as long as mac_of(). REQUIRES: a key of 16 to 64 bytes.
Digest keyed_digest_of(const Secret& key, std::string_view message);

// Whether both are the same; takes the same time wherever they differ.
bool matches(const Mac& left, const Mac& right);

}  // namespace titan
