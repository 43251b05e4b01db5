#include "base/signing.hpp"
#include "tests/cli/cli_fixture.hpp"

namespace titan::cli {
namespace {

using nlohmann::json;
using testing::json_response;

class DevicesTest : public testing::CliTest {
 protected:
  DevicesTest() {
    const json items = {{{"id", "1a2b3c4d5e6f"},
                         {"key", key_},
                         {"name", "raspberry"},
                         {"address", "192.0.2.7"},
                         {"since", "2026-03-01T11:50:00.000000Z"},
                         {"lastSeen", "2026-03-01T11:59:50.000000Z"}}};
    lobby_ = {{"items", items}};
    api.override("GET /v1/lobby", json_response(lobby_));
  }
  static std::string new_key(int seed) {
    ::titan::testing::SeededRandom random(static_cast<std::uint64_t>(seed));
    return SigningKey::make(random).public_key().text();
  }
  [[nodiscard]] json device(const std::string& host) { return api.at("devices", "", host)["spec"]; }

  const std::string key_ = new_key(1);
  json lobby_;
};

TEST_F(DevicesTest, ShowsTheLobby) {
  EXPECT_EQ(titan("get lobby"), 0) << err;
  EXPECT_EQ(out,
            "ID             NAME        ADDRESS     SINCE     SEEN\n"
            "1a2b3c4d5e6f   raspberry   192.0.2.7   10m ago   10s ago\n");
  EXPECT_EQ(titan("get lobby -o wide --no-headers"), 0) << err;
  EXPECT_NE(out.find(key_), std::string::npos) << out;
  EXPECT_EQ(titan("get lobby -o name"), 0) << err;
  EXPECT_EQ(out, "1a2b3c4d5e6f\n");
  EXPECT_EQ(titan("get lobby -o json"), 0) << err;
  EXPECT_EQ(json::parse(out), lobby_);
  api.override("GET /v1/lobby", json_response({{"items", json::array()}}));
  EXPECT_EQ(titan("get lobby"), 0) << err;
  EXPECT_EQ(out, "");
  EXPECT_EQ(err, "titan: no device waits in the lobby\n");
}

TEST_F(DevicesTest, MakesAHostOfADeviceThatWaits) {
  EXPECT_EQ(titan("approve 1a2b3c4d5e6f --host pi --labels site=lab"), 0) << err;
  EXPECT_EQ(out, "host/pi created\ndevice/pi approved\n");
  EXPECT_EQ(api.at("hosts", "", "pi")["spec"]["labels"], json({{"site", "lab"}}));
  EXPECT_EQ(device("pi"), json({{"publicKey", key_}}));
  EXPECT_EQ(api.log.back(), "POST /v1/changes");
}

TEST_F(DevicesTest, GivesADeviceToAHostThatHasNone) {
  ASSERT_EQ(titan("create host pi --labels site=lab"), 0) << err;
  EXPECT_EQ(titan("approve 1a2b3c4d5e6f --host pi --labels site=attic"), 4);
  EXPECT_EQ(titan("approve 1a2b3c4d5e6f --host pi"), 0) << err;
  EXPECT_EQ(out, "device/pi approved\n");
  EXPECT_EQ(api.at("hosts", "", "pi")["spec"]["labels"], json({{"site", "lab"}}));
}

TEST_F(DevicesTest, PutsADeviceInThePlaceOfARevokedOneOnly) {
  ASSERT_EQ(titan("create host pi"), 0) << err;
  api.put({{"kind", "Device"}, {"name", "pi"}, {"spec", {{"publicKey", new_key(2)}}}});
  EXPECT_EQ(titan("approve 1a2b3c4d5e6f --host pi"), 4);
  EXPECT_EQ(err, "titan: host \"pi\" has a device already; titan revoke host pi comes first\n");
  EXPECT_EQ(titan("revoke host pi"), 0) << err;
  EXPECT_EQ(out, "host/pi revoked\n");
  EXPECT_EQ(device("pi"), json({{"publicKey", new_key(2)}, {"revoked", true}}));
  EXPECT_EQ(titan("revoke host/pi"), 0) << err;
  EXPECT_EQ(out, "host/pi was revoked already\n");
  EXPECT_EQ(titan("approve 1a2b3c4d5e6f --host pi"), 0) << err;
  EXPECT_EQ(device("pi"), json({{"publicKey", key_}}));
}

TEST_F(DevicesTest, KnowsWhichDevicesWait) {
  EXPECT_EQ(titan("approve 1a2b3c4d5e6e --host pi"), 3);
  EXPECT_EQ(err,
            "titan: no device \"1a2b3c4d5e6e\" waits in the lobby (did you mean "
            "\"1a2b3c4d5e6f\"?); titan get lobby shows those that do\n");
  EXPECT_FALSE(api.has("devices", "", "pi"));
}

TEST_F(DevicesTest, RevokesATokenByDeletingIt) {
  ASSERT_EQ(titan("create token ci --role viewer"), 0) << err;
  EXPECT_EQ(titan("revoke token ci"), 0) << err;
  EXPECT_EQ(out, "token/ci revoked\n");
  EXPECT_FALSE(api.has("tokens", "", "ci"));
  EXPECT_EQ(titan("revoke token ci"), 3);
  EXPECT_EQ(titan("revoke host none"), 3);
}

TEST_F(DevicesTest, ShowsTokensEnrollmentsAndDevicesLikeAllKinds) {
  ASSERT_EQ(titan("create token ci --role viewer --in-workspace iot"), 0) << err;
  EXPECT_EQ(titan("get tokens"), 0) << err;
  EXPECT_EQ(out,
            "NAME   STATUS   ROLES                     EXPIRES   AGE\n"
            "ci     READY    viewer in workspace iot   never     5m\n");
  EXPECT_EQ(titan("describe token ci"), 0) << err;
  EXPECT_NE(out.find("viewer"), std::string::npos) << out;
  EXPECT_EQ(titan("get enrollments"), 0) << err;
  EXPECT_EQ(titan("get devices"), 0) << err;
  EXPECT_EQ(titan("delete token ci"), 0) << err;
}

}  // namespace
}  // namespace titan::cli
