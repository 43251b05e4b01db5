#include "gitops/hashes.hpp"

#include <array>
#include <bit>
#include <cstdint>

#include "base/digest.hpp"

namespace titan::gitops {
namespace {

constexpr std::size_t kBlockBytes = 64;
constexpr std::size_t kLengthBytes = 8;
constexpr std::size_t kRounds = 80;
using Words = std::array<std::uint32_t, 5>;

std::uint32_t word_at(std::string_view bytes, std::size_t place) {
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    word = (word << 8U) | static_cast<unsigned char>(bytes[place + i]);
  }
  return word;
}

struct RoundPart {
  std::uint32_t mixed;
  std::uint32_t constant;
};

RoundPart step_of(std::size_t round, const Words& w) {
  constexpr std::size_t kQuarter = kRounds / 4;
  if (round < kQuarter) return {(w[1] & w[2]) | (~w[1] & w[3]), 0x5A827999};
  if (round < 2 * kQuarter) return {w[1] ^ w[2] ^ w[3], 0x6ED9EBA1};
  if (round < 3 * kQuarter) return {(w[1] & w[2]) | (w[1] & w[3]) | (w[2] & w[3]), 0x8F1BBCDC};
  return {w[1] ^ w[2] ^ w[3], 0xCA62C1D6};
}

void add_block(std::string_view block, Words& hash) {
  std::array<std::uint32_t, kRounds> schedule{};
  for (std::size_t i = 0; i < kRounds; ++i) {
    schedule[i] =
        i < 16
            ? word_at(block, 4 * i)
            : std::rotl(schedule[i - 3] ^ schedule[i - 8] ^ schedule[i - 14] ^ schedule[i - 16], 1);
  }
  Words w = hash;
  for (std::size_t i = 0; i < kRounds; ++i) {
    const RoundPart step = step_of(i, w);
    const std::uint32_t next = std::rotl(w[0], 5) + step.mixed + w[4] + step.constant + schedule[i];
    w = {next, w[0], std::rotl(w[1], 30), w[2], w[3]};
  }
  for (std::size_t i = 0; i < hash.size(); ++i) hash[i] += w[i];
}

}  // namespace

std::string sha1(std::string_view bytes) {
  std::string padded(bytes);
  padded += '\x80';
  while (padded.size() % kBlockBytes != kBlockBytes - kLengthBytes) padded += '\0';
  const std::uint64_t bits = std::uint64_t{bytes.size()} * 8;
  for (int shift = 56; shift >= 0; shift -= 8) padded += static_cast<char>((bits >> shift) & 0xFFU);

  Words hash = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
  for (std::size_t at = 0; at < padded.size(); at += kBlockBytes) {
    add_block(std::string_view(padded).substr(at, kBlockBytes), hash);
  }
  std::string text;
  for (const std::uint32_t word : hash) {
    for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>((word >> shift) & 0xFFU);
  }
  return text;
}

std::string hmac_sha1(std::string_view key, std::string_view message) {
  std::string block = key.size() > kBlockBytes ? sha1(key) : std::string(key);
  block.resize(kBlockBytes, '\0');
  std::string inner = block;
  std::string outer = block;
  for (char& byte : inner) byte = static_cast<char>(byte ^ 0x36);
  for (char& byte : outer) byte = static_cast<char>(byte ^ 0x5C);
  return sha1(outer + sha1(inner.append(message)));
}

std::string sha256(std::string_view bytes) {
  constexpr int kHex = 16;
  const std::string hex = Digest::of(bytes).hex();
  std::string made;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    made += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, kHex));
  }
  return made;
}

}  // namespace titan::gitops
