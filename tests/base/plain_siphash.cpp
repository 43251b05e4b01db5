#include "tests/base/plain_siphash.hpp"

#include <array>
#include <bit>
#include <cstdint>

namespace titan::testing {
namespace {

using SipState = std::array<std::uint64_t, 4>;

constexpr std::size_t kWordBytes = 8;

// Up to eight bytes, the lowest first.
std::uint64_t word_of(std::string_view bytes) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    word |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  }
  return word;
}

// One half of a round, of which there are two, with other distances.
void mix(std::uint64_t& a, std::uint64_t& b, int distance) {
  a += b;
  b = std::rotl(b, distance) ^ a;
}

void rounds(SipState& v, int count) {
  for (int i = 0; i < count; ++i) {
    mix(v[0], v[1], 13);
    v[0] = std::rotl(v[0], 32);
    mix(v[2], v[3], 16);
    mix(v[0], v[3], 21);
    mix(v[2], v[1], 17);
    v[2] = std::rotl(v[2], 32);
  }
}

void take(SipState& v, std::uint64_t word) {
  v[3] ^= word;
  rounds(v, 2);
  v[0] ^= word;
}

std::string half(SipState& v) {
  rounds(v, 4);
  const std::uint64_t sum = v[0] ^ v[1] ^ v[2] ^ v[3];
  std::string bytes;
  for (std::size_t i = 0; i < kWordBytes; ++i) bytes += static_cast<char>(sum >> (8 * i));
  return bytes;
}

}  // namespace

std::string plain_siphash(std::string_view key, std::string_view message) {
  const std::uint64_t k0 = word_of(key.substr(0, kWordBytes));
  const std::uint64_t k1 = word_of(key.substr(kWordBytes));
  // "somepseudorandomlygeneratedbytes"; the 0xee is for 128 bits, as is the 0xdd below.
  SipState v = {k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d ^ 0xee, k0 ^ 0x6c7967656e657261,
                k1 ^ 0x7465646279746573};
  std::string_view rest = message;
  for (; rest.size() >= kWordBytes; rest.remove_prefix(kWordBytes)) {
    take(v, word_of(rest.substr(0, kWordBytes)));
  }
  take(v, word_of(rest) | static_cast<std::uint64_t>(message.size()) << 56U);
  v[2] ^= 0xee;
  std::string hash = half(v);
  v[1] ^= 0xdd;
  return hash + half(v);
}

}  // namespace titan::testing
