#include "model/field_reader.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "model/limits.hpp"

namespace titan::model {
namespace {

using nlohmann::json;

// What `read` leaves to say about the object in `text`; empty when nothing is wrong.
template <class Read>
std::string refusal(std::string_view text, Read read) {
  const json object = parse_json(text).value();
  FieldReader reader(object, "spec");
  read(reader);
  const auto finished = reader.finish();
  return finished ? "" : finished.error().text();
}

TEST(FieldReader, GivesTheEmptyValueForAFieldThatIsAbsentOrNull) {
  for (const char* text : {"{}", R"({"f": null})"}) {
    const json object = parse_json(text).value();
    FieldReader reader(object, "");
    EXPECT_EQ(reader.text("f"), "");
    EXPECT_FALSE(reader.boolean("f"));
    EXPECT_EQ(reader.number("f"), 0U);
    EXPECT_EQ(reader.optional_number("f"), std::nullopt);
    EXPECT_EQ(reader.timestamp("f"), Timestamp());
    EXPECT_TRUE(reader.digest("f").empty());
    EXPECT_TRUE(reader.values("f").empty());
    EXPECT_TRUE(reader.texts("f", 1).empty());
    EXPECT_TRUE(reader.text_map("f").empty());
    EXPECT_EQ(reader.object("f"), nullptr);
    EXPECT_EQ(reader.array("f", 1), nullptr);
    EXPECT_FALSE(reader.has("f"));
    EXPECT_TRUE(reader.finish().ok());
  }
}

TEST(FieldReader, SaysWhatWasFoundAndWhatWasExpected) {
  const auto text = [](FieldReader& reader) { (void)reader.text("f"); };
  const auto boolean = [](FieldReader& reader) { (void)reader.boolean("f"); };
  const auto number = [](FieldReader& reader) { (void)reader.number("f"); };
  const auto timestamp = [](FieldReader& reader) { (void)reader.timestamp("f"); };
  const auto digest = [](FieldReader& reader) { (void)reader.digest("f"); };
  const auto values = [](FieldReader& reader) { (void)reader.values("f"); };
  const auto texts = [](FieldReader& reader) { (void)reader.texts("f", 2); };
  const auto text_map = [](FieldReader& reader) { (void)reader.text_map("f"); };
  const auto array = [](FieldReader& reader) { (void)reader.array("f", 2); };
  struct Case {
    std::string text;
    std::function<void(FieldReader&)> read;
    std::string message;
  };
  const std::string a_number = "spec.f: expected a whole number from 0 to 9223372036854775807, ";
  const Case cases[] = {
      {R"({"f": 5})", text, "spec.f: expected a string, found the number 5"},
      {R"({"f": {}})", text, "spec.f: expected a string, found an object"},
      {R"({"f": []})", text, "spec.f: expected a string, found an array"},
      {R"({"f": false})", text, "spec.f: expected a string, found false"},
      {R"({"f": "a\u0000b"})", text, "spec.f: holds a NUL character"},
      {R"({"f": "true"})", boolean, "spec.f: expected true or false, found the string \"true\""},
      {R"({"f": 1})", boolean, "spec.f: expected true or false, found the number 1"},
      {R"({"f": -1})", number, a_number + "found the number -1"},
      {R"({"f": 1.0})", number, a_number + "found the number 1.0"},
      {R"({"f": 1e2})", number, a_number + "found the number 100.0"},
      {R"({"f": "1"})", number, a_number + "found the string \"1\""},
      {R"({"f": 9223372036854775808})", number, a_number + "found the number 9223372036854775808"},
      {R"({"f": 18446744073709551615})", number,
       a_number + "found the number 18446744073709551615"},
      {R"({"f": 18446744073709551616})", number, a_number + "found the number 1.8446744073709552e"},
      {R"({"f": "yesterday"})", timestamp, "spec.f: \"yesterday\" is not an RFC 3339 time"},
      {R"({"f": "sha256:0"})", digest, "spec.f: \"sha256:0\" is not a digest"},
      {R"({"f": [1]})", values, "spec.f: expected an object, found an array"},
      {R"({"f": "x"})", texts, "spec.f: expected an array, found the string \"x\""},
      {R"({"f": ["a", 2]})", texts, "spec.f[1]: expected a string, found the number 2"},
      {R"({"f": ["a", "\u0000"]})", texts, "spec.f[1]: holds a NUL character"},
      {R"({"f": ["a", "b", "c"]})", texts, "spec.f: has 3 items, the limit is 2"},
      {R"({"f": [[], [], []]})", array, "spec.f: has 3 items, the limit is 2"},
      {R"({"f": {"k": null}})", text_map, "spec.f.k: expected a string, found null"},
      {R"({"f": ["k"]})", text_map, "spec.f: expected an object, found an array"},
  };
  for (const auto& [given, read, message] : cases) {
    EXPECT_EQ(refusal(given, read).substr(0, message.size()), message) << given;
  }
}

TEST(FieldReader, TakesWholeNumbersUpToTheLargestThatTheStoreKeeps) {
  const std::pair<json, std::uint64_t> cases[] = {
      {0, 0},
      {0U, 0},
      {parse_json("-0").value(), 0},
      {std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::max()},
      {std::uint64_t(std::numeric_limits<std::int64_t>::max()),
       std::numeric_limits<std::int64_t>::max()},
  };
  for (const auto& [given, number] : cases) {
    const json object = {{"f", given}};
    FieldReader reader(object, "");
    EXPECT_EQ(reader.optional_number("f"), number) << given;
    EXPECT_TRUE(reader.finish().ok()) << given;
  }
}

TEST(FieldReader, BoundsTexts) {
  const auto read = [](const json& object) -> std::string {
    FieldReader reader(object, "");
    (void)reader.text("t");
    (void)reader.texts("l", 2);
    const auto finished = reader.finish();
    return finished ? "" : finished.error().text();
  };
  const std::string most(kTextBytesMax, 'x');
  EXPECT_EQ(read({{"t", most}, {"l", {most, most}}}), "");
  EXPECT_EQ(read({{"t", most + "x"}}), "t: is 4097 bytes long, the limit is 4096");
  EXPECT_EQ(read({{"l", {"a", most + "x"}}}), "l[1]: is 4097 bytes long, the limit is 4096");
}

TEST(FieldReader, RefusesAFieldThatNobodyAskedForWithTheClosestKnown) {
  const auto read = [](FieldReader& reader) {
    (void)reader.text("labels");
    reader.ignore("note");
  };
  EXPECT_EQ(refusal(R"({"labels": "x", "note": [1]})", read), "");
  EXPECT_EQ(refusal(R"({"lables": "x"})", read),
            "spec.lables: unknown field (did you mean \"labels\"?)");
  EXPECT_EQ(refusal(R"({"other": null})", read), "spec.other: unknown field");
  EXPECT_EQ(refusal(R"({"": 1})", read), "spec.: unknown field");
}

TEST(FieldReader, KeepsMessagesShortHoweverLongTheInput) {
  const std::string huge(1'000'000, 'k');
  const auto size_of = [](const json& object) {
    FieldReader reader(object, "");
    (void)reader.text_map("map");
    (void)reader.boolean("flag");
    return reader.finish().error().text().size();
  };
  EXPECT_LT(size_of({{huge, 1}}), 300U);
  EXPECT_LT(size_of({{"map", {{huge, 1}}}}), 300U);
  EXPECT_LT(size_of({{"flag", huge}}), 300U);
}

TEST(FieldReader, RemembersTheFirstErrorOnly) {
  const json object = {{"a", 1}, {"b", 2}, {"c", 3}};
  FieldReader reader(object, "");
  (void)reader.text("b");
  (void)reader.text("a");
  reader.refuse("b", "another");
  EXPECT_EQ(reader.finish().error().field, "b");
  EXPECT_EQ(reader.finish().error().message, "expected a string, found the number 2");
}

TEST(FieldReader, RequiresFieldsThatSaySomething) {
  for (const char* text : {"{}", R"({"f": null})", R"({"f": ""})"}) {
    EXPECT_EQ(refusal(text, [](FieldReader& reader) { reader.require({"f"}); }),
              "spec.f: must be given")
        << text;
    EXPECT_EQ(refusal(text, [](FieldReader& reader) { (void)reader.required_text("f"); }),
              "spec.f: must be given")
        << text;
  }
  for (const char* text : {R"({"f": "x"})", R"({"f": 0})", R"({"f": false})", R"({"f": []})"}) {
    EXPECT_EQ(refusal(text, [](FieldReader& reader) { reader.require({"f"}); }), "") << text;
  }
}

TEST(FieldReader, RefusesWhatIsNoObject) {
  for (const json& given : {json(), json::array({1}), json("text"), json(1e300)}) {
    FieldReader reader(given, "spec");
    EXPECT_EQ(reader.text("f"), "");
    EXPECT_EQ(reader.finish().error().text(),
              "spec: expected an object, found " + found_text(given));
  }
}

}  // namespace
}  // namespace titan::model
