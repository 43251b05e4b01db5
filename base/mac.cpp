#include "base/mac.hpp"

#include <sodium.h>

#include <algorithm>

#include "base/assert.hpp"
#include "base/base64.hpp"
#include "base/sodium.hpp"

namespace titan {

static_assert(Mac::kBytes == crypto_shorthash_siphashx24_BYTES);
static_assert(MacKey::kBytes == crypto_shorthash_siphashx24_KEYBYTES);

MacKey MacKey::of(Secret bytes) {
  TITAN_ASSERT(bytes.size() == kBytes);
  return MacKey(std::move(bytes));
}

Result<Mac> Mac::parse(std::string_view text) {
  const auto bytes = parse_base64url(text, kBytes);
  if (!bytes) return bytes.error().context("MAC");
  Mac mac;
  std::ranges::copy(*bytes, mac.bytes_.begin());
  return mac;
}

std::string Mac::text() const {
  return base64url(bytes());
}

std::string_view Mac::bytes() const {
  return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
}

Mac mac_of(const MacKey& key, std::string_view message) {
  TITAN_ASSERT(!key.bytes_.empty());
  Mac mac;
  crypto_shorthash_siphashx24(mac.bytes_.data(), sodium::bytes_of(message), message.size(),
                              sodium::bytes_of(key.bytes_.bytes()));
  return mac;
}

Digest keyed_digest_of(const Secret& key, std::string_view message) {
  TITAN_ASSERT(key.size() >= crypto_generichash_blake2b_KEYBYTES_MIN &&
               key.size() <= crypto_generichash_blake2b_KEYBYTES_MAX);
  sodium::start();
  std::array<std::uint8_t, crypto_generichash_blake2b_BYTES> hash{};
  crypto_generichash_blake2b(hash.data(), hash.size(), sodium::bytes_of(message), message.size(),
                             sodium::bytes_of(key.bytes()), key.size());
  return Digest::of({reinterpret_cast<const char*>(hash.data()), hash.size()});
}

bool matches(const Mac& left, const Mac& right) {
  return sodium_memcmp(left.bytes().data(), right.bytes().data(), Mac::kBytes) == 0;
}

}  // namespace titan
