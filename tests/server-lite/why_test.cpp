// Where the lines of files come from: docs/spec/provenance.md, "Why".
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "model/secret_value.hpp"
#include "tests/server-lite/test_server.hpp"

namespace titan::server_lite {
namespace {

using nlohmann::json;
using titan::testing::SeededRandom;
using titan::testing::TestServer;

class WhyRoute : public ::testing::Test {
 protected:
  json get(const std::string& query, int status = 200, const std::string& token = "") {
    HttpHeaders headers;
    if (!token.empty()) headers["Authorization"] = "Bearer " + token;
    const HttpResponse response = server_.call("GET", "/v1/hosts/pi/why?" + query, "", headers);
    EXPECT_EQ(response.status, status) << query << response.body;
    return parse_json(response.body).value_or(json());
  }
  std::string message(const std::string& query, int status) {
    return get(query, status)["error"]["message"];
  }
  void write(const std::string& path, const json& spec) {
    const HttpResponse written = server_.call("PUT", path, json({{"spec", spec}}).dump());
    ASSERT_LT(written.status, 300) << path << written.body;
  }
  // put_prod(), with a template of this content and these defaults.
  void put_prod(const std::string& content, const json& defaults = json::object()) {
    server_.put_prod();
    put_template(content, defaults);
  }
  void put_template(const std::string& content, const json& defaults = json::object()) {
    const Digest digest = server_.client().put_blob(content).value();
    write("/v1/templates/service",
          {{"driver", "files"},
           {"defaults", defaults},
           {"files", json::array({{{"path", "root/etc/{{deployment.name}}.conf"},
                                   {"digest", digest.text()},
                                   {"size", content.size()}}})}});
  }
  static const json& input(const json& answer, const std::string& pointer) {
    for (const json& one : answer["inputs"]) {
      if (one["pointer"] == pointer) return one;
    }
    ADD_FAILURE() << "no input " << pointer << " in " << answer;
    static const json kNone;
    return kNone;
  }

