#include "base/base64url.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace titan {
namespace {

TEST(Base64url, GivesTheTextsOfTheStandard) {
  const std::pair<std::string, std::string> kRows[] = {
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff\xfe", "-__-"}};
  for (const auto& [bytes, text] : kRows) {
    EXPECT_EQ(base64url(bytes), text);
    EXPECT_EQ(parse_base64url(text).value(), bytes);
  }
}

TEST(Base64url, TakesOneSpellingOfEachSequenceOfBytes) {
  for (const char* text : {"Zg==", "Zg=", "Z", "Zm9vY", "Zh", "Zm9", "Zm 9v", "Zm9v\n", " Zm9v",
                           "+__-", "-//-", "Zm9v.", "Zg\xc3\xa4"}) {
    EXPECT_FALSE(parse_base64url(text).ok()) << text;
  }
  EXPECT_FALSE(parse_base64url(std::string_view("Zm9v\0", 5)).ok());
}

TEST(Base64url, ReadsBackWhatItWrites) {
  std::string bytes;
  for (int value = 0; value < 256; ++value) {
    bytes.push_back(static_cast<char>(value));
    EXPECT_EQ(parse_base64url(base64url(bytes)).value(), bytes);
  }
}

}  // namespace
}  // namespace titan
