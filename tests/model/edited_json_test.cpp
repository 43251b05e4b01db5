// Valid JSON with random edits, for every parser of the model: whatever comes out, nothing crashes
// or throws, an error says something, and what is taken is read back from its own JSON.

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "tests/model/random_model.hpp"

namespace titan::model {
namespace {

using nlohmann::json;
using titan::testing::RandomModel;

// The JSON of what the parser made of `object`, or its error.
using Parser = std::function<Result<json>(const json& object)>;

template <class Value>
Parser parser(Result<Value> (*parse)(const json&)) {
  return [parse](const json& object) -> Result<json> {
    TITAN_ASSIGN(const Value value, parse(object));
    return json_of(value);
  };
}

struct Source {
  const char* name;
  std::function<json(RandomModel&)> make;
  Parser parse;
};

std::vector<Source> sources() {
  return {
      {"entity", [](RandomModel& random) { return json_of(random.entity()); },
       parser(&parse_entity)},
      {"change", [](RandomModel& random) { return json_of(random.change()); },
       parser(&parse_change)},
      {"manifest", [](RandomModel& random) { return json_of(random.manifest()); },
       parser(&parse_manifest)},
      {"report", [](RandomModel& random) { return json_of(random.report()); },
       parser(&parse_report)},
      {"sync request", [](RandomModel& random) { return json_of(random.sync_request()); },
       parser(&parse_sync_request)},
  };
}

const std::vector<std::string>& fragments() {
  static const std::vector<std::string> kFragments = {
      "null",
      "true",
      "-0",
      "-1",
      "0.5",
      "1e400",
      "1e308",
      "9223372036854775807",
      "9223372036854775808",
      "18446744073709551616",
      "\"\"",
      "\"\\u0000\"",
      "\"é\"",
      "[]",
      "{}",
      "[[[]]]",
      "{\"\":{\"\\u0000\":1}}",
      "\"0000\"",
      "\"READY\"",
      "\"default/deployment/a/b\"",
      "\"2026-03-01T12:00:00.123456789+02:00\"",
      "\"0123456789abcdef.7\"",
      "\"sha256:0000000000000000000000000000000000000000000000000000000000000000\""};
  return kFragments;
}

// Bytes taken out, doubled, exchanged or put in.
std::string edited_text(RandomModel& random, std::string text) {
  for (std::size_t edits = 1 + random.below(3); edits > 0 && !text.empty(); --edits) {
    const std::size_t at = random.below(text.size());
    const std::size_t length = random.below(8);
    switch (random.below(4)) {
      case 0:
        text.erase(at, length);
        break;
      case 1:
        text.insert(at, text.substr(at, length));
        break;
      case 2:
        text[at] = static_cast<char>(random.below(256));
        break;
      default:
        text.insert(at, random.one_of(fragments()));
        break;
    }
  }
  return text;
}

// All values in `value`, itself among them.
void collect(json& value, std::vector<json*>& all) {
  all.push_back(&value);
  if (!value.is_structured()) return;
  for (json& inner : value) collect(inner, all);
}

// The JSON stays JSON; its values, fields and items change.
json edited_tree(RandomModel& random, json tree) {
  for (std::size_t edits = 1 + random.below(2); edits > 0; --edits) {
    std::vector<json*> all;
    collect(tree, all);
    json& place = *random.one_of(all);
    json other = *random.one_of(all);
    switch (random.below(4)) {
      case 0:
        place = std::move(other);
        break;
      case 1:
        if (place.is_object() && !place.empty()) {
          place.erase(std::next(place.begin(), static_cast<long>(random.below(place.size()))));
        }
        break;
      case 2:
        if (place.is_object()) {
          place[random.text()] = std::move(other);
        } else if (place.is_array()) {
          place.push_back(std::move(other));
        }
        break;
      default:
        if (auto fragment = parse_json(random.one_of(fragments())); fragment) {
          place = *std::move(fragment);
        }
        break;
    }
  }
  return tree;
}

void expect_sound(const Source& source, const json& edited, int& taken) {
  Result<json> outcome = json();
  ASSERT_NO_THROW(outcome = source.parse(edited));
  if (!outcome) {
    EXPECT_EQ(outcome.error().code, ErrorCode::invalid);
    EXPECT_FALSE(outcome.error().message.empty());
    EXPECT_LT(outcome.error().text().size(), 2000U);
    return;
  }
  ++taken;
  const auto again = source.parse(parse_json(canonical_json(*outcome)).value());
  ASSERT_TRUE(again.ok()) << again.error().text();
  EXPECT_EQ(canonical_json(*again), canonical_json(*outcome));
}

TEST(EditedJson, IsRefusedOrTakenWhole) {
  constexpr std::uint64_t kSeed = 14;
  constexpr int kCases = 2000;
  for (const Source& source : sources()) {
    RandomModel random(kSeed);
    int taken = 0;
    int refused_as_json = 0;
    for (int i = 0; i < kCases && !::testing::Test::HasFailure(); ++i) {
      SCOPED_TRACE(std::string(source.name) + ", seed " + std::to_string(kSeed) + ", case " +
                   std::to_string(i));
      const json valid = source.make(random);
      expect_sound(source, edited_tree(random, valid), taken);
      const auto edited = parse_json(edited_text(random, canonical_json(valid)));
      if (edited) expect_sound(source, *edited, taken);
      if (!edited) ++refused_as_json;
    }
    // The edits are neither all harmless nor all fatal.
    EXPECT_GT(taken, kCases / 20) << source.name;
    EXPECT_LT(taken, kCases * 2 - refused_as_json) << source.name;
    EXPECT_LT(refused_as_json, kCases) << source.name;
  }
}

}  // namespace
}  // namespace titan::model
