#include "model/values.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "model/limits.hpp"
#include "tests/model/random_model.hpp"

namespace titan::model {
namespace {

using nlohmann::json;
using titan::testing::RandomModel;

Values values(std::string_view text) {
  return Values::from(parse_json(text).value()).value();
}

// Objects in objects, `levels` of them together.
json nested(std::size_t levels) {
  json object = json::object();
  for (std::size_t i = 1; i < levels; ++i) object = {{"k", std::move(object)}};
  return object;
}

TEST(Values, AreAnObject) {
  EXPECT_TRUE(Values().empty());
  EXPECT_EQ(Values().json(), json::object());
  EXPECT_TRUE(values("{}").empty());
  EXPECT_FALSE(values(R"({"a": null})").empty());
  const std::pair<json, const char*> cases[] = {
      {json(), "expected an object, found null"},
      {json::array(), "expected an object, found an array"},
      {json("x"), "expected an object, found the string \"x\""},
      {json(1.5), "expected an object, found the number 1.5"},
      {json(true), "expected an object, found true"},
  };
  for (const auto& [given, message] : cases) {
    const auto refused = Values::from(given);
    ASSERT_FALSE(refused.ok()) << given;
    EXPECT_EQ(refused.error().message, message);
  }
}

TEST(Values, AreBoundedInBytesOfCanonicalJson) {
  const std::string frame = R"({"k":""})";
  const json most = {{"k", std::string(kValuesBytesMax - frame.size(), 'x')}};
  EXPECT_TRUE(Values::from(most).ok());
  const json more = {{"k", std::string(kValuesBytesMax - frame.size() + 1, 'x')}};
  const auto refused = Values::from(more);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message, "the values are 262145 bytes of JSON, the limit is 262144");
}

TEST(Values, AreBoundedInDepth) {
  EXPECT_TRUE(Values::from(nested(kValuesDepthMax)).ok());
  const std::string message = "the values are nested deeper than 32 levels";
  EXPECT_EQ(Values::from(nested(kValuesDepthMax + 1)).error().message, message);
  json in_a_list = json::array();
  for (std::size_t i = 1; i < kValuesDepthMax; ++i) in_a_list = json::array({std::move(in_a_list)});
  EXPECT_EQ(Values::from({{"k", std::move(in_a_list)}}).ok(), false);
}

TEST(Values, DifferWhereTheirTextDiffers) {
  EXPECT_EQ(values(R"({"a": 1, "b": [2]})"), values(R"({"b": [2], "a": 1})"));
  EXPECT_EQ(values(R"({"a": {"b": [1]}})"), Values::from({{"a", {{"b", {1U}}}}}).value());
  EXPECT_FALSE(values(R"({"a": 1})") == values(R"({"a": 1.0})"));
  EXPECT_FALSE(values(R"({"a": {"b": [1]}})") == values(R"({"a": {"b": [1.0]}})"));
  EXPECT_FALSE(values(R"({"a": -1})") == values(R"({"a": 18446744073709551615})"));
  EXPECT_FALSE(values(R"({"a": 1})") == values(R"({"b": 1})"));
  EXPECT_FALSE(values(R"({"a": 1})") == values(R"({"a": 1, "b": 1})"));
  EXPECT_FALSE(values(R"({"a": [1]})") == values(R"({"a": [1, 1]})"));
  EXPECT_FALSE(values(R"({"a": "1"})") == values(R"({"a": 1})"));
  EXPECT_FALSE(values(R"({"a": 0.0})") == values(R"({"a": -0.0})"));
  EXPECT_FALSE(values(R"({"a": null})") == values("{}"));
  EXPECT_FALSE(values(R"({"a": 9007199254740993})") == values(R"({"a": 9007199254740992.0})"));
}

TEST(OverlaidValues, MergeObjectsAndReplaceAllElse) {
  struct Case {
    const char *weaker, *stronger, *merged;
  };
  const Case cases[] = {
      {R"({"a":1})", R"({"b":2})", R"({"a":1,"b":2})"},
      {R"({"a":1})", R"({"a":2})", R"({"a":2})"},
      {R"({"a":{"x":1,"y":{"p":1}}})", R"({"a":{"y":{"q":2},"z":3}})",
       R"({"a":{"x":1,"y":{"p":1,"q":2},"z":3}})"},
      {R"({"a":[1,2,{"x":1}]})", R"({"a":[{"y":2}]})", R"({"a":[{"y":2}]})"},
      {R"({"a":[1]})", R"({"a":[]})", R"({"a":[]})"},
      {R"({"a":{"x":1}})", R"({"a":5})", R"({"a":5})"},
      {R"({"a":5})", R"({"a":{"x":1}})", R"({"a":{"x":1}})"},
      {R"({"a":{"x":1}})", R"({"a":{}})", R"({"a":{"x":1}})"},
      {R"({"a":{"x":1}})", R"({"a":null})", R"({"a":null})"},
      {R"({"a":null})", R"({"a":{"x":null}})", R"({"a":{"x":null}})"},
      {R"({"a":{"x":1}})", R"({"a":{"x":null}})", R"({"a":{"x":null}})"},
      {R"({})", R"({"a":null})", R"({"a":null})"},
      {R"({"":1,"a":1})", R"({"":2,"\u0000":3,"é":4})", R"({"":2,"\u0000":3,"a":1,"é":4})"},
  };
  for (const auto& [weaker, stronger, merged] : cases) {
    EXPECT_EQ(values(weaker).overlaid_with(values(stronger)), values(merged))
        << weaker << " under " << stronger;
  }
}

TEST(OverlaidValues, LeaveBothLayersAlone) {
  const Values weaker = values(R"({"a":{"x":1}})");
  const Values stronger = values(R"({"a":{"x":2}})");
  EXPECT_EQ(weaker.overlaid_with(stronger), stronger);
  EXPECT_EQ(weaker, values(R"({"a":{"x":1}})"));
  EXPECT_EQ(stronger, values(R"({"a":{"x":2}})"));
}

// Values over few keys, so that layers meet; without objects when `flat`.
Values layer(RandomModel& random, bool flat, std::size_t levels = 3) {
  const std::function<json(std::size_t)> object = [&](std::size_t left) {
    json made = json::object();
    for (const char* key : {"a", "b", "c"}) {
      if (random.chance(2)) continue;
      const bool deeper = !flat && left > 0 && random.chance(2);
      made[key] = deeper ? object(left - 1) : json(random.below(3));
    }
    return made;
  };
  return Values::from(object(levels)).value();
}

TEST(OverlaidValues, KeepTheLawsOfLayers) {
  constexpr std::uint64_t kSeed = 5;
  RandomModel random(kSeed);
  for (int i = 0; i < 2000; ++i) {
    const Values a = random.values();
    const Values b = layer(random, false);
    EXPECT_EQ(a.overlaid_with(Values()), a) << "seed " << kSeed;
    EXPECT_EQ(Values().overlaid_with(a), a) << "seed " << kSeed;
    EXPECT_EQ(a.overlaid_with(a), a) << "seed " << kSeed;
    const Values both = layer(random, false).overlaid_with(b);
    EXPECT_EQ(both.overlaid_with(b), both) << "seed " << kSeed;
  }
}

TEST(OverlaidValues, MayBeGroupedFreelyWhileNoLayerReplacesAnObject) {
  constexpr std::uint64_t kSeed = 6;
  RandomModel random(kSeed);
  for (int i = 0; i < 2000; ++i) {
    const Values a = layer(random, true);
    const Values b = layer(random, true);
    const Values c = layer(random, true);
    EXPECT_EQ(a.overlaid_with(b).overlaid_with(c), a.overlaid_with(b.overlaid_with(c)))
        << "seed " << kSeed;
  }
  const Values a = values(R"({"k":{"hidden":1}})");
  const Values b = values(R"({"k":"plain"})");
  const Values c = values(R"({"k":{"x":2}})");
  EXPECT_EQ(a.overlaid_with(b).overlaid_with(c), values(R"({"k":{"x":2}})"));
  EXPECT_EQ(a.overlaid_with(b.overlaid_with(c)), values(R"({"k":{"hidden":1,"x":2}})"));
}

}  // namespace
}  // namespace titan::model
