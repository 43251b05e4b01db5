#include "tests/base/plain_blake2b.hpp"

#include <array>
#include <bit>
#include <cstdint>

namespace titan::testing {
namespace {

using State = std::array<std::uint64_t, 8>;
using Work = std::array<std::uint64_t, 16>;

constexpr std::size_t kBlockBytes = 128;

constexpr State kIv = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
                       0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
                       0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};

// Section 2.7: a row for each round, a hex digit for each word.
constexpr std::array<std::string_view, 10> kSigma = {
    "0123456789abcdef", "ea489fd61c02b753", "b8c052fdae367194", "7931dcbe265a40f8",
    "905724afe1bc683d", "2c6a0b834d75fe19", "c51fed4a0763928b", "db7ec13950f4862a",
    "6fe9b308c2d714a5", "a2847615fb9e3cd0"};

// Section 3.1: four columns, then four diagonals.
constexpr std::size_t kMixed[8][4] = {{0, 4, 8, 12},  {1, 5, 9, 13},  {2, 6, 10, 14},
                                      {3, 7, 11, 15}, {0, 5, 10, 15}, {1, 6, 11, 12},
                                      {2, 7, 8, 13},  {3, 4, 9, 14}};

void mix(Work& v, const std::size_t (&at)[4], std::uint64_t x, std::uint64_t y) {
  auto& [a, b, c, d] = at;
  v[a] += v[b] + x;
  v[d] = std::rotr(v[d] ^ v[a], 32);
  v[c] += v[d];
  v[b] = std::rotr(v[b] ^ v[c], 24);
  v[a] += v[b] + y;
  v[d] = std::rotr(v[d] ^ v[a], 16);
  v[c] += v[d];
  v[b] = std::rotr(v[b] ^ v[c], 63);
}

void compress(State& h, std::string_view block, std::uint64_t bytes_so_far, bool last) {
  Work m{};
  for (std::size_t i = 0; i < block.size(); ++i) {
    m[i / 8] |= std::uint64_t{static_cast<unsigned char>(block[i])} << (8 * (i % 8));
  }
  Work v{};
  for (std::size_t i = 0; i < 8; ++i) {
    v[i] = h[i];
    v[i + 8] = kIv[i];
  }
  v[12] ^= bytes_so_far;
  if (last) v[14] = ~v[14];
  for (std::size_t round = 0; round < 12; ++round) {
    const auto word = [&](std::size_t i) {
      const char digit = kSigma[round % kSigma.size()][i];
      return m[static_cast<std::size_t>(digit <= '9' ? digit - '0' : digit - 'a' + 10)];
    };
    for (std::size_t i = 0; i < 8; ++i) mix(v, kMixed[i], word(2 * i), word(2 * i + 1));
  }
  for (std::size_t i = 0; i < 8; ++i) h[i] ^= v[i] ^ v[i + 8];
}

}  // namespace

std::string plain_blake2b(std::size_t bytes, std::string_view key, std::string_view message) {
  std::string input(key);
  if (!key.empty()) input.resize(kBlockBytes);
  input += message;
  State h = kIv;
  h[0] ^= 0x01010000U ^ (key.size() << 8U) ^ bytes;
  std::size_t at = 0;
  for (; input.size() - at > kBlockBytes; at += kBlockBytes) {
    compress(h, std::string_view(input).substr(at, kBlockBytes), at + kBlockBytes, false);
  }
  compress(h, std::string_view(input).substr(at), input.size(), true);
  std::string hash;
  for (std::size_t i = 0; i < bytes; ++i) hash += static_cast<char>(h[i / 8] >> (8 * (i % 8)));
  return hash;
}

}  // namespace titan::testing
