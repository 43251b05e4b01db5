#include "base/mac.hpp"

#include <gtest/gtest.h>

#include "base/base64.hpp"
#include "base/signing.hpp"
#include "tests/base/hex.hpp"
#include "tests/base/plain_blake2b.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan {
namespace {

using testing::bytes_of_hex;
using testing::plain_blake2b;
using testing::with_bit_flipped;

MacKey key_of(std::string bytes) {
  return MacKey::of(Secret::of(std::move(bytes)));
}

std::string counting_bytes(std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(i);
  return bytes;
}

// The bytes of the self-test in RFC 7693, appendix E.
std::string self_test_bytes(std::size_t size) {
  std::uint32_t a = 0xdead4badU * static_cast<std::uint32_t>(size);
  std::uint32_t b = 1;
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) {
    const std::uint32_t next = a + b;
    a = b;
    b = next;
    bytes += static_cast<char>(next >> 24U);
  }
  return bytes;
}

TEST(PlainBlake2b, AgreesWithThePublishedVectors) {
  // RFC 7693, appendix A.
  EXPECT_EQ(plain_blake2b(64, "", "abc"),
            bytes_of_hex("ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
                         "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"));
  // RFC 7693, appendix E: a hash of hashes of several sizes, with and without a key.
  std::string hashes;
  for (const std::size_t bytes : {20U, 32U, 48U, 64U}) {
    for (const std::size_t size : {0U, 3U, 128U, 129U, 255U, 1024U}) {
      hashes += plain_blake2b(bytes, "", self_test_bytes(size));
      hashes += plain_blake2b(bytes, self_test_bytes(bytes), self_test_bytes(size));
    }
  }
  EXPECT_EQ(plain_blake2b(32, "", hashes),
            bytes_of_hex("c23a7800d98123bd10f506c61e29da5603d763b8bbad2e737f5e765a7bccd475"));
}

TEST(Mac, IsBlake2bUnderTheKey) {
  testing::SeededRandom random(7);
  for (std::size_t size = 0; size < 400; ++size) {
    const Secret key = Secret::random(random, MacKey::kBytes);
    const Secret message = Secret::random(random, size);
    EXPECT_EQ(mac_of(MacKey::of(key.copy()), message.bytes()).bytes(),
              plain_blake2b(Mac::kBytes, key.bytes(), message.bytes()))
        << size;
  }
}

TEST(Mac, StaysTheSame) {
  EXPECT_EQ(mac_of(key_of(counting_bytes(32)), "titan").bytes(),
            bytes_of_hex("28e0668c68a2a4ddd35cdf00af9e537d"));
}

TEST(Mac, ReadsBackWhatItWrites) {
  const Mac mac = mac_of(key_of(counting_bytes(32)), "message");
  EXPECT_EQ(mac.text().size(), 22U);
  EXPECT_TRUE(matches(Mac::parse(mac.text()).value(), mac));
  EXPECT_TRUE(matches(Mac(), Mac::parse(std::string(22, 'A')).value()));
}

TEST(Mac, RefusesEveryOtherForm) {
  const std::string good = mac_of(key_of(counting_bytes(32)), "message").text();
  for (const std::string& text : {
           std::string(),
           good.substr(1),                             // short
           good + "A",                                 // long
           good + "AA",                                // a byte more
           good + "==",                                // padding
           " " + good,                                 // white space
           good + "\n",                                //
           "+" + good.substr(1),                       // the other alphabet
           good.substr(0, 21) + "_",                   // bits that belong to no byte
           good.substr(0, 21) + std::string("\0", 1),  // a NUL
       }) {
    const auto parsed = Mac::parse(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::invalid);
    EXPECT_TRUE(parsed.error().message.starts_with("MAC: ")) << parsed.error().message;
  }
}

TEST(Mac, DiffersForEachBitOfKeyMessageAndMac) {
  const std::string key = counting_bytes(32);
  const std::string message = signable("titan-test-1", {"nonce", "bookmark"});
  const Mac good = mac_of(key_of(key), message);
  EXPECT_TRUE(matches(good, mac_of(key_of(key), message)));
  for (std::size_t bit = 0; bit < 8 * key.size(); ++bit) {
    EXPECT_FALSE(matches(good, mac_of(key_of(with_bit_flipped(key, bit)), message))) << bit;
  }
  for (std::size_t bit = 0; bit < 8 * message.size(); ++bit) {
    EXPECT_FALSE(matches(good, mac_of(key_of(key), with_bit_flipped(message, bit)))) << bit;
  }
  for (std::size_t bit = 0; bit < 8 * Mac::kBytes; ++bit) {
    const auto flipped = Mac::parse(base64url(with_bit_flipped(good.bytes(), bit)));
    EXPECT_FALSE(matches(good, flipped.value())) << bit;
  }
}

TEST(MacKeyDeathTest, TakesThirtyTwoBytesOnly) {
  EXPECT_DEATH(key_of(counting_bytes(31)), "kBytes");
  EXPECT_DEATH(key_of(""), "kBytes");
}

}  // namespace
}  // namespace titan
