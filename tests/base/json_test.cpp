#include "base/json.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "base/limits.hpp"

namespace titan {
namespace {

using nlohmann::json;

std::string nested(std::size_t levels) {
  return std::string(levels, '[') + std::string(levels, ']');
}

TEST(ParseJson, ReadsEveryKindOfValue) {
  const auto value =
      parse_json(R"( {"a": [null, true, -1, 18446744073709551615, 1.5, "\u00e9\ud83d\ude00"]} )");
  ASSERT_TRUE(value.ok()) << value.error().text();
  const json& list = (*value)["a"];
  EXPECT_TRUE(list[0].is_null());
  EXPECT_EQ(list[1], true);
  EXPECT_EQ(list[2], -1);
  EXPECT_EQ(list[3], 18446744073709551615ULL);
  EXPECT_EQ(list[4], 1.5);
  EXPECT_EQ(list[5], "\xc3\xa9\xf0\x9f\x98\x80");
}

TEST(ParseJson, KeepsTheBytesOfAScalarAtTheRoot) {
  EXPECT_EQ(parse_json("\"x\"").value(), json("x"));
  EXPECT_EQ(parse_json("null").value(), json());
}

TEST(ParseJson, RefusesWhatIsNotOneJsonText) {
  for (const std::string& text : {
           std::string(),
           std::string(" "),
           std::string("{"),
           std::string("[1,]"),
           std::string("{\"a\":1,}"),
           std::string("{} {}"),
           std::string("{'a':1}"),
           std::string("nul"),
           std::string("01"),
           std::string("+1"),
           std::string("NaN"),
           std::string("1e999"),
           std::string("// x\n1"),
           std::string("\"\xff\""),
           std::string("\"\\ud800\""),
           std::string("\"a\nb\""),
           std::string("1\0", 2),
           std::string("[1]\0[2]", 7),
           std::string("\"a\0\"", 4),
       }) {
    const auto value = parse_json(text);
    ASSERT_FALSE(value.ok()) << text;
    EXPECT_EQ(value.error().code, ErrorCode::invalid) << text;
  }
}

TEST(ParseJson, SaysWhereTheTextIsWrong) {
  const Error error = parse_json("{\n  \"a\": ]\n}").error();
  EXPECT_NE(error.message.find("line 2, column 8"), std::string::npos) << error.message;
}

TEST(ParseJson, RefusesARepeatedKeyInOneObjectOnly) {
  EXPECT_TRUE(parse_json(R"({"a": {"a": {"b": 1}}, "b": [{"a": 1}, {"a": 2}]})").ok());
  for (const std::string text : {R"({"a": 1, "a": 1})", R"({"x": {"a": 1, "b": {}, "a": 2}})",
                                 R"([{"a": {"c": 1}, "\u0061": 2}])"}) {
    const auto value = parse_json(text);
    ASSERT_FALSE(value.ok()) << text;
    EXPECT_EQ(value.error().code, ErrorCode::invalid);
    EXPECT_EQ(value.error().message, "the key \"a\" stands twice in one object");
  }
}

TEST(ParseJson, BoundsTheDepth) {
  EXPECT_TRUE(parse_json(nested(kJsonDepthMax)).ok());
  const auto deep = parse_json(nested(kJsonDepthMax + 1));
  ASSERT_FALSE(deep.ok());
  EXPECT_EQ(deep.error().code, ErrorCode::exhausted);

  std::string objects;
  for (std::size_t i = 0; i <= kJsonDepthMax; ++i) objects += "{\"a\":";
  EXPECT_EQ(parse_json(objects).error().code, ErrorCode::exhausted);
  EXPECT_EQ(parse_json(std::string(1'000'000, '[')).error().code, ErrorCode::exhausted);
}

TEST(ParseJson, BoundsTheLength) {
  const std::string longest = "\"" + std::string(kJsonBytesMax - 2, 'a') + "\"";
  EXPECT_TRUE(parse_json(longest).ok());
  EXPECT_EQ(parse_json(longest + " ").error().code, ErrorCode::exhausted);
  EXPECT_TRUE(parse_json(longest + " ", kJsonBytesMax + 1).ok());
  EXPECT_EQ(parse_json("1234", 3).error().code, ErrorCode::exhausted);
}

TEST(CanonicalJson, SortsKeysAndLeavesOutWhiteSpace) {
  EXPECT_EQ(canonical_json(parse_json(R"({ "b" : [1, 2.0] , "a" : "é\n\u0001" })").value()),
            "{\"a\":\"é\\n\\u0001\",\"b\":[1,2.0]}");
}

TEST(CanonicalJson, ReplacesBytesThatAreNotUtf8) {
  EXPECT_EQ(canonical_json(json("a\xff")), "\"a\xef\xbf\xbd\"");
}

TEST(PrettyJson, IndentsByTwoSpaces) {
  EXPECT_EQ(pretty_json(json{{"a", {1}}}), "{\n  \"a\": [\n    1\n  ]\n}");
}

}  // namespace
}  // namespace titan
