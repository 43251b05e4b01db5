#include "base/digest.hpp"

#include <gtest/gtest.h>

#include <string>

namespace titan {
namespace {

TEST(Digest, AgreesWithThePublishedVectors) {
  // FIPS 180-4 examples, by NIST.
  const struct {
    std::string bytes;
    std::string hex;
  } vectors[] = {
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {std::string(1'000'000, 'a'),
       "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
  };
  for (const auto& vector : vectors) {
    EXPECT_EQ(Digest::of(vector.bytes).hex(), vector.hex);
    EXPECT_EQ(Digest::of(vector.bytes).text(), "sha256:" + vector.hex);
  }
}

TEST(Digest, ReadsBackWhatItWrites) {
  const Digest digest = Digest::of("some bytes");
  EXPECT_EQ(Digest::parse(digest.text()).value(), digest);
}

TEST(Digest, RefusesEveryOtherForm) {
  const std::string good = Digest::of("").text();
  for (const std::string& text : {
           std::string(),
           good.substr(7),                             // no prefix
           good.substr(0, good.size() - 1),            // one digit short
           good + "0",                                 // one digit long
           "sha512:" + good.substr(7),                 // another algorithm
           "sha256:E" + good.substr(8),                // upper case
           "sha256:g" + good.substr(8),                // no hex digit
           " " + good,                                 // white space
           good.substr(0, 70) + std::string("\0", 1),  // a NUL
       }) {
    const auto parsed = Digest::parse(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::invalid);
  }
}

TEST(Digest, IsEmptyOnlyWhenItIsOfNothing) {
  EXPECT_TRUE(Digest().empty());
  EXPECT_FALSE(Digest::of("").empty());
}

TEST(Hasher, TellsApartHowTheBytesWereDivided) {
  const Digest left = Hasher().add("ab").add("c").finish();
  const Digest right = Hasher().add("a").add("bc").finish();
  EXPECT_NE(left, right);
  EXPECT_NE(Hasher().add("").finish(), Hasher().finish());
}

TEST(Hasher, WritesLengthsAndNumbersAsEightBytesLittleEndian) {
  const std::string bytes("\x03\0\0\0\0\0\0\0abc\x08\x07\x06\x05\x04\x03\x02\x01", 19);
  EXPECT_EQ(Hasher().add("abc").add(0x0102030405060708ULL).finish(), Digest::of(bytes));
}

}  // namespace
}  // namespace titan
