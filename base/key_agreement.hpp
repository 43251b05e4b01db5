#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/random.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

// How two come to share a secret over a line that others read: X25519 (RFC 7748). It does not say
// who the other is: the public texts have to be signed.
namespace titan {

// One side's half, for one agreement; wiped when it is destroyed. One that was moved from must not
// be used any more. Safe to share between threads while it is const.
class AgreementKey {
 public:
  static constexpr std::size_t kBytes = 32;

  // A new one, of 32 bytes from `random`.
  static AgreementKey make(Random& random);
  // invalid unless it is 32 bytes; any will do (RFC 7748, section 5, says which bits are put
  // right).
  static Result<AgreementKey> from_bytes(std::string_view bytes);

  [[nodiscard]] Secret secret_bytes() const;
  // What the other side needs: 32 bytes as 43 letters of base64url.
  [[nodiscard]] std::string public_text() const;
  // The 32 bytes that both sides come to; for derive(), not for use as they are. invalid when the
  // text is no base64url of 32 bytes, or a point of low order, with which the secret would be known
  // to all. Of the 256 bits of a point the highest is not looked at, as RFC 7748 has it.
  [[nodiscard]] Result<Secret> agree(std::string_view other_public_text) const;

 private:
  explicit AgreementKey(Secret bytes) : bytes_(std::move(bytes)) {}

  Secret bytes_;
};

// A key for one use: BLAKE2b (RFC 7693) of so many bytes, with the shared secret as its key, over
// signable(context, {transcript}). The context names the use and its version; the transcript is
// what both sides said, their public texts among it. REQUIRES: a shared secret and a key of 16 to
// 64 bytes each.
Secret derive(const Secret& shared, std::string_view context, std::string_view transcript,
              std::size_t bytes = 32);

}  // namespace titan
