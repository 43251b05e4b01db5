#include "base/digest.hpp"

#include <sodium.h>

#include <algorithm>

#include "base/sodium.hpp"

namespace titan {
namespace {

constexpr std::string_view kPrefix = "sha256:";

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  return -1;
}

}  // namespace

Digest Digest::of(std::string_view bytes) {
  Digest digest;
  crypto_hash_sha256(digest.bytes_.data(), sodium::bytes_of(bytes), bytes.size());
  return digest;
}

Result<Digest> Digest::parse(std::string_view text) {
  const auto refuse = [&] {
    return invalid("\"" + std::string(text.substr(0, 80)) +
                   "\" is not a digest: expected sha256: and 64 lower-case hex digits");
  };
  if (text.size() != kPrefix.size() + 2 * kBytes || !text.starts_with(kPrefix)) return refuse();
  const std::string_view hex = text.substr(kPrefix.size());
  Digest digest;
  for (std::size_t i = 0; i < kBytes; ++i) {
    const int high = hex_value(hex[2 * i]);
    const int low = hex_value(hex[2 * i + 1]);
    if (high < 0 || low < 0) return refuse();
    digest.bytes_[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return digest;
}

std::uint64_t Digest::short_form() const {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < sizeof number; ++i) number = number << 8U | bytes_[i];
  return number;
}

std::string Digest::hex() const {
  return text_after({});
}

std::string Digest::text() const {
  return text_after(kPrefix);
}

std::string Digest::text_after(std::string_view prefix) const {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(prefix.size() + 2 * kBytes, '\0');
  char* to = std::ranges::copy(prefix, text.data()).out;
  for (const std::uint8_t byte : bytes_) {
    *to++ = kDigits[byte >> 4U];
    *to++ = kDigits[byte & 15U];
  }
  return text;
}

struct Hasher::State {
  crypto_hash_sha256_state sha;
};

Hasher::Hasher() : state_(std::make_unique<State>()) {
  crypto_hash_sha256_init(&state_->sha);
}
Hasher::~Hasher() = default;

Hasher& Hasher::add(std::uint64_t number) {
  std::array<unsigned char, 8> little_endian{};
  for (std::size_t i = 0; i < 8; ++i) {
    little_endian[i] = static_cast<unsigned char>(number >> (8 * i));
  }
  crypto_hash_sha256_update(&state_->sha, little_endian.data(), little_endian.size());
  return *this;
}

Hasher& Hasher::add(std::string_view piece) {
  add(static_cast<std::uint64_t>(piece.size()));
  crypto_hash_sha256_update(&state_->sha, sodium::bytes_of(piece), piece.size());
  return *this;
}

Digest Hasher::finish() {
  Digest digest;
  crypto_hash_sha256_final(&state_->sha, digest.bytes_.data());
  return digest;
}

}  // namespace titan
