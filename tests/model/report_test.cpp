#include "model/report.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "model/limits.hpp"
#include "tests/model/random_model.hpp"
#include "tests/model/refusals.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan::model {
namespace {

using nlohmann::json;
using titan::testing::expect_refusals;
using titan::testing::RandomModel;

TEST(HostReport, IsReadBackFromItsJson) {
  constexpr std::uint64_t kSeed = 11;
  RandomModel random(kSeed);
  for (int i = 0; i < 500; ++i) {
    const HostReport report = random.report();
    const std::string text = canonical_json(json_of(report));
    const auto parsed = parse_report(parse_json(text).value());
    ASSERT_TRUE(parsed.ok()) << "seed " << kSeed << ", " << text << ": " << parsed.error().text();
    ASSERT_EQ(*parsed, report) << "seed " << kSeed << ", " << text;
  }
}

json item(const std::string& name) {
  return {{"key", "default/deployment/iot/" + name}, {"status", "READY"}};
}

TEST(HostReport, IsSortedByKeyHoweverItCame) {
  const auto report = parse_report({{"deployments", {item("b"), item("c"), item("a")}}}).value();
  ASSERT_EQ(report.deployments.size(), 3U);
  EXPECT_TRUE(
      std::is_sorted(report.deployments.begin(), report.deployments.end(),
                     [](const auto& left, const auto& right) { return left.key < right.key; }));
}

TEST(HostReport, IsRefusedWithTheFieldNamed) {
  const auto with_item = [](const std::string& patch) {
    json edited = item("prod");
    edited.merge_patch(parse_json(patch).value());
    return canonical_json({{"deployments", {item("a"), edited}}});
  };
  const std::string second = "report.deployments[1]";
  expect_refusals(
      {{"deployments", {item("prod")}}},
      {
          {R"([])", "report", "expected an object, found an array"},
          {R"({"deployments": null})", "report.deployments", "must be given"},
          {R"({"deployments": {}})", "report.deployments", "expected an array, found an object"},
          {R"({"deployments": [5]})", "report.deployments[0]", "expected an object, found the nu"},
          {with_item(R"({"key": null})"), second + ".key", "must be given"},
          {with_item(R"({"key": "prod"})"), second + ".key", "\"prod\" is not a key"},
          {with_item(R"({"key": "default/host/a"})"), second + ".key", "expected a deployment's"},
          {with_item(R"({"version": "1"})"), second + ".version", "expected a whole number"},
          {with_item(R"({"renderedDigest": "x"})"), second + ".renderedDigest",
           "\"x\" is not a digest"},
          {with_item(R"({"desiredDigest": "x"})"), second + ".desiredDigest",
           "\"x\" is not a digest"},
          {with_item(R"({"since": "now"})"), second + ".since", "\"now\" is not an RFC 3339 time"},
          {with_item(R"({"status": null})"), second + ".status", "must be given"},
          {with_item(R"({"status": "CREATING"})"), second + ".status", "expected READY, UPDAT"},
          {with_item(R"({"status": "FINE"})"), second + ".status", "\"FINE\" is not a status"},
          {with_item(R"({"status": "ERROR"})"), second + ".reason", "must say what is wrong"},
          {with_item(R"({"status": "UPDATING"})"), second + ".reason", "must say what it waits"},
          {with_item(R"({"output": ")" + std::string(kOutputBytesMax + 1, 'x') + R"("})"),
           second + ".output", "is 4097 bytes long, the limit is 4096"},
          {with_item(R"({"attempts": 4294967296})"), second + ".attempts",
           "expected a number up to 4294967295, found 4294967296"},
          {with_item(R"({"stalled": 1})"), second + ".stalled", "expected true or false"},
          {with_item(R"({"drift": "x"})"), second + ".drift", "expected an array"},
          {with_item(R"({"drift": )" + canonical_json(std::vector<std::string>(11, "x")) + "}"),
           second + ".drift", "has 11 items, the limit is 10"},
          {with_item(R"({"drift": ["a", ")" + std::string(513, 'x') + R"("]})"),
           second + ".drift[1]", "is 513 bytes long, the limit is 512"},
          {with_item(R"({"healed": -1})"), second + ".healed", "expected a whole number"},
          {R"({"drivers": ["files", "A"]})", "report.drivers[1]", "\"A\" is not a name"},
          {R"({"drivers": ["files", "files"]})", "report.drivers", "\"files\" stands there twice"},
          {R"({"clockSkewSeconds": "1"})", "report.clockSkewSeconds", "expected a whole number"},
          {R"({"clockSkewSeconds": 9223372036854775808})", "report.clockSkewSeconds",
           "expected a whole number, found the number 9223372036854775808"},
          {with_item(R"({"reason": ["x"]})"), second + ".reason", "expected a string, found an"},
          {with_item(R"({"commit": 5})"), second + ".commit", "expected a string, found the num"},
          {with_item(R"({"comit": "x"})"), second + ".comit",
           "unknown field (did you mean \"commit\"?)"},
          {with_item(R"({"key": "default/deployment/iot/a"})"), "report.deployments",
           "\"default/deployment/iot/a\" stands there twice"},
          {R"({"agentVersion": 1})", "report.agentVersion", "expected a string, found the number"},
          {R"({"agentVerson": "1"})", "report.agentVerson",
           "unknown field (did you mean \"agentVersion\"?)"},
      },
      &parse_report);
}

TEST(HostReport, LeavesOutOfItsJsonWhatIsNotKnown) {
  const HostReport report = parse_report({{"deployments", {item("prod")}}}).value();
  const json written = json_of(report)["deployments"][0];
  EXPECT_FALSE(written.contains("desiredDigest"));
  for (const char* field : {"output", "attempts", "stalled", "drift", "healed", "since",
                            "delivered", "committed", "deployed"}) {
    EXPECT_FALSE(written.contains(field)) << field;
  }
  EXPECT_FALSE(json_of(report).contains("drivers"));
  EXPECT_FALSE(json_of(report).contains("clockSkewSeconds"));
}

TEST(HostReport, HasADigestOfAllButWhatTheServerWrites) {
  HostReport report{.deployments = {{.key = {.kind = Kind::deployment, .name = "prod"}}}};
  report.deployments[0].key.workspace = "default";
  const Digest before = digest_of(report);
  for (const auto time : {&DeploymentReport::since, &DeploymentReport::delivered,
                          &DeploymentReport::committed, &DeploymentReport::deployed}) {
    report.deployments[0].*time = Timestamp::from_micros(1);
    EXPECT_EQ(digest_of(report), before);
    const auto parsed = parse_report(json_of(report));
    ASSERT_TRUE(parsed.ok()) << parsed.error().text();
    EXPECT_EQ(parsed->deployments[0].*time, Timestamp::from_micros(1));
  }
  report.deployments[0].desired_digest = Digest::of("desired");
  EXPECT_NE(digest_of(report), before);
}

TEST(HostReport, IsBoundedInDeployments) {
  json items = json::array();
  for (std::size_t i = 0; i < kReportDeploymentsMax; ++i) items.push_back(item(std::to_string(i)));
  EXPECT_TRUE(parse_report({{"deployments", items}}).ok());
  items.push_back(item("one-more"));
  EXPECT_EQ(parse_report({{"deployments", items}}).error().text(),
            "report.deployments: has 10001 items, the limit is 10000");
}

TEST(SyncRequest, IsReadBackFromItsJson) {
  constexpr std::uint64_t kSeed = 12;
  RandomModel random(kSeed);
  for (int i = 0; i < 300; ++i) {
    const SyncRequest request = random.sync_request();
    const std::string text = canonical_json(json_of(request));
    const auto parsed = parse_sync_request(parse_json(text).value());
    ASSERT_TRUE(parsed.ok()) << "seed " << kSeed << ", " << text << ": " << parsed.error().text();
    EXPECT_EQ(parsed->bookmark, request.bookmark) << "seed " << kSeed;
    EXPECT_EQ(parsed->report, request.report) << "seed " << kSeed;
  }
}

TEST(SyncRequest, WithoutABookmarkAsksForEverything) {
  for (const char* text : {"{}", R"({"bookmark": null})", R"({"bookmark": ""})"}) {
    const auto request = parse_sync_request(parse_json(text).value());
    ASSERT_TRUE(request.ok()) << text;
    EXPECT_FALSE(request->bookmark.has_value()) << text;
    EXPECT_FALSE(request->report.has_value()) << text;
  }
}

TEST(Poll, IsReadQuicklyWhenItHoldsNothingElse) {
  const std::string bookmark = "0123456789abcdef.42";
  const std::string digest = Digest::of("a report").text();
  const std::string first = "\"bookmark\":\"" + bookmark + "\"";
  const std::string second = "\"reportDigest\":\"" + digest + "\"";
  for (const std::string& text :
       {"{" + first + "}", "{" + first + "," + second + "}", "{" + second + "," + first + "}",
        " {\t" + first + " ,\r\n" + second + "\n} "}) {
    const auto poll = parse_poll(text);
    ASSERT_TRUE(poll) << text;
    EXPECT_EQ(poll->bookmark, Bookmark::parse(bookmark).value());
    const bool has_digest = text.find("reportDigest") != std::string::npos;
    EXPECT_EQ(poll->report_digest, has_digest ? Digest::of("a report") : Digest());
  }
  for (const std::string& text :
       {std::string(), std::string("{}"), "{" + second + "}", "{" + first + ",}",
        "{" + first + "}{", "[" + first + "]", "{" + first + "," + first + "}",
        "{" + first + ",\"report\":{}}", "{" + first + ",\"other\":\"\"}",
        "{" + first + ",\"reportDigest\":\"\"}", "{" + first + ",\"reportDigest\":null}",
        std::string(R"({"bookmark":"0123456789abcdef\u002e42"})"),
        std::string(R"({"bookmark":""})"), std::string(R"({"bookmark":"x"})"),
        std::string(R"({"bookmark":"0123456789abcdef.42)")}) {
    EXPECT_FALSE(parse_poll(text)) << text;
  }
}

// Whatever it takes, the whole reader understands in the same way.
TEST(Poll, IsReadAsTheWholeReaderReadsIt) {
  titan::testing::SeededRandom random(3);
  const std::string poll = R"({"bookmark":"0123456789abcdef.42","reportDigest":")" +
                           Digest::of("a report").text() + "\"}";
  int taken = 0;
  for (int i = 0; i < 30'000; ++i) {
    std::string text = poll;
    for (std::uint64_t edits = random.next() % 3; edits > 0; --edits) {
      constexpr std::string_view kLetters = "{}[]:,\"\\ \t\n09af.btkorsx\x01\xc3";
      const std::size_t place = random.next() % text.size();
      const char letter = kLetters[random.next() % kLetters.size()];
      if (random.next() % 2 == 0)
        text[place] = letter;
      else
        text.insert(place, 1, letter);
    }
    const auto quick = parse_poll(text);
    if (!quick) continue;
    ++taken;
    const auto tree = parse_json(text);
    ASSERT_TRUE(tree) << text;
    const auto whole = parse_sync_request(*tree);
    ASSERT_TRUE(whole) << text;
    EXPECT_EQ(whole->bookmark, quick->bookmark) << text;
    EXPECT_EQ(whole->report_digest, quick->report_digest) << text;
    EXPECT_FALSE(whole->report);
  }
  EXPECT_GT(taken, 10'000);
}

TEST(SyncRequest, IsRefusedWithTheFieldNamed) {
  expect_refusals(
      json::object(),
      {
          {R"([])", "", "expected an object, found an array"},
          {R"({"bookmark": 5})", "bookmark", "expected a string, found the number 5"},
          {R"({"bookmark": "x.1"})", "bookmark", "\"x.1\" is not a bookmark"},
          {R"({"report": []})", "report", "expected an object, found an array"},
          {R"({"report": {"x": 1}})", "report.deployments", "must be given"},
          {R"({"bokmark": "x"})", "bokmark", "unknown field (did you mean \"bookmark\"?)"},
      },
      &parse_sync_request);
}

}  // namespace
}  // namespace titan::model
