#include "reconciler/layers.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan::reconciler {
namespace {

using model::Values;
using nlohmann::json;

std::vector<Values> layers_of(const std::vector<std::string>& texts) {
  std::vector<Values> layers;
  for (const std::string& text : texts) {
    layers.push_back(Values::from(parse_json(text).value()).value());
  }
  return layers;
}

// "2 0": the layers, the strongest first.
std::string layers(const std::vector<std::string>& texts, const std::string& pointer) {
  std::string found;
  for (const std::size_t layer : layers_at(layers_of(texts), pointer_names(pointer).value())) {
    found += (found.empty() ? "" : " ") + std::to_string(layer);
  }
  return found;
}

TEST(Layers, TheStrongestThatHasAValueGivesIt) {
  const std::vector<std::string> texts = {R"({"a":1,"b":1,"c":{"x":1,"y":1}})",
                                          R"({"b":2,"c":{"y":2}})", R"({"c":{"z":3}})"};
  EXPECT_EQ(layers(texts, "/a"), "0");
  EXPECT_EQ(layers(texts, "/b"), "1");
  EXPECT_EQ(layers(texts, "/c/x"), "0");
  EXPECT_EQ(layers(texts, "/c/y"), "1");
  EXPECT_EQ(layers(texts, "/c/z"), "2");
  EXPECT_EQ(layers(texts, "/c"), "2 1 0");
  EXPECT_EQ(layers(texts, "/d"), "");
  EXPECT_EQ(layers(texts, "/a/x"), "");
}

TEST(Layers, AListIsOfOneLayerAndSoAreItsItems) {
  const std::vector<std::string> texts = {R"({"l":[{"a":1},{"a":2},{"a":3}]})",
                                          R"({"l":[{"a":9}]})"};
  EXPECT_EQ(layers(texts, "/l"), "1");
  EXPECT_EQ(layers(texts, "/l/0/a"), "1");
  EXPECT_EQ(layers(texts, "/l/1/a"), "");
  EXPECT_EQ(layers(texts, "/l/x"), "");
}

TEST(Layers, WhatALayerInTheMiddleHidesStaysHidden) {
  EXPECT_EQ(layers({R"({"a":{"x":1}})", R"({"a":5})", R"({"a":{"y":2}})"}, "/a/x"), "");
  EXPECT_EQ(layers({R"({"a":{"x":1}})", R"({"a":5})", R"({"a":{"y":2}})"}, "/a"), "2");
  EXPECT_EQ(layers({R"({"a":{"x":1}})", R"({"a":{"$secret":"s","key":"k"}})"}, "/a"), "1");
  EXPECT_EQ(layers({R"({"a":{"x":1}})", R"({"a":null})"}, "/a"), "1");
}

TEST(Layers, PointersAreThoseOfTheStandard) {
  EXPECT_EQ(pointer_names("/a~1b/~0/").value(), (std::vector<std::string>{"a/b", "~", ""}));
  EXPECT_EQ(pointer_text({"a/b", "~", ""}), "/a~1b/~0/");
  EXPECT_TRUE(pointer_names("").value().empty());
  for (const char* bad : {"a", "/~", "/~2"}) EXPECT_FALSE(pointer_names(bad).ok()) << bad;
}

json random_value(titan::testing::SeededRandom& random, int depth) {
  const auto kind = random.below(depth > 0 ? 6 : 3);
  if (kind == 0) return random.below(2);
  if (kind == 1) return "t" + std::to_string(random.below(2));
  if (kind == 2) return random.below(4) == 0 ? json() : json("u");
  if (kind == 3) return json::array({random_value(random, depth - 1), 7});
  json object = json::object();
  for (const char* name : {"a", "b"}) {
    if (random.below(3) > 0) object[name] = random_value(random, depth - 1);
  }
  return object;
}

std::vector<std::vector<std::string>> all_places(const json& value,
                                                 const std::vector<std::string>& at = {}) {
  std::vector<std::vector<std::string>> places = {at};
  const auto add = [&](const std::string& name, const json& inner) {
    auto below = at;
    below.push_back(name);
    const auto more = all_places(inner, below);
    places.insert(places.end(), more.begin(), more.end());
  };
  if (value.is_object()) {
    for (const auto& [name, inner] : value.items()) add(name, inner);
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) add(std::to_string(i), value[i]);
  }
  return places;
}

Values merged(const std::vector<Values>& layers) {
  Values all;
  for (const Values& layer : layers) all = all.overlaid_with(layer);
  return all;
}

// A scalar or a list in the layer that is named is what comes out, and no other layer's counts.
TEST(LayersProperty, AgreeWithTheMerge) {
  titan::testing::SeededRandom random(3);
  std::size_t looked_at = 0;
  for (int round = 0; round < 2000; ++round) {
    std::vector<Values> layers;
    for (int i = 0; i < 4; ++i) {
      json object = json::object();
      for (const char* name : {"a", "b"}) {
        if (random.below(2) == 0) object[name] = random_value(random, 3);
      }
      layers.push_back(Values::from(object).value());
    }
    const Values all = merged(layers);
    for (const auto& place : all_places(all.json())) {
      const auto found = layers_at(layers, place);
      ASSERT_FALSE(found.empty()) << round << pointer_text(place) << all.json();
      const json& value = *find_at(all.json(), place);
      if (value.is_object()) continue;
      ASSERT_EQ(found.size(), 1U) << round << pointer_text(place);
      ASSERT_EQ(*find_at(layers[found[0]].json(), place), value) << round << pointer_text(place);
      // Without what the others have there, it is the same.
      std::vector<Values> alone(layers.size());
      alone[found[0]] = layers[found[0]];
      ASSERT_EQ(*find_at(merged(alone).json(), place), value);
      ++looked_at;
    }
    for (const char* absent : {"/a/c", "/c", "/b/a/zz"}) {
      ASSERT_EQ(layers_at(layers, pointer_names(absent).value()).empty(),
                find_at(all.json(), pointer_names(absent).value()) == nullptr);
    }
  }
  EXPECT_GT(looked_at, 3000U);
}

}  // namespace
}  // namespace titan::reconciler
