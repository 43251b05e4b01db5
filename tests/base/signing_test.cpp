#include "base/signing.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <thread>
#include <type_traits>

#include "base/base64.hpp"
#include "tests/base/hex.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan {
namespace {

using testing::bytes_of_hex;
using testing::with_bit_flipped;

static_assert(!std::is_copy_constructible_v<SigningKey>);
static_assert(std::is_nothrow_move_constructible_v<SigningKey>);

Result<PublicKey> public_key_of(std::string_view bytes) {
  return PublicKey::parse("ed25519:" + base64url(bytes));
}

SigningKey signing_key_of(std::string_view seed) {
  return SigningKey::parse("ed25519-secret:" + base64url(seed)).value();
}

TEST(SigningKey, AgreesWithThePublishedVectors) {
  // RFC 8032, section 7.1: tests 1, 2, 3 and SHA(abc).
  const struct {
    std::string_view seed, key, message, signature;
  } vectors[] = {
      {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
       "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
       "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
       "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
      {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
       "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
       "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
       "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
      {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
       "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
       "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
       "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
      {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
       "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
       "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
       "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
       "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
       "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"},
  };
  for (const auto& vector : vectors) {
    const auto key = signing_key_of(bytes_of_hex(vector.seed));
    EXPECT_EQ(key.public_key().bytes(), bytes_of_hex(vector.key));
    EXPECT_EQ(public_key_of(bytes_of_hex(vector.key)).value(), key.public_key());
    const std::string message = bytes_of_hex(vector.message);
    EXPECT_EQ(key.sign(message).bytes(), bytes_of_hex(vector.signature));
    EXPECT_TRUE(verifies(key.public_key(), message, key.sign(message)));
  }
}

TEST(SigningKey, IsTheSameForTheSameSeed) {
  testing::SeededRandom one(42);
  testing::SeededRandom same(42);
  const auto key = SigningKey::make(one);
  EXPECT_EQ(key.public_key(), SigningKey::make(same).public_key());
  EXPECT_NE(key.public_key(), SigningKey::make(one).public_key());
}

TEST(SigningKey, ReadsBackItsText) {
  testing::SeededRandom random(1);
  for (int i = 0; i < 50; ++i) {
    auto key = SigningKey::make(random);
    const Secret text = key.secret_text();
    EXPECT_EQ(text.size(), 15U + 43U);
    const auto again = SigningKey::parse(text.bytes()).value();
    EXPECT_EQ(again.public_key(), key.public_key());
    EXPECT_TRUE(again.secret_text().equals(text.bytes()));
    const SigningKey moved = std::move(key);
    EXPECT_EQ(moved.sign("message"), again.sign("message"));
  }
}

TEST(SigningKey, RefusesEveryOtherFormWithoutQuotingIt) {
  testing::SeededRandom random(2);
  const std::string good(SigningKey::make(random).secret_text().bytes());
  const std::string letters = good.substr(15);
  for (const std::string& text :
       {std::string(), letters, "ed25519:" + letters, "Ed25519-secret:" + letters,
        "ed25519-secret" + letters, good.substr(0, good.size() - 1), good + "A", good + "=",
        " " + good, good + "\n", std::string("ed25519-secret:"), "ed25519-secret: " + letters,
        good.substr(0, good.size() - 1) + "_", good.substr(0, 15) + "/" + letters.substr(1),
        "ed25519-secret:" + base64url(std::string(31, 's')),
        "ed25519-secret:" + base64url(std::string(33, 's')),
        "ed25519-secret:" + base64url(std::string(64, 's'))}) {
    const auto parsed = SigningKey::parse(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::invalid);
    EXPECT_TRUE(parsed.error().message.starts_with("secret key: ")) << parsed.error().message;
    EXPECT_EQ(parsed.error().message.find(letters.substr(1, 8)), std::string::npos);
  }
}

TEST(SigningKeyDeathTest, IsNotUsedAfterItWasMoved) {
  testing::SeededRandom random(3);
  auto key = SigningKey::make(random);
  const SigningKey moved = std::move(key);
  EXPECT_DEATH((void)key.sign("message"), "empty");  // NOLINT: what is tested
  EXPECT_DEATH((void)key.secret_text(), "empty");    // NOLINT
}

TEST(PublicKey, ReadsBackWhatItWrites) {
  testing::SeededRandom random(4);
  std::set<PublicKey> keys;
  for (int i = 0; i < 50; ++i) {
    const PublicKey key = SigningKey::make(random).public_key();
    EXPECT_EQ(key.text().size(), 8U + 43U);
    EXPECT_EQ(PublicKey::parse(key.text()).value(), key);
    keys.insert(key);
  }
  EXPECT_EQ(keys.size(), 50U);
}

TEST(PublicKey, IsNoneByDefault) {
  testing::SeededRandom random(5);
  EXPECT_TRUE(PublicKey().empty());
  EXPECT_EQ(PublicKey().text(), "");
  EXPECT_FALSE(SigningKey::make(random).public_key().empty());
  EXPECT_FALSE(verifies(PublicKey(), "", Signature()));
}

TEST(PublicKey, RefusesEveryOtherForm) {
  testing::SeededRandom random(6);
  const std::string good = SigningKey::make(random).public_key().text();
  const std::string letters = good.substr(8);
  for (const std::string& text :
       {std::string(), letters, std::string("ed25519:"), "ED25519:" + letters, "x25519:" + letters,
        "ed25519-secret:" + letters, good.substr(0, good.size() - 1), good + "A", good + "=",
        " " + good, good + " ", "ed25519: " + letters, good.substr(0, good.size() - 1) + "_",
        "ed25519:+" + letters.substr(1), "ed25519:" + base64url(std::string(31, 'k')),
        "ed25519:" + base64url(std::string(33, 'k')), good + std::string("\0", 1)}) {
    const auto parsed = PublicKey::parse(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::invalid);
    EXPECT_TRUE(parsed.error().message.starts_with("public key")) << parsed.error().message;
  }
}

TEST(PublicKey, DoesNotQuoteASecretKeyInItsPlace) {
  testing::SeededRandom random(7);
  const Secret secret = SigningKey::make(random).secret_text();
  const auto parsed = PublicKey::parse(secret.bytes());
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.error().message,
            "public key: expected ed25519: and the base64url of 32 bytes, without padding");
}

// The point with (0, -1) added to it, which is of order 2: both coordinates change their sign.
std::string with_order_two_added(std::string_view point) {
  std::string sum(32, '\0');
  int borrow = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    const int prime = i == 0 ? 0xed : i == 31 ? 0x7f : 0xff;
    const int y = static_cast<unsigned char>(point[i]) & (i == 31 ? 0x7f : 0xff);
    const int difference = prime - y - borrow;
    borrow = difference < 0 ? 1 : 0;
    sum[i] = static_cast<char>(difference);
  }
  const int sign = ~static_cast<unsigned char>(point[31]) & 0x80;
  sum[31] = static_cast<char>(static_cast<unsigned char>(sum[31]) | static_cast<unsigned>(sign));
  return sum;
}

TEST(PublicKey, RefusesWhatIsNoPointOfTheMainGroupInItsOneEncoding) {
  const std::string ff(60, 'f');
  const struct {
    std::string what, hex;
  } rows[] = {
      {"order 1", "01" + std::string(62, '0')},
      {"order 2", "ec" + ff + "7f"},
      {"order 4", std::string(64, '0')},
      {"order 4, other sign", std::string(62, '0') + "80"},
      {"order 8", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"},
      {"order 8, other sign", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85"},
      {"order 8", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"},
      {"order 8, other sign", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"},
      {"order 1, sign of zero", "01" + std::string(60, '0') + "80"},
      {"order 2, sign of zero", "ec" + ff + "ff"},
      {"0 written as p", "ed" + ff + "7f"},
      {"1 written as p + 1", "ee" + ff + "7f"},
      {"3 written as p + 3", "f0" + ff + "7f"},
      {"the largest", "ff" + ff + "ff"},
      {"not on the curve", "02" + std::string(62, '0')},
  };
  for (const auto& row : rows) {
    const auto parsed = public_key_of(bytes_of_hex(row.hex));
    ASSERT_FALSE(parsed.ok()) << row.what;
    EXPECT_TRUE(parsed.error().message.ends_with("no point of the main group of Ed25519"))
        << parsed.error().message;
    const auto known = PublicKey::parse_known("ed25519:" + base64url(bytes_of_hex(row.hex)));
    ASSERT_TRUE(known.ok()) << row.what;
    EXPECT_FALSE(verifies(*known, "", Signature())) << row.what;
  }
  testing::SeededRandom random(8);
  for (int i = 0; i < 50; ++i) {
    const PublicKey good = SigningKey::make(random).public_key();
    EXPECT_EQ(with_order_two_added(with_order_two_added(good.bytes())), good.bytes());
    EXPECT_FALSE(public_key_of(with_order_two_added(good.bytes())).ok());
  }
}

TEST(Signature, ReadsBackWhatItWrites) {
  testing::SeededRandom random(9);
  const Signature signature = SigningKey::make(random).sign("message");
  EXPECT_EQ(signature.text().size(), 86U);
  EXPECT_EQ(Signature::parse(signature.text()).value(), signature);
}

TEST(Signature, RefusesEveryOtherForm) {
  testing::SeededRandom random(10);
  const std::string good = SigningKey::make(random).sign("message").text();
  for (const std::string& text :
       {std::string(), good.substr(1), good + "A", good + "==", " " + good, good + "\n",
        "+" + good.substr(1), good.substr(0, 85) + "_", base64url(std::string(63, 's')),
        base64url(std::string(65, 's')), "ed25519:" + good}) {
    const auto parsed = Signature::parse(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::invalid);
    EXPECT_TRUE(parsed.error().message.starts_with("signature: ")) << parsed.error().message;
  }
}

TEST(Verifies, RefusesEachBitFlippedOfSignatureMessageAndKey) {
  testing::SeededRandom random(11);
  const auto key = SigningKey::make(random);
  const std::string message = signable("titan-test-1", {"nonce", "bookmark"});
  const Signature signature = key.sign(message);
  ASSERT_TRUE(verifies(key.public_key(), message, signature));
  for (std::size_t bit = 0; bit < 8 * Signature::kBytes; ++bit) {
    const auto flipped = Signature::parse(base64url(with_bit_flipped(signature.bytes(), bit)));
    EXPECT_FALSE(verifies(key.public_key(), message, flipped.value())) << bit;
  }
  for (std::size_t bit = 0; bit < 8 * message.size(); ++bit) {
    EXPECT_FALSE(verifies(key.public_key(), with_bit_flipped(message, bit), signature)) << bit;
  }
  for (std::size_t bit = 0; bit < 8 * PublicKey::kBytes; ++bit) {
    const auto flipped = public_key_of(with_bit_flipped(key.public_key().bytes(), bit));
    EXPECT_FALSE(flipped.ok() && verifies(*flipped, message, signature)) << bit;
  }
  EXPECT_FALSE(verifies(SigningKey::make(random).public_key(), message, signature));
  EXPECT_FALSE(verifies(key.public_key(), message, Signature()));
}

TEST(Verifies, RefusesASignatureWithTheOrderOfTheGroupAdded) {
  // RFC 8032, section 8.4: S + L would hold, too, if it were not compared with L.
  testing::SeededRandom random(12);
  const auto key = SigningKey::make(random);
  const std::string order = bytes_of_hex("edd3f55c1a631258d69cf7a2def9de14") +
                            std::string(15, '\0') + std::string(1, '\x10');
  for (int i = 0; i < 20; ++i) {
    const std::string message = "message " + std::to_string(i);
    std::string bytes(key.sign(message).bytes());
    int carry = 0;
    for (std::size_t at = 0; at < 32; ++at) {
      carry += static_cast<unsigned char>(bytes[32 + at]) + static_cast<unsigned char>(order[at]);
      bytes[32 + at] = static_cast<char>(carry & 0xff);
      carry >>= 8;
    }
    EXPECT_FALSE(verifies(key.public_key(), message, Signature::parse(base64url(bytes)).value()));
  }
}

TEST(SigningKey, IsSharedByThreads) {
  testing::SeededRandom random(13);
  const auto key = SigningKey::make(random);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&key, i] {
      const std::string message = "message " + std::to_string(i);
      EXPECT_TRUE(verifies(key.public_key(), message, key.sign(message)));
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST(Signable, WritesEachPieceAfterItsLength) {
  EXPECT_EQ(signable("ab", {"", "c"}),
            std::string("\2\0\0\0\0\0\0\0ab\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0c", 27));
  EXPECT_EQ(signable("", {}), std::string(8, '\0'));
  const std::string long_piece(0x0102, 'x');
  EXPECT_EQ(signable("", {long_piece}).substr(8, 8), std::string("\2\1\0\0\0\0\0\0", 8));
}

// Pieces that look like lengths and like each other.
std::string any_piece(testing::SeededRandom& random) {
  std::string piece;
  for (std::size_t letters = random.below(12); letters > 0; --letters) {
    piece += static_cast<char>(random.below(3));
  }
  if (random.below(4) == 0) piece = signable(piece, {});
  return piece;
}

std::string signable_of(const std::vector<std::string>& list) {
  switch (list.size()) {
    case 1:
      return signable(list[0], {});
    case 2:
      return signable(list[0], {list[1]});
    case 3:
      return signable(list[0], {list[1], list[2]});
    default:
      return signable(list[0], {list[1], list[2], list[3]});
  }
}

TEST(Signable, GivesDifferentBytesForDifferentPieces) {
  testing::SeededRandom random(14);
  std::map<std::string, std::vector<std::string>> seen;
  for (int i = 0; i < 20'000; ++i) {
    std::vector<std::string> list;
    for (std::size_t pieces = 1 + random.below(4); pieces > 0; --pieces) {
      list.push_back(any_piece(random));
    }
    const auto [at, is_new] = seen.emplace(signable_of(list), list);
    EXPECT_EQ(at->second, list);
    // The same text, divided elsewhere.
    if (list.size() < 2 || list[1].empty()) continue;
    auto divided = list;
    divided[0] += divided[1].front();
    divided[1].erase(0, 1);
    EXPECT_NE(signable_of(divided), signable_of(list));
  }
  EXPECT_GT(seen.size(), 1000U);
}

TEST(Signable, IsTheSameInMemoryThatIsWiped) {
  testing::SeededRandom random(15);
  for (int i = 0; i < 1'000; ++i) {
    const std::string context = any_piece(random);
    const std::string one = any_piece(random);
    const std::string two = any_piece(random);
    EXPECT_EQ(signable_secret(context, {one, two}).bytes(), signable(context, {one, two}));
  }
  EXPECT_EQ(signable_secret("", {}).bytes(), signable("", {}));
}

TEST(PiecesOf, GivesBackWhatWasPutTogether) {
  testing::SeededRandom random(16);
  for (int i = 0; i < 1'000; ++i) {
    const std::string context = any_piece(random);
    const std::string one = any_piece(random);
    const std::string two = any_piece(random);
    const Secret bytes = signable_secret(context, {one, two});
    EXPECT_EQ(pieces_of(bytes.bytes(), context, 2).value(),
              (std::vector<std::string_view>{one, two}));
  }
  EXPECT_TRUE(pieces_of(signable("alone", {}), "alone", 0).value().empty());
}

TEST(PiecesOf, TakesNothingButTheWholeEncoding) {
  const std::string whole = signable("titan-test-1", {"one", "two"});
  ASSERT_TRUE(pieces_of(whole, "titan-test-1", 2).ok());
  EXPECT_FALSE(pieces_of(whole, "titan-test-1", 1).ok());
  EXPECT_FALSE(pieces_of(whole, "titan-test-1", 3).ok());
  EXPECT_FALSE(pieces_of(whole, "titan-test-2", 2).ok());
  EXPECT_FALSE(pieces_of(whole + '\0', "titan-test-1", 2).ok());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(pieces_of(whole.substr(0, size), "titan-test-1", 2).ok()) << size;
  }
  // A length that only seems to fit once it is added to something.
  std::string endless = whole;
  endless.replace(whole.size() - 11, 8, 8, '\xff');
  const auto refused = pieces_of(endless, "titan-test-1", 2);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::invalid);
  EXPECT_EQ(refused.error().message,
            "expected \"titan-test-1\" and 2 pieces, found something else");
}

}  // namespace
}  // namespace titan
