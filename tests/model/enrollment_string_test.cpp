#include "model/enrollment_string.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/base64.hpp"
#include "model/limits.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan::model {
namespace {

constexpr const char* kUrl = "https://titan.example:7480";

class EnrollmentStringTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::string with(const std::string& url, const std::string& key,
                                 const std::string& secret) const {
    return "titan1." + url + "." + key + "." + secret;
  }

  testing::SeededRandom random_{1};
  const PublicKey key_ = SigningKey::make(random_).public_key();
  const std::string secret_ = base64url(Secret::random(random_, 32).bytes());
  const std::string url_text_ = base64url(kUrl);
  const std::string key_text_ = key_.text().substr(8);
};

TEST_F(EnrollmentStringTest, IsReadBack) {
  const EnrollmentString made{.url = kUrl, .server = key_, .secret = Secret::of(secret_)};
  const Secret text = made.text();
  EXPECT_EQ(text.bytes(), with(url_text_, key_text_, secret_));
  const auto read = EnrollmentString::parse(text.bytes());
  ASSERT_TRUE(read.ok()) << read.error().text();
  EXPECT_EQ(read->url, kUrl);
  EXPECT_EQ(read->server, key_);
  EXPECT_TRUE(read->secret.equals(secret_));
}

// It may end in a log, so nothing of it stands in the error.
TEST_F(EnrollmentStringTest, IsRefusedWhenAnythingIsWrongAndNotQuoted) {
  const std::string whole = with(url_text_, key_text_, secret_);
  const std::string cases[] = {
      "",
      "titan1",
      "titan2" + whole.substr(6),
      " " + whole,
      whole + "\n",
      whole + ".x",
      whole.substr(0, whole.rfind('.')),
      whole.substr(0, whole.rfind('.') + 1),
      with("", key_text_, secret_),
      with(kUrl, key_text_, secret_),
      with(url_text_ + "=", key_text_, secret_),
      with(url_text_, key_.text(), secret_),
      with(url_text_, key_text_.substr(1), secret_),
      with(url_text_, std::string(43, 'A'), secret_),
      with(url_text_, key_text_, secret_.substr(0, 20)),
      with(url_text_, key_text_, secret_ + "!"),
      with(base64url(std::string(kEnrollmentBytesMax, 'x')), key_text_, secret_),
  };
  for (const std::string& text : cases) {
    const auto read = EnrollmentString::parse(text);
    ASSERT_FALSE(read.ok()) << text;
    EXPECT_EQ(read.error().code, ErrorCode::invalid) << text;
    EXPECT_EQ(read.error().text().find(secret_.substr(0, 8)), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace titan::model
