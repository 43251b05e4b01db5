#include "tests/cli/cli_fixture.hpp"

namespace titan::cli {
namespace {

using nlohmann::json;

class StatusTest : public testing::CliTest {};

TEST_F(StatusTest, TellsHowTheServerIs) {
  api.override("GET /v1/status",
               testing::json_response({{"status", "ok"},
                                       {"version", "0.1.0"},
                                       {"bookmark", "0123456789abcdef.41"},
                                       {"processors", {{{"name", "index"}, {"behind", 2}}}},
                                       {"dependencies", {{"store", {{"status", "ok"}}}}}}));
  EXPECT_EQ(titan("status"), 0) << err;
  EXPECT_EQ(out,
            "Server:     http://127.0.0.1:7480\n"
            "Status:     ok\n"
            "Version:    0.1.0\n"
            "Bookmark:   0123456789abcdef.41\n"
            "\n"
            "DEPENDENCY   STATUS   MESSAGE\n"
            "store        ok       <none>\n"
            "\n"
            "PROCESSOR   BEHIND\n"
            "index       2\n");
}

TEST_F(StatusTest, FailsWithTheServer) {
  api.override("GET /v1/status",
               testing::json_response(
                   {{"status", "failing"},
                    {"version", "0.1.0"},
                    {"dependencies", {{"store", {{"status", "failing"}, {"message", "full"}}}}}},
                   503));
  EXPECT_EQ(titan("status"), 1);
  EXPECT_NE(out.find("store        failing   full\n"), std::string::npos) << out;
}

TEST_F(StatusTest, IsUnreachableWithoutAServer) {
  reachable = false;
  EXPECT_EQ(titan("status"), 6);
  EXPECT_EQ(err, "titan: http://127.0.0.1:7480: cannot connect\n");
}

TEST_F(StatusTest, TellsTheVersionWithoutAServer) {
  reachable = false;
  EXPECT_EQ(titan("version"), 0);
  EXPECT_EQ(out, "titan " TITAN_VERSION "\n");
}

TEST_F(StatusTest, PassesEveryKindOfErrorOnAsItsExitCode) {
  struct Row {
    int status;
    int code;
  };
  for (const Row& row : {Row{400, 1}, Row{403, 5}, Row{404, 3}, Row{409, 4}, Row{429, 1},
                         Row{500, 1}, Row{503, 6}}) {
    api.override("GET /v1/hosts", {.status = row.status});
    EXPECT_EQ(titan("get hosts"), row.code) << row.status;
  }
}

}  // namespace
}  // namespace titan::cli
