#include <sys/stat.h>

#include "base/base64.hpp"
#include "base/digest.hpp"
#include "tests/cli/cli_fixture.hpp"

namespace titan::cli {
namespace {

using nlohmann::json;

json rendered_file(const std::string& path, const std::string& content) {
  return {{"path", path},
          {"mode", "0600"},
          {"digest", Digest::of(content).text()},
          {"encoding", "utf-8"},
          {"content", content}};
}

json rendering(const json& files) {
  return {{"deployment", "default/prod"},
          {"version", 3},
          {"driver", "files"},
          {"template", "service"},
          {"digest", Digest::of("files").text()},
          {"files", files}};
}

json answer_of(const json& deployments) {
  return {{"host", "pi"}, {"bookmark", "0123456789abcdef.7"}, {"deployments", deployments}};
}

class RenderTest : public testing::CliTest {
 protected:
  void answer(const json& deployments) {
    api.override(kProd, testing::json_response(answer_of(deployments)));
    api.override("GET /v1/hosts/pi/render", testing::json_response(answer_of(deployments)));
  }
  static constexpr const char* kProd = "GET /v1/workspaces/default/deployments/prod/render";
};

TEST_F(RenderTest, PrintsEachFileBelowItsPath) {
  answer(json::array(
      {rendering({rendered_file("root/etc/a", "one\n"), rendered_file("root/etc/b", "two")})}));
  EXPECT_EQ(titan("render deployment/prod --host pi"), 0) << err;
  EXPECT_EQ(out, "==> root/etc/a <==\none\n\n==> root/etc/b <==\ntwo\n");
  EXPECT_EQ(api.log.back(), "GET /v1/workspaces/default/deployments/prod/render?host=pi");
  EXPECT_EQ(titan("render host pi"), 0) << err;
  EXPECT_EQ(out,
            "==> deployment default/prod: root/etc/a <==\none\n\n"
            "==> deployment default/prod: root/etc/b <==\ntwo\n");
}

TEST_F(RenderTest, PrintsOneFileAsItIs) {
  const std::string bytes("\0\xff\n\x1b[1m", 7);
  json file = rendered_file("root/a", bytes);
  file["encoding"] = "base64url";
  file["content"] = base64url(bytes);
  answer(json::array({rendering(json::array({file}))}));
  EXPECT_EQ(titan("render deployment prod --host pi --file root/a"), 0) << err;
  EXPECT_EQ(out, bytes);
  EXPECT_NE(api.log.back().find("path=root%2Fa"), std::string::npos) << api.log.back();
  is_terminal = true;
  EXPECT_EQ(titan("render deployment prod --host pi --file root/a"), 0);
  EXPECT_EQ(out.find('\x1b'), std::string::npos) << "it would do something to the terminal";
}

TEST_F(RenderTest, WritesFilesBelowAFolder) {
  answer(json::array({rendering(json::array({rendered_file("root/etc/a", "one\n")}))}));
  EXPECT_EQ(titan("render deployment/prod --host pi --output-dir there"), 0) << err;
  EXPECT_EQ(content("there/root/etc/a"), "one\n");
  struct stat info {};
  ASSERT_EQ(::stat(disk("there/root/etc/a").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  EXPECT_EQ(out, "1 file written to there\n");
  EXPECT_EQ(titan("render host/pi -d all"), 0) << err;
  EXPECT_EQ(content("all/default/prod/root/etc/a"), "one\n");
}

TEST_F(RenderTest, ShowsAnEarlierMoment) {
  answer(json::array({rendering(json::array())}));
  EXPECT_EQ(titan("render deployment/prod --host pi --at 0123456789abcdef.3"), 0);
  EXPECT_NE(api.log.back().find("at=0123456789abcdef.3"), std::string::npos);
  EXPECT_EQ(titan("render host/pi --at 1h"), 0);
  EXPECT_NE(api.log.back().find("at=20"), std::string::npos) << api.log.back();
  EXPECT_EQ(titan("render host/pi --at soon"), 2);
}

TEST_F(RenderTest, ReportsWhatCannotBeRendered) {
  json bad = rendering(json::array());
  bad["error"] = "values.x is not known";
  bad["digest"] = nullptr;
  answer(json::array({bad}));
  EXPECT_EQ(titan("render deployment/prod --host pi"), 1);
  EXPECT_NE(
      err.find("deployment default/prod cannot be rendered for host pi: values.x is not known"),
      std::string::npos)
      << err;
}

TEST_F(RenderTest, PrintsDocumentsForPrograms) {
  answer(json::array({rendering(json::array({rendered_file("root/etc/a", "one\n")}))}));
  EXPECT_EQ(titan("render host/pi -o json"), 0);
  EXPECT_EQ(json::parse(out)["deployments"][0]["files"][0]["content"], "one\n");
  EXPECT_EQ(titan("render deployment/prod --host pi -o yaml"), 0);
  EXPECT_NE(out.find("host: pi\n"), std::string::npos) << out;
}

TEST_F(RenderTest, RefusesAnswersWithOtherBytesThanTheirDigests) {
  json file = rendered_file("root/a", "one");
  file["content"] = "two";
  answer(json::array({rendering(json::array({file}))}));
  EXPECT_EQ(titan("render host/pi"), 1);
  EXPECT_NE(err.find("has not the digest that is said of it"), std::string::npos) << err;
}

TEST_F(RenderTest, RefusesWhatMakesNoSense) {
  for (const char* line :
       {"render", "render deployment/prod", "render host/pi --host pi", "render template/t",
        "render host/pi --file root/a", "render deployment/prod --host Pi",
        "render deployment/prod --host pi -d x -o json",
        "render deployment/prod --host pi -d x --file root/a"}) {
    EXPECT_EQ(titan(line), 2) << line;
  }
  EXPECT_EQ(titan("render deployment/none --host pi"), 3);
}

}  // namespace
}  // namespace titan::cli