  TestServer server_;
  const std::string prod_ = "/v1/workspaces/default/deployments/prod";
};

TEST_F(WhyRoute, NamesTheLineOfTheTemplateTheValueAndItsLayer) {
  put_prod("# {{host.name}}\nport {{values.port}}\n", {{"port", 1}});
  json answer = get("path=etc/prod.conf&line=2");
  EXPECT_EQ(answer["deployment"], "default/prod");
  EXPECT_EQ(answer["path"], "root/etc/prod.conf");
  EXPECT_EQ(answer["template"]["name"], "service");
  EXPECT_EQ(answer["template"]["file"], "root/etc/{{deployment.name}}.conf");
  EXPECT_EQ(answer["lineCount"], 2);
  ASSERT_EQ(answer["lines"].size(), 1U);
  EXPECT_EQ(answer["lines"][0]["text"], "port 1");
  EXPECT_EQ(answer["lines"][0]["origins"][0]["line"], 2);
  EXPECT_EQ(input(answer, "/values/port")["layer"], "template");
  EXPECT_EQ(input(answer, "/values/port")["entity"], "template service");
  EXPECT_EQ(input(answer, "/values/port")["place"], "/spec/defaults/port");
  EXPECT_EQ(input(answer, "/values/port")["value"], "1");

  write(prod_, {{"workload", "sensor"},
                {"template", "service"},
                {"target", "lab"},
                {"values", {{"port", 2}}}});
  answer = get("path=root/etc/prod.conf");
  EXPECT_EQ(answer["lines"].size(), 2U);
  EXPECT_EQ(input(answer, "/values/port")["layer"], "deployment");
  EXPECT_EQ(input(answer, "/values/port")["entity"], "deployment default/prod");
  EXPECT_EQ(input(answer, "/host/name")["layer"], "host");
  write("/v1/hosts/pi", {{"labels", {{"site", "lab"}}}, {"values", {{"port", 3}}}});
  EXPECT_EQ(input(get("path=etc/prod.conf&line=2"), "/values/port")["layer"], "host");
}

TEST_F(WhyRoute, NamesTheChangeThatMadeEachThingWhatItIs) {
  put_prod("{{values.a}} {{values.b}}\n", {{"a", 1}, {"b", 1}});
  const auto put_values = [&](const json& values) {
    const HttpResponse written = server_.call("PUT", prod_,
                                              json({{"spec",
                                                     {{"workload", "sensor"},
                                                      {"template", "service"},
                                                      {"target", "lab"},
                                                      {"values", values}}}})
                                                  .dump());
    return written.headers.at("Titan-Change");
  };
  put_values({{"a", 1}});
  const std::string second = put_values({{"a", 2}});
  const std::string third = put_values({{"a", 2}, {"c", 1}});
  const std::string fourth = put_values({{"a", 2}, {"b", 5}});
  const json answer = get("path=etc/prod.conf&line=1");
  EXPECT_EQ(input(answer, "/values/a")["since"]["requestId"], second);
  EXPECT_EQ(input(answer, "/values/b")["since"]["requestId"], fourth);
  EXPECT_EQ(input(answer, "/values/a")["since"]["actor"],
            server_.json("GET", "/v1/changes")["items"].back()["actor"]);
  // Each is a row of the log, with its bookmark.
  const std::string bookmark = input(answer, "/values/a")["since"]["bookmark"];
  const auto seq = model::Bookmark::parse(bookmark).value().seq;
  const auto change = server_.store().changes(seq - 1, 1).value().front();
  EXPECT_EQ(change.request_id, second);
  EXPECT_EQ(change.time.text(), input(answer, "/values/a")["since"]["time"]);
  // As of an earlier moment it is as it was.
  const json then = get("path=etc/prod.conf&line=1&at=" + bookmark);
  EXPECT_EQ(then["lines"][0]["text"], "2 1");
  EXPECT_EQ(input(then, "/values/b")["layer"], "template");
  EXPECT_NE(third, fourth);
}

TEST_F(WhyRoute, NamesTheRuleThatBroughtTheDeployment) {
  put_prod("x\n");
  write("/v1/workspaces/default/targets/lab",
        {{"labels", {{"site", "lab"}}}, {"selector", "tier in (a,b),!gpu"}});
  write("/v1/hosts/pi", {{"labels", {{"site", "lab"}, {"tier", "b"}, {"other", "x"}}}});
  json rule = get("path=etc/prod.conf&line=1")["rule"];
  EXPECT_EQ(rule["target"], "lab");
  EXPECT_EQ(rule["labels"], json({{"site", "lab"}}));
  EXPECT_EQ(rule["selector"], "tier in (a,b),!gpu");
  EXPECT_EQ(rule["matched"], json({{"site", "lab"}, {"tier", "b"}}));
  EXPECT_FALSE(rule["since"].is_null());
  write(prod_,
        {{"workload", "sensor"}, {"template", "service"}, {"target", "lab"}, {"replicas", 1}});
  rule = get("path=etc/prod.conf&line=1")["rule"];
  EXPECT_TRUE(rule["assignment"].get<std::string>().starts_with("prod-")) << rule;
  EXPECT_EQ(rule["since"]["actor"], "titan");
}

TEST_F(WhyRoute, TellsWhatItCannotExplain) {
  put_prod("one\n");
  EXPECT_EQ(message("path=etc/none", 404), "nothing that host \"pi\" gets has a file \"etc/none\"");
  EXPECT_EQ(message("path=etc/prod.conf&line=2", 404), "\"root/etc/prod.conf\" has 1 line");
  EXPECT_EQ(get("line=2", 400)["error"]["field"], "path");
  EXPECT_EQ(get("path=etc/prod.conf&line=0", 400)["error"]["field"], "line");
  EXPECT_EQ(get("path=etc/prod.conf&at=x", 400)["error"]["field"], "at");
  put_template("{{values.none}}\n");
  EXPECT_NE(message("path=etc/prod.conf", 404).find("cannot be rendered"), std::string::npos);
  put_template(std::string("\0\1", 2));
  EXPECT_NE(message("path=etc/prod.conf", 422).find("no text"), std::string::npos);
}

TEST_F(WhyRoute, AsksWhichDeploymentIsMeant) {
  server_.put_prod();
  server_.put_template("service", "x\n", "compose.yaml");
  server_.put_deployment("test");
  EXPECT_EQ(message("path=compose.yaml", 409),
            "several deployments have a file \"compose.yaml\": default/prod, default/test; say "
            "which one is meant");
  EXPECT_EQ(get("path=compose.yaml&deployment=default/test")["deployment"], "default/test");
}

TEST_F(WhyRoute, ShowsWorkspacesThatOneMaySeeAndDigestsOfSecrets) {
  put_prod("{{values.password}}\n");
  const model::Key key{.kind = model::Kind::secret, .workspace = "default", .name = "db"};
  write("/v1/workspaces/default/secrets/db",
        {{"data",
          {{"password",
            {{"sealed",
              model::seal_secret_value(server_.keys().key(), key, "password", "canary")}}}}}});
  write(prod_, {{"workload", "sensor"},
                {"template", "service"},
                {"target", "lab"},
                {"values", {{"password", {{"$secret", "db"}, {"key", "password"}}}}}});
  const json answer = get("path=etc/prod.conf&line=1");
  const std::string value = input(answer, "/values/password")["value"];
  EXPECT_TRUE(value.starts_with("\"secret:db/password@sha256:")) << value;
  EXPECT_EQ(answer.dump().find("canary"), std::string::npos);
  server_.put(
      {.name = "iot",
       .spec = model::TokenSpec{.grants = {{.role = model::Role::viewer, .workspace = "iot"}},
                                .digest = Digest::of("titan_iot")}});
  get("path=etc/prod.conf&line=1", 404, "titan_iot");
}

TEST(WhyHistory, SaysWhatIsOlderThanTheLog) {
  TestServer server({.changes = 3});
  server.put_prod();
  for (int i = 0; i < 12; ++i) server.put_host("h" + std::to_string(i), {{"site", "sea"}});
  server.advance(std::chrono::hours(1));
  const json answer = server.json("GET", "/v1/hosts/pi/why?path=etc/prod.conf&line=1");
  EXPECT_TRUE(answer["rule"]["since"].is_null()) << answer;
  for (const json& input : answer["inputs"]) EXPECT_TRUE(input["since"].is_null()) << input;
  server.put_template("service", "new {{host.name}}\n");
  const json newer = server.json("GET", "/v1/hosts/pi/why?path=etc/prod.conf&line=1");
  EXPECT_FALSE(newer["files"][0]["since"].is_null()) << newer;
}

// ---- right for every line ----------------------------------------------------------------------

#ifdef __SANITIZE_ADDRESS__
constexpr int kTemplates = 60;
#else
constexpr int kTemplates = 1000;
#endif

// Templates of random lines, with values in random layers; each value is written nowhere else, so
// that a change of it can be seen.
class RandomTemplates {
 public:
  explicit RandomTemplates(std::uint64_t seed) : random_(seed) {}

