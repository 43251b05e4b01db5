#include "base/sealing.hpp"

#include <gtest/gtest.h>

#include "tests/base/hex.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan {
namespace {

using testing::bytes_of_hex;
using testing::with_bit_flipped;

// Gives these bytes, eight at a time.
class GivenRandom final : public Random {
 public:
  explicit GivenRandom(std::string bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t next() override {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < 8; ++i) {
      number |= std::uint64_t{static_cast<unsigned char>(bytes_.at(at_++))} << (8 * i);
    }
    return number;
  }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
};

TEST(SealFor, IsOpenedByItsReaderOnly) {
  testing::SeededRandom random(1);
  const auto reader = SigningKey::make(random);
  const auto other = SigningKey::make(random);
  for (const std::size_t size : {0U, 1U, 31U, 32U, 1000U, 100'000U}) {
    const Secret plain = Secret::random(random, size);
    const std::string sealed = seal_for(reader.public_key(), plain.bytes());
    EXPECT_EQ(sealed.size(), size + kSealedForBytes);
    EXPECT_TRUE(open_sealed(reader, sealed).value().equals(plain.bytes()));
    const auto opened = open_sealed(other, sealed);
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, ErrorCode::invalid);
  }
}

TEST(SealFor, DiffersEachTime) {
  testing::SeededRandom random(2);
  const auto reader = SigningKey::make(random);
  EXPECT_NE(seal_for(reader.public_key(), "plain"), seal_for(reader.public_key(), "plain"));
}

TEST(OpenSealed, RefusesEachBitFlippedAndEachOtherLength) {
  testing::SeededRandom random(3);
  const auto reader = SigningKey::make(random);
  const std::string sealed = seal_for(reader.public_key(), "a plain text");
  for (std::size_t bit = 0; bit < 8 * sealed.size(); ++bit) {
    const auto opened = open_sealed(reader, with_bit_flipped(sealed, bit));
    ASSERT_FALSE(opened.ok()) << bit;
    EXPECT_EQ(opened.error().code, ErrorCode::invalid);
  }
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_FALSE(open_sealed(reader, sealed.substr(0, size)).ok()) << size;
  }
  EXPECT_FALSE(open_sealed(reader, sealed + "x").ok());
  EXPECT_EQ(open_sealed(reader, "short").error().message,
            "no sealed text: found 5 bytes, expected at least 48");
}

TEST(OpenSealed, RefusesAPointOfLowOrder) {
  testing::SeededRandom random(4);
  EXPECT_FALSE(open_sealed(SigningKey::make(random), std::string(60, '\0')).ok());
}

TEST(Encrypt, AgreesWithThePublishedVector) {
  // draft-irtf-cfrg-xchacha-03, appendix A.3.1.
  const std::string_view plain =
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
      "sunscreen would be it.";
  const Secret key =
      Secret::of(bytes_of_hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"));
  const std::string nonce = bytes_of_hex("404142434445464748494a4b4c4d4e4f5051525354555657");
  const std::string bound_to = bytes_of_hex("50515253c0c1c2c3c4c5c6c7");
  GivenRandom random(nonce);
  const std::string sealed = encrypt(key, plain, bound_to, random);
  EXPECT_EQ(sealed,
            nonce + bytes_of_hex("bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb"
                                 "731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452"
                                 "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
                                 "21f9664c97637da9768812f615c68b13b52e"
                                 "c0875924c1c7987947deafd8780acf49"));
  EXPECT_TRUE(decrypt(key, sealed, bound_to).value().equals(plain));
}

TEST(Encrypt, TakesItsNonceFromTheRandomNumbers) {
  testing::SeededRandom random(5);
  testing::SeededRandom same(5);
  const Secret key = Secret::of(std::string(32, 'k'));
  const std::string first = encrypt(key, "plain", "", random);
  EXPECT_EQ(first, encrypt(key, "plain", "", same));
  EXPECT_NE(first, encrypt(key, "plain", "", random));
}

TEST(Decrypt, OpensWhatWasEncryptedAndNothingElse) {
  testing::SeededRandom random(6);
  for (const std::size_t size : {0U, 1U, 63U, 64U, 1000U, 100'000U}) {
    const Secret key = Secret::random(random, kEncryptKeyBytes);
    const Secret plain = Secret::random(random, size);
    const std::string sealed = encrypt(key, plain.bytes(), "bound to", random);
    EXPECT_EQ(sealed.size(), size + kEncryptedBytes);
    EXPECT_TRUE(decrypt(key, sealed, "bound to").value().equals(plain.bytes()));
    EXPECT_FALSE(decrypt(key, sealed, "bound tO").ok());
    EXPECT_FALSE(decrypt(key, sealed, "").ok());
    EXPECT_FALSE(decrypt(Secret::random(random, kEncryptKeyBytes), sealed, "bound to").ok());
  }
}

TEST(Decrypt, RefusesEachBitFlippedAndEachOtherLength) {
  testing::SeededRandom random(7);
  const std::string key_bytes(32, 'k');
  const Secret key = Secret::of(key_bytes);
  const std::string bound_to = "bound to";
  const std::string sealed = encrypt(key, "a plain text", bound_to, random);
  for (std::size_t bit = 0; bit < 8 * sealed.size(); ++bit) {
    const auto opened = decrypt(key, with_bit_flipped(sealed, bit), bound_to);
    ASSERT_FALSE(opened.ok()) << bit;
    EXPECT_EQ(opened.error().code, ErrorCode::invalid);
  }
  for (std::size_t bit = 0; bit < 8 * key_bytes.size(); ++bit) {
    const Secret other = Secret::of(with_bit_flipped(key_bytes, bit));
    EXPECT_FALSE(decrypt(other, sealed, bound_to).ok()) << bit;
  }
  for (std::size_t bit = 0; bit < 8 * bound_to.size(); ++bit) {
    EXPECT_FALSE(decrypt(key, sealed, with_bit_flipped(bound_to, bit)).ok()) << bit;
  }
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_FALSE(decrypt(key, sealed.substr(0, size), bound_to).ok()) << size;
  }
  EXPECT_EQ(decrypt(key, "short", "").error().message,
            "no sealed text: found 5 bytes, expected at least 40");
}

TEST(EncryptDeathTest, TakesAKeyOfThirtyTwoBytesOnly) {
  testing::SeededRandom random(8);
  EXPECT_DEATH((void)encrypt(Secret::of("short"), "plain", "", random), "kEncryptKeyBytes");
  EXPECT_DEATH((void)decrypt(Secret::of("short"), "sealed", ""), "kEncryptKeyBytes");
  EXPECT_DEATH((void)seal_for(PublicKey(), "plain"), "pk_to_curve25519");
}

}  // namespace
}  // namespace titan
