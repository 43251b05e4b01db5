#include "base/base64.hpp"

#include <gtest/gtest.h>

#include "tests/base/hex.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan {
namespace {

std::string random_bytes(Random& random, std::size_t size) {
  std::string bytes(size, '\0');
  fill(random, {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
  return bytes;
}

TEST(Base64Url, AgreesWithThePublishedVectors) {
  // RFC 4648, section 10, without padding; the last two use the letters that differ.
  const struct {
    std::string bytes;
    std::string text;
  } vectors[] = {
      {"", ""},
      {"f", "Zg"},
      {"fo", "Zm8"},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg"},
      {"fooba", "Zm9vYmE"},
      {"foobar", "Zm9vYmFy"},
      {"\xfb\xff\xbf", "-_-_"},
      {std::string("\0", 1), "AA"},
  };
  for (const auto& vector : vectors) {
    EXPECT_EQ(base64url(vector.bytes), vector.text);
    EXPECT_EQ(parse_base64url(vector.text).value(), vector.bytes);
  }
}

TEST(Base64Url, ReadsBackAnyBytes) {
  testing::SeededRandom random(1);
  for (std::size_t size = 0; size < 300; ++size) {
    const std::string bytes = random_bytes(random, size);
    const std::string text = base64url(bytes);
    EXPECT_EQ(text.size(), (size * 4 + 2) / 3);
    EXPECT_EQ(parse_base64url(text).value(), bytes);
  }
}

TEST(Base64Url, RefusesEveryOtherFormWithoutQuotingIt) {
  const struct {
    std::string text;
    std::string found;
  } rows[] = {
      {"Zg==", "letter 3 is not of base64url"},
      {"Zg=", "letter 3 is not of base64url"},
      {"Zm8=", "letter 4 is not of base64url"},
      {"=", "letter 1 is not of base64url"},
      {"Zm9v\n", "letter 5 is not of base64url"},
      {"Zm9v ", "letter 5 is not of base64url"},
      {" Zm9v", "letter 1 is not of base64url"},
      {"Zm\r\n9v", "letter 3 is not of base64url"},
      {"+/+/", "letter 1 is not of base64url"},  // the other alphabet
      {"Zm9v" + std::string("\0", 1), "letter 5 is not of base64url"},
      {"Zm9\xc3\xa9", "letter 4 is not of base64url"},
      {"Z", "never of 1 letters"},
      {"Zm9vY", "never of 5 letters"},
      {"Zh", "bits that belong to no byte"},   // "f" again, with a bit more
      {"Zm9", "bits that belong to no byte"},  // "fo" again, with a bit more
      {"AB", "bits that belong to no byte"},
  };
  for (const auto& row : rows) {
    const auto parsed = parse_base64url(row.text);
    ASSERT_FALSE(parsed.ok()) << row.text;
    EXPECT_EQ(parsed.error().code, ErrorCode::invalid);
    EXPECT_NE(parsed.error().message.find(row.found), std::string::npos)
        << row.text << ": " << parsed.error().message;
    EXPECT_EQ(parsed.error().message.find("Zm"), std::string::npos) << parsed.error().message;
  }
}

TEST(Base64Url, TakesOneTextForEachBytes) {
  // All texts of one and two bytes, and what is taken of them: those of each single byte.
  std::size_t taken = 0;
  for (int first = 0; first < 256; ++first) {
    EXPECT_FALSE(parse_base64url(std::string(1, static_cast<char>(first))).ok());
    for (int second = 0; second < 256; ++second) {
      const std::string text = {static_cast<char>(first), static_cast<char>(second)};
      const auto bytes = parse_base64url(text);
      if (!bytes) continue;
      EXPECT_EQ(base64url(*bytes), text);
      ++taken;
    }
  }
  EXPECT_EQ(taken, 256U);
}

TEST(Base64Url, TakesSixtyFourLettersInEachPlace) {
  for (std::size_t at = 0; at < 8; ++at) {
    std::size_t taken = 0;
    for (int letter = 0; letter < 256; ++letter) {
      std::string text = "Zm9vYmFy";
      text[at] = static_cast<char>(letter);
      const auto bytes = parse_base64url(text);
      if (!bytes) continue;
      EXPECT_EQ(base64url(*bytes), text);
      ++taken;
    }
    EXPECT_EQ(taken, 64U) << at;
  }
}

TEST(Base64Url, RefusesAnotherNumberOfBytesThanIsExpected) {
  EXPECT_EQ(parse_base64url("Zm9v", 3).value(), "foo");
  const auto parsed = parse_base64url("Zm9v", 4);
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.error().message, "found base64url of 3 bytes, expected 4");
  EXPECT_FALSE(parse_base64url("", 1).ok());
  EXPECT_TRUE(parse_base64url("", 0).ok());
}

TEST(Base64Url, IsToldFromOtherTextsAsItIsRead) {
  // Each letter in the last places, of texts of one to three bytes and of a nonce.
  for (const std::size_t bytes : {1U, 2U, 3U, 16U}) {
    const std::string zeros = base64url(std::string(bytes, '\0'));
    for (std::size_t place = zeros.size() - 2; place < zeros.size(); ++place) {
      for (int letter = 0; letter < 256; ++letter) {
        std::string text = zeros;
        text[place] = static_cast<char>(letter);
        EXPECT_EQ(is_base64url(text, bytes), parse_base64url(text, bytes).ok()) << text;
      }
    }
    EXPECT_FALSE(is_base64url(zeros + "A", bytes));
    EXPECT_FALSE(is_base64url(zeros.substr(1), bytes));
    EXPECT_FALSE(is_base64url("", bytes));
  }
  EXPECT_TRUE(is_base64url("", 0));
}

}  // namespace
}  // namespace titan