  std::string fresh() { return "v" + std::to_string(++last_); }
  std::uint64_t below(std::uint64_t end) { return random_.below(end); }

  std::string text() {
    std::string text;
    const auto lines = 2 + below(6);
    for (std::uint64_t i = 0; i < lines; ++i) text += block();
    return text;
  }
  std::string partial() { return words() + "{{values.p}}" + (below(2) == 0 ? "\n" : ""); }

  // All names have a value, and one that is of the right kind in each layer.
  json layer(bool whole) {
    json values = json::object();
    for (const char* name : {"a", "b", "p"}) {
      if (whole || below(3) == 0) values[name] = fresh();
    }
    for (const char* name : {"x", "y"}) {
      if (whole || below(3) == 0) values["o"][name] = fresh();
    }
    for (const char* name : {"on", "off"}) {
      if (whole || below(4) == 0) values[name] = below(2) == 0;
    }
    if (whole || below(4) == 0) values["list"] = {fresh(), fresh()};
    if (whole || below(4) == 0) {
      values["rows"] = json::array({{{"n", fresh()}}, {{"n", fresh()}}, {{"n", fresh()}}});
    }
    return values;
  }

 private:
  std::string words() { return "w" + std::to_string(below(3)) + " "; }
  std::string piece() {
    static const std::vector<std::string> kNames = {
        "values.a",         "values.b",      "values.o.x", "values.o.y",
        "host.labels.zone", "workload.repo", "host.name",  "deployment.name"};
    const auto choice = below(8);
    if (choice < 5) return "{{" + kNames[below(kNames.size())] + "}}";
    if (choice == 5) return "{{#values.on}}on {{values.a}}{{/values.on}}";
    if (choice == 6) return "{{^values.off}}off {{values.b}}{{/values.off}}";
    return "{{#values.list}}<{{.}}>{{/values.list}}";
  }
  std::string line() {
    std::string text = words();
    for (auto pieces = below(3); pieces > 0; --pieces) text += piece() + " ";
    return text + "\n";
  }
  std::string block() {
    switch (below(8)) {
      case 0:
        return "{{#values.on}}\n" + line() + "{{/values.on}}\n";
      case 1:
        return "{{^values.off}}\n" + line() + "{{/values.off}}\n";
      case 2:
        return "{{#values.rows}}\n" + words() + "{{n}}\n{{/values.rows}}\n";
      case 3:
        return "{{> part}}\n";
      case 4:
        return "\n";
      default:
        return line();
    }
  }

