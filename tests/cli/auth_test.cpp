#include "tests/cli/cli_fixture.hpp"

namespace titan::cli {
namespace {

using nlohmann::json;
using testing::json_response;

class AuthTest : public testing::CliTest {};

TEST_F(AuthTest, ShowsWhoYouAre) {
  const json body = {
      {"actor", "token/ci"},
      {"organization", "acme"},
      {"grants", {{{"role", "viewer"}}, {{"role", "developer"}, {"workspace", "iot"}}}},
      {"expires", "2026-06-01T00:00:00.000000Z"}};
  api.override("GET /v1/whoami", json_response(body));
  EXPECT_EQ(titan("auth whoami"), 0) << err;
  EXPECT_EQ(out,
            "Server:        http://127.0.0.1:7480\n"
            "Actor:         token/ci\n"
            "Organization:  acme\n"
            "Roles:         viewer\n"
            "               developer in workspace iot\n"
            "Expires:       2026-06-01T00:00:00.000000Z\n");
  EXPECT_EQ(titan("auth whoami -o json"), 0) << err;
  EXPECT_EQ(json::parse(out), body);
  EXPECT_EQ(titan("auth whoami -o yaml"), 0) << err;
  EXPECT_NE(out.find("actor: token/ci\n"), std::string::npos) << out;
}

TEST_F(AuthTest, SaysOfADeviceWhichHostItIs) {
  api.override("GET /v1/whoami", json_response({{"actor", "host/pi"},
                                                {"organization", "default"},
                                                {"grants", json::array()},
                                                {"host", "pi"}}));
  EXPECT_EQ(titan("auth whoami"), 0) << err;
  EXPECT_EQ(out,
            "Server:        http://127.0.0.1:7480\n"
            "Actor:         host/pi\n"
            "Organization:  default\n"
            "Roles:         <none>\n"
            "Host:          pi\n"
            "Expires:       never\n");
}

TEST_F(AuthTest, SaysWhetherYouMay) {
  api.override("GET /v1/permissions", json_response({{"allowed", true}}));
  EXPECT_EQ(titan("auth can-i create deployments -w iot"), 0) << err;
  EXPECT_EQ(out, "yes\n");
  EXPECT_EQ(api.log.back(), "GET /v1/permissions?verb=create&kind=deployments&workspace=iot");

  api.override("GET /v1/permissions",
               json_response({{"allowed", false}, {"reason", "writing hosts needs a\x1b role"}}));
  EXPECT_EQ(titan("auth can-i delete host"), 5);
  EXPECT_EQ(out, "no - writing hosts needs a\\x1b role\n");
  EXPECT_EQ(err, "");
  EXPECT_EQ(api.log.back(), "GET /v1/permissions?verb=delete&kind=hosts");
  EXPECT_EQ(titan("auth can-i delete host -o json"), 5);
  EXPECT_EQ(json::parse(out),
            json({{"allowed", false}, {"reason", "writing hosts needs a\x1b role"}}));
}

TEST_F(AuthTest, AsksAboutTheWorkspaceThatIsWorkedIn) {
  struct Row {
    const char* line;
    const char* asked;
  };
  const Row rows[] = {
      {"auth can-i get targets", "verb=get&kind=targets&workspace=default"},
      {"auth can-i apply wl --workspace iot", "verb=apply&kind=workloads&workspace=iot"},
      {"auth can-i create workspaces", "verb=create&kind=workspaces"},
      {"auth can-i create ws -w iot", "verb=create&kind=workspaces&workspace=iot"},
      {"auth can-i list tokens", "verb=list&kind=tokens"},
  };
  api.override("GET /v1/permissions", json_response({{"allowed", true}}));
  for (const Row& row : rows) {
    EXPECT_EQ(titan(row.line), 0) << row.line << err;
    EXPECT_EQ(api.log.back(), std::string("GET /v1/permissions?") + row.asked);
  }
}

}  // namespace
}  // namespace titan::cli
