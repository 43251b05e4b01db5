// The pages /docs and /redocs, and the files that they are made of.
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>

#include "server-lite/page_assets.hpp"
#include "tests/server-lite/test_server.hpp"

namespace titan::server_lite {
namespace {

using titan::testing::TestServer;

bool has_pages() {
  return !find_page_asset("licenses.txt")->compressed.empty();
}

// The files of the server itself that a page names.
std::set<std::string> files_of(const std::string& html) {
  std::set<std::string> files;
  const std::regex link("(?:src|href)=\"([^\"]*)\"");
  for (std::sregex_iterator found(html.begin(), html.end(), link), end; found != end; ++found) {
    files.insert("/" + (*found)[1].str());
  }
  return files;
}

TEST(Pages, AreMadeOfFilesOfTheServerAlone) {
  TestServer server;
  for (const char* page : {"/docs", "/redocs"}) {
    const HttpResponse response = server.call("GET", page);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.header("Content-Type"), "text/html; charset=utf-8");
    const std::set<std::string> files = files_of(response.body);
    EXPECT_FALSE(files.empty()) << page;
    for (const std::string& file : files) {
      EXPECT_EQ(server.call("GET", file).status, 200) << page << " names " << file;
    }
  }
}

TEST(Pages, ComeWithAPolicyThatLetsInNothingFromElsewhere) {
  TestServer server;
  for (const char* target : {"/docs", "/redocs", "/docs/docs.js"}) {
    const HttpResponse response = server.call("GET", target);
    const std::string policy = response.header("Content-Security-Policy");
    EXPECT_NE(policy.find("default-src 'none'; script-src 'self';"), std::string::npos) << policy;
    EXPECT_EQ(policy.find("http"), std::string::npos) << policy;
    EXPECT_EQ(policy.find("unsafe-eval"), std::string::npos) << policy;
    EXPECT_EQ(response.header("X-Content-Type-Options"), "nosniff");
  }
}

TEST(Pages, SayThatThereIsNoCopyWhenTheBuildHadNone) {
  if (has_pages()) GTEST_SKIP() << "this build has the pages";
  TestServer server;
  EXPECT_NE(server.call("GET", "/docs").body.find("has no copy"), std::string::npos);
  EXPECT_EQ(server.call("GET", "/docs/redoc.standalone.js").status, 404);
}

TEST(Pages, AreCompressedForWhoTakesThat) {
  if (!has_pages()) GTEST_SKIP() << "this build has no pages: npm could not fetch them";
  TestServer server;
  const std::string file = "/docs/licenses.txt";
  const std::string plain = server.call("GET", file).body;
  EXPECT_NE(plain.find("Apache License"), std::string::npos);
  EXPECT_NE(plain.find("MIT License"), std::string::npos);
  struct Row {
    const char* accepts;
    bool compressed;
  };
  const Row rows[] = {
      {"gzip", true},      {"br, gzip;q=0.5, *", true}, {"gzip; q=1", true},   {"identity", false},
      {"gzip;q=0", false}, {"gzip;q=0.000", false},     {"x-gzip-not", false}, {"", false}};
  for (const Row& row : rows) {
    const HttpResponse response = server.call("GET", file, "", {{"Accept-Encoding", row.accepts}});
    EXPECT_EQ(response.header("Content-Encoding"), row.compressed ? "gzip" : "") << row.accepts;
    EXPECT_EQ(response.header("Vary"), "Accept-Encoding");
    EXPECT_EQ(row.compressed ? inflated(response.body).value() : response.body, plain);
  }
}

TEST(Pages, HaveNoOtherFiles) {
  TestServer server;
  for (const char* target :
       {"/docs/", "/docs/absent.js", "/docs/..%2F..%2Fetc%2Fpasswd", "/docs/docs.js/more"}) {
    EXPECT_EQ(server.call("GET", target).status, 404) << target;
  }
}

TEST(PageAsset, IsRefusedWhenItIsDamaged) {
  EXPECT_FALSE(inflated(""));
  EXPECT_FALSE(inflated("no gzip"));
}

}  // namespace
}  // namespace titan::server_lite
