#include "base/key_agreement.hpp"

#include <gtest/gtest.h>

#include "base/base64.hpp"
#include "base/signing.hpp"
#include "tests/base/hex.hpp"
#include "tests/base/plain_blake2b.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan {
namespace {

using testing::bytes_of_hex;
using testing::with_bit_flipped;

AgreementKey key_of_hex(std::string_view hex) {
  return AgreementKey::from_bytes(bytes_of_hex(hex)).value();
}

std::string text_of_hex(std::string_view hex) {
  return base64url(bytes_of_hex(hex));
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
  EXPECT_EQ(testing::plain_blake2b(64, "", "abc"),
            bytes_of_hex("ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
                         "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"));
  // RFC 7693, appendix E: a hash of hashes of several sizes, with and without a key.
  std::string hashes;
  for (const std::size_t bytes : {20U, 32U, 48U, 64U}) {
    for (const std::size_t size : {0U, 3U, 128U, 129U, 255U, 1024U}) {
      hashes += testing::plain_blake2b(bytes, "", self_test_bytes(size));
      hashes += testing::plain_blake2b(bytes, self_test_bytes(bytes), self_test_bytes(size));
    }
  }
  EXPECT_EQ(testing::plain_blake2b(32, "", hashes),
            bytes_of_hex("c23a7800d98123bd10f506c61e29da5603d763b8bbad2e737f5e765a7bccd475"));
}

TEST(AgreementKey, AgreesWithThePublishedVectors) {
  // RFC 7748, section 5.2.
  const struct {
    std::string_view scalar, point, product;
  } vectors[] = {
      {"a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
       "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
       "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"},
      {"4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
       "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
       "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"},
  };
  for (const auto& vector : vectors) {
    EXPECT_TRUE(key_of_hex(vector.scalar)
                    .agree(text_of_hex(vector.point))
                    .value()
                    .equals(bytes_of_hex(vector.product)));
  }
}

TEST(AgreementKey, AgreesWithThePublishedIteration) {
  // RFC 7748, section 5.2: k and u are 9; then u becomes k, and k what both gave.
  std::string k = bytes_of_hex("09") + std::string(31, '\0');
  std::string u = k;
  for (int round = 1; round <= 1000; ++round) {
    const Secret product = AgreementKey::from_bytes(k).value().agree(base64url(u)).value();
    u = k;
    k = product.bytes();
    if (round == 1) {
      EXPECT_EQ(k,
                bytes_of_hex("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"));
    }
  }
  EXPECT_EQ(k, bytes_of_hex("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"));
}

TEST(AgreementKey, GivesBothSidesTheSecretOfThePublishedExchange) {
  // RFC 7748, section 6.1.
  const auto alice = key_of_hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
  const auto bob = key_of_hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
  const auto shared =
      bytes_of_hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
  EXPECT_EQ(alice.public_text(),
            text_of_hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"));
  EXPECT_EQ(bob.public_text(),
            text_of_hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"));
  EXPECT_TRUE(alice.agree(bob.public_text()).value().equals(shared));
  EXPECT_TRUE(bob.agree(alice.public_text()).value().equals(shared));
}

TEST(AgreementKey, RefusesPointsOfLowOrder) {
  // All there are, in each encoding below 2^255: of order 1, 2, 4 and 8, on the curve or its twist.
  testing::SeededRandom random(3);
  const auto key = AgreementKey::make(random);
  for (const std::string_view hex : {
           "0000000000000000000000000000000000000000000000000000000000000000",
           "0100000000000000000000000000000000000000000000000000000000000000",
           "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
           "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
           "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
           "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
           "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
       }) {
    for (const bool high_bit : {false, true}) {
      const std::string point =
          high_bit ? with_bit_flipped(bytes_of_hex(hex), 255) : bytes_of_hex(hex);
      const auto agreed = key.agree(base64url(point));
      ASSERT_FALSE(agreed.ok()) << hex;
      EXPECT_EQ(agreed.error().code, ErrorCode::invalid);
      EXPECT_EQ(agreed.error().message, "public text of an agreement: a point of low order");
    }
  }
}

TEST(AgreementKey, RefusesEveryOtherText) {
  testing::SeededRandom random(4);
  const auto key = AgreementKey::make(random);
  const std::string good = key.public_text();
  ASSERT_EQ(good.size(), 43U);
  for (const std::string& text :
       {std::string(), good.substr(1), good + "A", good + "=", " " + good, good + "\n",
        "/" + good.substr(1), good.substr(0, 42) + "_", base64url(std::string(31, '\7')),
        base64url(std::string(33, '\7')), "x25519:" + good}) {
    const auto agreed = key.agree(text);
    ASSERT_FALSE(agreed.ok()) << text;
    EXPECT_EQ(agreed.error().code, ErrorCode::invalid);
  }
  for (const std::size_t size : {0U, 31U, 33U, 64U}) {
    EXPECT_FALSE(AgreementKey::from_bytes(std::string(size, '\7')).ok()) << size;
  }
}

TEST(AgreementKey, IsKeptByItsBytes) {
  testing::SeededRandom random(5);
  testing::SeededRandom same(5);
  const auto key = AgreementKey::make(random);
  EXPECT_EQ(key.public_text(), AgreementKey::make(same).public_text());
  EXPECT_NE(key.public_text(), AgreementKey::make(random).public_text());
  const auto again = AgreementKey::from_bytes(key.secret_bytes().bytes()).value();
  EXPECT_EQ(again.public_text(), key.public_text());
}

TEST(AgreementKey, ComesToAnotherSecretForEachBitOfTheOtherPoint) {
  testing::SeededRandom random(6);
  const auto key = AgreementKey::make(random);
  const std::string point = parse_base64url(AgreementKey::make(random).public_text()).value();
  const Secret good = key.agree(base64url(point)).value();
  for (std::size_t bit = 0; bit < 255; ++bit) {
    const auto other = key.agree(base64url(with_bit_flipped(point, bit)));
    EXPECT_FALSE(other.ok() && other->equals(good.bytes())) << bit;
  }
}

TEST(Derive, IsBlake2bUnderTheSharedSecret) {
  testing::SeededRandom random(8);
  for (const std::size_t size : {16U, 32U, 64U}) {
    const Secret shared = Secret::random(random, size);
    EXPECT_TRUE(derive(shared, "titan-test-1", "transcript")
                    .equals(testing::plain_blake2b(32, shared.bytes(),
                                                   signable("titan-test-1", {"transcript"}))));
  }
  const Secret shared = Secret::random(random, 32);
  EXPECT_TRUE(derive(shared, "titan-test-1", "transcript", 16)
                  .equals(testing::plain_blake2b(16, shared.bytes(),
                                                 signable("titan-test-1", {"transcript"}))));
}

TEST(Derive, GivesAnotherKeyForAnotherSecretContextOrTranscript) {
  const Secret shared = Secret::of(std::string(32, 's'));
  const Secret key = derive(shared, "titan-test-1", "transcript");
  EXPECT_EQ(key.size(), 32U);
  EXPECT_TRUE(derive(shared, "titan-test-1", "transcript").equals(key.bytes()));
  EXPECT_FALSE(derive(shared, "titan-test-2", "transcript").equals(key.bytes()));
  EXPECT_FALSE(derive(shared, "titan-test-1", "transcripT").equals(key.bytes()));
  EXPECT_FALSE(derive(shared, "titan-test-1t", "ranscript").equals(key.bytes()));
  EXPECT_FALSE(derive(shared, "", "titan-test-1transcript").equals(key.bytes()));
  EXPECT_FALSE(
      derive(Secret::of(std::string(32, 't')), "titan-test-1", "transcript").equals(key.bytes()));
}

}  // namespace
}  // namespace titan
