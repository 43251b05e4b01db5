#include "base/base64.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"
#include "model/enrollment_string.hpp"
#include "tests/cli/cli_fixture.hpp"

namespace titan::cli {
namespace {

using nlohmann::json;
using testing::json_response;

class CreateCredentialTest : public testing::CliTest {
 protected:
  CreateCredentialTest() {
    api.override("GET /v1/identity", json_response({{"key", key_.public_key().text()},
                                                    {"rootKey", ""},
                                                    {"epoch", "0123456789abcdef"},
                                                    {"statements", json::array()}}));
  }
  // What was printed, without the end of its line.
  [[nodiscard]] std::string secret() const { return std::string(trim(out)); }

  ::titan::testing::SeededRandom key_random_{9};
  const SigningKey key_ = SigningKey::make(key_random_);
};

TEST_F(CreateCredentialTest, PrintsATokenOnceAndSendsItsDigest) {
  EXPECT_EQ(titan("create token ci --role developer --in-workspace iot --ttl 90d --description CI"),
            0)
      << err;
  ASSERT_TRUE(out.starts_with("titan_") && out.ends_with('\n')) << out;
  EXPECT_EQ(parse_base64url(secret().substr(6)).value().size(), 32U);
  EXPECT_EQ(err, "titan: token/ci created; what follows is shown this once\n");
  EXPECT_EQ(api.at("tokens", "", "ci")["spec"],
            json({{"grants", json::array({{{"role", "developer"}, {"workspace", "iot"}}})},
                  {"digest", Digest::of(secret()).text()},
                  {"expires", "2026-05-30T12:00:00.000000Z"},
                  {"description", "CI"}}));
  const std::string first = secret();
  EXPECT_EQ(titan("create token other --role viewer"), 0) << err;
  EXPECT_NE(secret(), first);
  EXPECT_FALSE(api.at("tokens", "", "other")["spec"].contains("expires"));
}

TEST_F(CreateCredentialTest, GivesATokenToPrograms) {
  EXPECT_EQ(titan("create token ci --role admin -o json"), 0) << err;
  EXPECT_EQ(err, "");
  const json printed = json::parse(out);
  EXPECT_EQ(printed["entity"], api.at("tokens", "", "ci"));
  EXPECT_EQ(printed["entity"]["spec"]["digest"],
            Digest::of(printed["token"].get<std::string>()).text());
  EXPECT_EQ(titan("create token ci --role admin -o yaml"), 4);
  EXPECT_EQ(out, "");
  EXPECT_EQ(titan("create token more --role admin -o name"), 2);
}

TEST_F(CreateCredentialTest, PrintsWhatADeviceNeedsToEnroll) {
  EXPECT_EQ(titan("create enrollment --host tim-pi --labels site=lab --server http://lab:1"), 0)
      << err;
  const auto string = model::EnrollmentString::parse(secret()).value();
  EXPECT_EQ(string.url, "http://lab:1");
  EXPECT_EQ(string.server, key_.public_key());
  EXPECT_EQ(parse_base64url(string.secret.bytes()).value().size(), 32U);
  const std::string name = err.substr(18, err.find(" created") - 18);
  EXPECT_TRUE(name.starts_with("tim-pi-") && name.size() == 13) << err;
  EXPECT_EQ(api.at("enrollments", "", name)["spec"],
            json({{"host", "tim-pi"},
                  {"labels", {{"site", "lab"}}},
                  {"digest", Digest::of(string.secret.bytes()).text()},
                  {"expires", "2026-03-01T13:00:00.000000Z"}}));
}

TEST_F(CreateCredentialTest, TakesTheUrlThatDevicesSee) {
  EXPECT_EQ(titan("create enrollment first --host pi --ttl 2d --server-url https://titan.example"),
            0)
      << err;
  EXPECT_EQ(model::EnrollmentString::parse(secret()).value().url, "https://titan.example");
  EXPECT_EQ(api.at("enrollments", "", "first")["spec"]["expires"], "2026-03-03T12:00:00.000000Z");
  EXPECT_EQ(titan("create enrollment --host pi -o json"), 0) << err;
  EXPECT_TRUE(
      model::EnrollmentString::parse(json::parse(out)["enrollmentString"].get<std::string>()));
  EXPECT_EQ(titan("create enrollment --host pi --server-url nonsense"), 2);
  EXPECT_NE(err.find("--server-url: "), std::string::npos) << err;
}

TEST_F(CreateCredentialTest, MakesNamesThatFitOfLongOnes) {
  const std::string host(63, 'h');
  EXPECT_EQ(titan("create enrollment --host " + host + " -o json"), 0) << err;
  EXPECT_EQ(json::parse(out)["entity"]["name"].get<std::string>().size(), 63U);
}

TEST_F(CreateCredentialTest, PrintsNoSecretThatTheServerDidNotTake) {
  EXPECT_EQ(titan("create token ci --role admin"), 0) << err;
  EXPECT_EQ(titan("create token ci --role admin"), 4);
  EXPECT_EQ(out, "");
  api.override("GET /v1/identity", json_response({{"key", "ed25519:short"}}));
  EXPECT_EQ(titan("create enrollment --host pi"), 1);
  EXPECT_EQ(out, "");
  EXPECT_NE(err.find("the server's answer cannot be read: key: "), std::string::npos) << err;
}

}  // namespace
}  // namespace titan::cli
