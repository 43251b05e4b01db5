#include "model/secret_value.hpp"

#include <gtest/gtest.h>

#include "base/base64.hpp"
#include "base/sealing.hpp"
#include "model/limits.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan::model {
namespace {

class SecretValue : public ::testing::Test {
 protected:
  static Key secret(const char* workspace = "iot", const char* name = "db") {
    return {.kind = Kind::secret, .workspace = workspace, .name = name};
  }
  std::string seal(std::string_view value) {
    return seal_secret_value(server_.public_key(), secret(), "password", value);
  }
  std::string opened(const std::string& sealed, const Key& key, std::string_view in_it) {
    const auto value = open_secret_value(server_, key, in_it, sealed);
    if (value) return std::string(value->bytes());
    EXPECT_EQ(value.error().text().find("hunter2"), std::string::npos);
    return std::string(name_of(value.error().code)) + " " + value.error().message;
  }

  titan::testing::SeededRandom random_{1};
  SigningKey server_ = SigningKey::make(random_);
  SigningKey other_ = SigningKey::make(random_);
};

TEST_F(SecretValue, OpensForTheServerAtItsPlaceAlone) {
  const std::string sealed = seal("hunter2");
  EXPECT_EQ(opened(sealed, secret(), "password"), "hunter2");
  const std::string elsewhere =
      "invalid it was sealed for another workspace, secret or key than it stands in";
  EXPECT_EQ(opened(sealed, secret("lab"), "password"), elsewhere);
  EXPECT_EQ(opened(sealed, secret("iot", "db2"), "password"), elsewhere);
  EXPECT_EQ(opened(sealed, secret(), "user"), elsewhere);
}

TEST_F(SecretValue, IsAConflictWhenItWasSealedForAnotherKey) {
  const std::string sealed =
      seal_secret_value(other_.public_key(), secret(), "password", "hunter2");
  EXPECT_EQ(opened(sealed, secret(), "password"),
            "conflict it is not sealed for the server's key of now, " +
                server_.public_key().text() + ", or was changed; seal it anew");
}

TEST_F(SecretValue, IsRefusedWhenSomethingElseWasSealed) {
  const auto sealed = [&](const std::string& plain) {
    return base64url(seal_for(server_.public_key(), plain));
  };
  const std::string no_value = "invalid what was sealed is no value of a secret";
  EXPECT_EQ(opened(sealed("hunter2"), secret(), "password"), no_value);
  EXPECT_EQ(opened(sealed(signable("titan-secret-2", {"iot", "db", "password", "hunter2"})),
                   secret(), "password"),
            no_value);
  EXPECT_EQ(
      opened(sealed(signable("titan-secret-1", {"iot", "db", "password"})), secret(), "password"),
      no_value);
  EXPECT_TRUE(opened("not base64!", secret(), "password").starts_with("invalid "));
}

TEST_F(SecretValue, IsTextOfALimitedLength) {
  EXPECT_EQ(opened(seal(std::string(kSecretValueBytesMax, 'x')), secret(), "password"),
            std::string(kSecretValueBytesMax, 'x'));
  EXPECT_TRUE(check_secret_value("a\nb\t\x01 é").ok());
  const std::pair<std::string, std::string> refused[] = {
      {"", "invalid a value has 1 to 16384 bytes; this one has 0"},
      {std::string(kSecretValueBytesMax + 1, 'x'),
       "invalid a value has 1 to 16384 bytes; this one has 16385"},
      {std::string("a\0b", 3), "invalid a value has no NUL character; this one does"},
      {"\xff\xfe", "invalid a value is UTF-8; this one is not"},
  };
  for (const auto& [value, message] : refused) {
    EXPECT_EQ(opened(seal(value), secret(), "password"), message);
    EXPECT_FALSE(check_secret_value(value).ok());
  }
}

TEST_F(SecretValue, FitsIntoWhatAnEntityMayHoldOfIt) {
  const std::string name(kNameBytesMax, 'n');
  const std::string sealed = seal_secret_value(
      server_.public_key(), secret(name.c_str(), name.c_str()),
      std::string(kSecretKeyBytesMax, 'k'), std::string(kSecretValueBytesMax, 'x'));
  EXPECT_LE(sealed.size(), kSealedTextBytesMax);
}

}  // namespace
}  // namespace titan::model