  SeededRandom random_;
  std::uint64_t last_ = 0;
};

class WhyOfRandomTemplates : public WhyRoute {
 protected:
  void put(const std::string& subject) {
    ASSERT_TRUE(entities_.contains(subject)) << subject;
    const json& entity = entities_.at(subject);
    const HttpResponse written = server_.call(
        "POST", "/v1/changes",
        json({{"changes", json::array({{{"operation", "APPLY"}, {"entity", entity}}})}}).dump());
    ASSERT_EQ(written.status, 200) << written.body << entity;
  }
  json source_file(const std::string& path, const std::string& content) {
    return {{"path", path},
            {"digest", server_.client().put_blob(content).value().text()},
            {"size", content.size()}};
  }
  // All entities anew.
  void begin(RandomTemplates& random) {
    const std::string partial = random.partial();
    const std::string text = random.text();
    texts_ = partial + "\n----\n" + text;
    entities_["template t"] = {{"kind", "Template"},
                               {"name", "t"},
                               {"spec",
                                {{"driver", "files"},
                                 {"files", json::array({source_file("partials/part", partial),
                                                        source_file("root/etc/out.txt", text)})},
                                 {"defaults", random.layer(true)}}}};
    entities_["workload default/w"] = {
        {"kind", "Workload"},
        {"name", "w"},
        {"workspace", "default"},
        {"spec", {{"repo", random.fresh()}, {"template", "t"}, {"values", random.layer(false)}}}};
    entities_["deployment default/d"] = {
        {"kind", "Deployment"},
        {"name", "d"},
        {"workspace", "default"},
        {"spec", {{"workload", "w"}, {"target", "g"}, {"values", random.layer(false)}}}};
    entities_["host pi"] = {{"kind", "Host"},
                            {"name", "pi"},
                            {"spec",
                             {{"labels", {{"site", "lab"}, {"zone", random.fresh()}}},
                              {"values", random.layer(false)}}}};
    json changes = json::array();
    for (const auto& [subject, entity] : entities_) {
      changes.push_back({{"operation", "APPLY"}, {"entity", entity}});
    }
    changes.push_back({{"operation", "APPLY"},
                       {"entity",
                        {{"kind", "Target"},
                         {"name", "g"},
                         {"workspace", "default"},
                         {"spec", {{"labels", {{"site", "lab"}}}}}}}});
    const HttpResponse written =
        server_.call("POST", "/v1/changes", json({{"changes", changes}}).dump());
    ASSERT_EQ(written.status, 200) << written.body;
  }

