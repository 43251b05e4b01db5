#include "base/mac.hpp"

#include <gtest/gtest.h>

#include "base/base64.hpp"
#include "base/signing.hpp"
#include "tests/base/hex.hpp"
#include "tests/base/plain_blake2b.hpp"
#include "tests/base/plain_siphash.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan {
namespace {

using testing::bytes_of_hex;
using testing::plain_siphash;
using testing::with_bit_flipped;

MacKey key_of(std::string bytes) {
  return MacKey::of(Secret::of(std::move(bytes)));
}

std::string counting_bytes(std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(i);
  return bytes;
}

TEST(PlainSipHash, AgreesWithThePublishedVectors) {
  // Those of the reference implementation for 128 bits: the key and the messages count up.
  const std::string key = counting_bytes(16);
  EXPECT_EQ(plain_siphash(key, ""), bytes_of_hex("a3817f04ba25a8e66df67214c7550293"));
  EXPECT_EQ(plain_siphash(key, counting_bytes(1)),
            bytes_of_hex("da87c1d86b99af44347659119b22fc45"));
}

TEST(Mac, IsSipHashUnderTheKey) {
  testing::SeededRandom random(7);
  for (std::size_t size = 0; size < 400; ++size) {
    const Secret key = Secret::random(random, MacKey::kBytes);
    const Secret message = Secret::random(random, size);
    EXPECT_EQ(mac_of(MacKey::of(key.copy()), message.bytes()).bytes(),
              plain_siphash(key.bytes(), message.bytes()))
        << size;
  }
}

TEST(Mac, StaysTheSame) {
  EXPECT_EQ(mac_of(key_of(counting_bytes(16)), "titan").bytes(),
            bytes_of_hex("884295c4ad05eb2852305baf8a8dd8c5"));
}

TEST(Mac, ReadsBackWhatItWrites) {
  const Mac mac = mac_of(key_of(counting_bytes(16)), "message");
  EXPECT_EQ(mac.text().size(), 22U);
  EXPECT_TRUE(matches(Mac::parse(mac.text()).value(), mac));
  EXPECT_TRUE(matches(Mac(), Mac::parse(std::string(22, 'A')).value()));
}

TEST(Mac, RefusesEveryOtherForm) {
  const std::string good = mac_of(key_of(counting_bytes(16)), "message").text();
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
  const std::string key = counting_bytes(16);
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

TEST(MacKeyDeathTest, TakesSixteenBytesOnly) {
  EXPECT_DEATH(key_of(counting_bytes(32)), "kBytes");
  EXPECT_DEATH(key_of(""), "kBytes");
}

TEST(KeyedDigest, IsOfTheMessageUnderTheKey) {
  testing::SeededRandom random(21);
  const Secret key = Secret::random(random, 32);
  const Secret other = Secret::random(random, 32);
  EXPECT_EQ(keyed_digest_of(key, "message"), keyed_digest_of(key.copy(), "message"));
  EXPECT_NE(keyed_digest_of(key, "message"), keyed_digest_of(other, "message"));
  EXPECT_NE(keyed_digest_of(key, "message"), keyed_digest_of(key, "messagf"));
  EXPECT_NE(keyed_digest_of(key, "message"), Digest::of("message"));
}

TEST(KeyedDigest, IsThatOfBlake2b) {
  testing::SeededRandom random(22);
  for (const std::size_t size : {0U, 1U, 127U, 128U, 129U, 1000U}) {
    const Secret key = Secret::random(random, 32);
    const Secret message = Secret::random(random, size);
    EXPECT_EQ(keyed_digest_of(key, message.bytes()),
              Digest::of(testing::plain_blake2b(32, key.bytes(), message.bytes())));
  }
}

}  // namespace
}  // namespace titan
