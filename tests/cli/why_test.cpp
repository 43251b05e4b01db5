#include "cli/commands/why.hpp"

#include "base/digest.hpp"
#include "tests/cli/cli_fixture.hpp"

namespace titan::cli {
namespace {

using nlohmann::json;

TEST(FileOnHost, IsAHostAPathAndPerhapsALine) {
  struct Row {
    const char* text;
    const char* host;
    const char* path;
    std::uint64_t line;
  };
  const Row rows[] = {
      {"tim-pi:etc/app.conf:12", "tim-pi", "etc/app.conf", 12},
      {"tim-pi:etc/app.conf", "tim-pi", "etc/app.conf", 0},
      {"tim-pi:/etc/app.conf:1", "tim-pi", "etc/app.conf", 1},
      {"pi:etc/a:b", "pi", "etc/a:b", 0},
      {"pi:etc/a:b:3", "pi", "etc/a:b", 3},
      {"pi:etc/a:3x", "pi", "etc/a:3x", 0},
  };
  for (const Row& row : rows) {
    const auto file = parse_file_on_host(row.text);
    ASSERT_TRUE(file.ok()) << row.text;
    EXPECT_EQ(file->host, row.host) << row.text;
    EXPECT_EQ(file->path, row.path) << row.text;
    EXPECT_EQ(file->line, row.line) << row.text;
  }
  for (const char* bad : {"", "pi", "pi:", "pi:/", ":etc/a", "Pi:etc/a", "pi:etc/a:0"}) {
    EXPECT_FALSE(parse_file_on_host(bad).ok()) << bad;
  }
}

json since(const char* actor) {
  return {{"bookmark", "0123456789abcdef.7"},
          {"time", "2026-03-01T12:00:00.000000Z"},
          {"actor", actor},
          {"requestId", "req-1"}};
}

json answer() {
  const json text = {{"role", "text"}, {"file", "root/etc/a.conf"}, {"line", 4},
                     {"column", 1},    {"written", true},           {"offset", 0},
                     {"length", 5}};
  const json value = {{"role", "value"}, {"file", "root/etc/a.conf"}, {"line", 4},
                      {"column", 6},     {"written", true},           {"offset", 5},
                      {"length", 4},     {"input", "/values/port"}};
  const json section = {{"role", "section"}, {"file", "root/etc/a.conf"}, {"line", 3},
                        {"column", 1},       {"written", false},          {"input", "/values/on"}};
  return {{"host", "pi"},
          {"bookmark", "0123456789abcdef.9"},
          {"deployment", "default/prod"},
          {"version", 3},
          {"path", "root/etc/a.conf"},
          {"lineCount", 2},
          {"template",
           {{"name", "service"}, {"digest", Digest::of("t").text()}, {"file", "root/etc/a.conf"}}},
          {"rule",
           {{"target", "lab"},
            {"labels", {{"site", "lab"}}},
            {"selector", "!gpu"},
            {"matched", {{"site", "lab"}}},
            {"since", nullptr}}},
          {"moreInputs", 0},
          {"lines", json::array({{{"line", 2},
                                  {"text", "port 8883"},
                                  {"origins", json::array({section, text, value})}}})},
          {"files", json::array({{{"path", "root/etc/a.conf"}, {"since", since("tim")}}})},
          {"inputs", json::array({{{"pointer", "/values/on"},
                                   {"value", "true"},
                                   {"layer", "template"},
                                   {"entity", "template service"},
                                   {"place", "/spec/defaults/on"},
                                   {"since", since("tim")}},
                                  {{"pointer", "/values/port"},
                                   {"value", "8883"},
                                   {"layer", "deployment"},
                                   {"entity", "deployment default/prod"},
                                   {"place", "/spec/values/port"},
                                   {"since", since("ann")}}})}};
}

class WhyTest : public testing::CliTest {
 protected:
  void SetUp() override { api.override("GET /v1/hosts/pi/why", testing::json_response(answer())); }
};

TEST_F(WhyTest, ExplainsALine) {
  EXPECT_EQ(titan("why pi:etc/a.conf:2"), 0) << err;
  EXPECT_EQ(out,
            "Line      pi:root/etc/a.conf:2\n"
            "          port 8883\n"
            "Of        deployment default/prod (version 3)\n"
            "Template  service, root/etc/a.conf line 4, column 1\n"
            "          file since 2026-03-01T12:00:00.000000Z by tim, request req-1, bookmark "
            "0123456789abcdef.7\n"
            "Depends   values.on = true\n"
            "          from the template: template service, /spec/defaults/on\n"
            "          since 2026-03-01T12:00:00.000000Z by tim, request req-1, bookmark "
            "0123456789abcdef.7\n"
            "Value     values.port = 8883\n"
            "          from the deployment: deployment default/prod, /spec/values/port\n"
            "          since 2026-03-01T12:00:00.000000Z by ann, request req-1, bookmark "
            "0123456789abcdef.7\n"
            "Because   target lab wants site=lab,!gpu; the host has site=lab\n"
            "          since before all that the change log still holds\n");
  EXPECT_EQ(api.log.back(), "GET /v1/hosts/pi/why?path=etc%2Fa.conf&line=2");
}

TEST_F(WhyTest, ShowsAWholeFileInShort) {
  EXPECT_EQ(titan("why pi:/etc/a.conf --deployment default/prod --at 0123456789abcdef.3"), 0)
      << err;
  EXPECT_NE(out.find("LINE   TEMPLATE            VALUES                     TEXT\n"
                     "2      root/etc/a.conf:4   values.port (deployment)   port 8883\n"
                     "and 1 more line\n"),
            std::string::npos)
      << out;
  EXPECT_EQ(api.log.back(),
            "GET /v1/hosts/pi/why?path=etc%2Fa.conf&deployment=default%2Fprod&"
            "at=0123456789abcdef.3");
}

TEST_F(WhyTest, ColoursOnATerminalOnlyAndPrintsDocuments) {
  is_terminal = true;
  EXPECT_EQ(titan("why pi:etc/a.conf:2"), 0);
  EXPECT_NE(out.find("\x1b[1mValue"), std::string::npos) << out;
  EXPECT_EQ(titan("why pi:etc/a.conf:2 --no-color"), 0);
  EXPECT_EQ(out.find('\x1b'), std::string::npos);
  EXPECT_EQ(titan("why pi:etc/a.conf:2 -o json"), 0);
  EXPECT_EQ(json::parse(out), answer());
}

TEST_F(WhyTest, EndsWithTheServersError) {
  EXPECT_EQ(titan("why other:etc/a.conf:2"), 3);
  EXPECT_EQ(titan("why"), 2);
  EXPECT_EQ(titan("why pi"), 2);
  EXPECT_EQ(titan("why pi:a --at soon"), 2);
}

}  // namespace
}  // namespace titan::cli