  // The lines that do not name the input, in order. Not empty ones, of which there is only where
  // they end.
  static std::vector<std::string> others(const json& answer, const std::string& pointer) {
    std::vector<std::string> lines;
    for (const json& line : answer["lines"]) {
      if (!names(line, pointer, false) && line["text"] != "") lines.push_back(line["text"]);
    }
    return lines;
  }
  static bool has_input(const json& answer, const std::string& pointer) {
    return std::ranges::any_of(answer["inputs"],
                               [&](const json& one) { return one["pointer"] == pointer; });
  }
  static std::vector<std::string> all_lines(const json& answer) {
    std::vector<std::string> lines;
    for (const json& line : answer["lines"]) lines.push_back(line["text"]);
    return lines;
  }
  // Whether all of these are among those, in this order.
  static bool is_within(const std::vector<std::string>& some, const std::vector<std::string>& all) {
    auto next = all.begin();
    return std::ranges::all_of(some, [&](const std::string& line) {
      next = std::find(next, all.end(), line);
      return next != all.end() && next++ != all.end();
    });
  }
  // Each line with what it names.
  static std::string text_of(const json& answer) {
    std::string text;
    for (const json& line : answer["lines"]) {
      text += line["text"].get<std::string>() + "   <-";
      for (const json& origin : line["origins"]) {
        if (origin["role"] != "text") text += " " + origin["input"].get<std::string>();
      }
      text += "\n";
    }
    return text + "\n";
  }
  static bool names(const json& line, const std::string& pointer, bool as_value) {
    return std::ranges::any_of(line["origins"], [&](const json& origin) {
      const bool is_meant = origin["role"] != "text" && origin["input"] == pointer;
      return is_meant && (!as_value || (origin["role"] == "value" && origin["written"]));
    });
  }

  std::map<std::string, json> entities_;  // by subject, as last written
  std::string texts_;                     // of the template
};

TEST_F(WhyOfRandomTemplates, ChangingTheNamedInputInTheNamedLayerChangesTheLineAndNoOther) {
  RandomTemplates random(17);
  std::size_t lines = 0;
  std::size_t changed = 0;
  for (int round = 0; round < kTemplates; ++round) {
    begin(random);
    json answer = get("path=etc/out.txt");
    lines += answer["lines"].size();
    std::set<std::string> pointers;
    for (const json& one : answer["inputs"]) pointers.insert(one["pointer"].get<std::string>());
    for (const std::string& pointer : pointers) {
      if (!has_input(answer, pointer)) continue;  // a section that had it is gone
      const json one = input(answer, pointer);
      if (!one.contains("place") || one["place"] == "/name") continue;
      const json::json_pointer place(one["place"].get<std::string>());
      const std::string subject = one["entity"];
      json& value = entities_.at(subject)[place];
      if (value.is_string()) {
        value = random.fresh();
      } else if (value.is_boolean()) {
        value = !value.get<bool>();
      } else {
        continue;  // lists and objects: their items are changed
      }
      put(subject);
      const json after = get("path=etc/out.txt");
      // What does not name it stays, whichever of the two is the change of the other.
      ASSERT_TRUE(is_within(others(answer, pointer), all_lines(after)) &&
                  is_within(others(after, pointer), all_lines(answer)))
          << round << ": " << pointer << " of " << subject << "\n"
          << text_of(answer) << text_of(after) << texts_;
      if (value.is_string()) {
        ASSERT_EQ(answer["lines"].size(), after["lines"].size()) << round << pointer;
        for (std::size_t i = 0; i < answer["lines"].size(); ++i) {
          if (!names(answer["lines"][i], pointer, false)) {
            ASSERT_EQ(answer["lines"][i]["text"], after["lines"][i]["text"]) << round << pointer;
          }
          if (!names(answer["lines"][i], pointer, true)) continue;
          ASSERT_NE(answer["lines"][i]["text"], after["lines"][i]["text"])
              << round << ": " << pointer << " of " << subject << "\n"
              << answer;
          ++changed;
        }
      }
      answer = after;
    }
  }
  RecordProperty("lines", static_cast<int>(lines));
  RecordProperty("changed", static_cast<int>(changed));
  EXPECT_GT(lines, 3U * kTemplates);
  EXPECT_GT(changed, 3U * kTemplates);
}

}  // namespace
}  // namespace titan::server_lite
