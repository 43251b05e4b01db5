#include "model/values_schema.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/process_runner.hpp"
#include "base/text.hpp"
#include "model/limits.hpp"
#include "model/values.hpp"
#include "tests/model/plain_schema.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan::model {
namespace {

using nlohmann::json;
using titan::testing::fits_plainly;
using titan::testing::SeededRandom;
using Look = ValuesSchema::Look;

json parsed(const std::string& text) {
  return parse_json(text).value();
}

ValuesSchema schema_of(const std::string& text) {
  auto schema = ValuesSchema::compile(parsed(text));
  EXPECT_TRUE(schema.ok()) << text << ": " << schema.error().text();
  return *std::move(schema);
}

// "path: message"; empty when the values fit.
std::string problem(const std::string& schema, const std::string& values, Look look = Look::whole) {
  const auto found = schema_of(schema).check(parsed(values), look);
  if (!found) return "";
  return found->path.empty() ? found->message : found->path + ": " + found->message;
}

TEST(ValuesSchema, NamesThePathOfWhatDoesNotFitAndWhatWasExpected) {
  const std::string mqtt = R"({"properties": {"mqtt": {"type": "object", "required": ["host"],
    "properties": {"port": {"type": "integer", "minimum": 1, "maximum": 65535},
                   "host": {"type": "string", "minLength": 1}},
    "additionalProperties": false}}})";
  EXPECT_EQ(problem(mqtt, R"({"mqtt": {"host": "a", "port": 1883}, "other": 1})"), "");
  EXPECT_EQ(problem(mqtt, R"({"mqtt": {"host": "a", "port": "abc"}})"),
            R"(mqtt.port: found "abc", expected an integer from 1 to 65535)");
  EXPECT_EQ(problem(mqtt, R"({"mqtt": {"host": "a", "port": 0}})"),
            "mqtt.port: found 0, expected an integer from 1 to 65535");
  EXPECT_EQ(problem(mqtt, R"({"mqtt": {"host": "a", "port": 1.5}})"),
            "mqtt.port: found 1.5, expected an integer from 1 to 65535");
  EXPECT_EQ(problem(mqtt, R"({"mqtt": {"host": "a", "prot": 1}})"),
            R"(mqtt.prot: is not known (did you mean "port"?))");
  EXPECT_EQ(problem(mqtt, R"({"mqtt": {"port": 1}})"),
            "mqtt.host: must be given: a string of at least 1 characters");
  EXPECT_EQ(problem(mqtt, R"({"mqtt": []})"), "mqtt: found a list, expected an object");
}

TEST(ValuesSchema, SaysWhatEachKeywordExpected) {
  const auto expect = [](const std::string& of_x, const std::string& x, const std::string& text) {
    const std::string said =
        problem(R"({"properties": {"x": )" + of_x + "}}", R"({"x": )" + x + "}");
    EXPECT_EQ(said, text.empty() ? "" : "x" + text) << of_x << " of " << x;
  };
  expect(R"({"enum": ["a", "b", 1]})", R"("c")", R"(: found "c", expected one of "a", "b", 1)");
  expect(R"({"const": "a"})", "2", R"(: found 2, expected "a")");
  expect(R"({"const": 1})", "1.0", "");
  expect(R"({"type": ["string", "null"]})", "true", ": found true, expected a string or null");
  expect(R"({"type": "integer"})", "2.0", "");
  expect(R"({"type": "number", "exclusiveMinimum": 0})", "0",
         ": found 0, expected a number above 0");
  expect(R"({"multipleOf": 5})", "12", ": found 12, expected a number that is a multiple of 5");
  expect(R"({"multipleOf": 0.1})", "0.3", "");
  expect(R"({"type": "string", "pattern": "^[a-z]+$"})", R"("A")",
         R"(: found "A", expected a string like "^[a-z]+$")");
  expect(R"({"maxLength": 2})", R"("é€a")",
         R"(: found "é€a", expected a string of at most 2 characters)");
  expect(R"({"type": "array", "minItems": 2})", "[1]",
         ": found a list of 1, expected a list of at least 2 items");
  expect(R"({"maxItems": 0})", "[1]", ": found a list of 1, expected a list of at most 0 items");
  expect(R"({"uniqueItems": true})", "[1, 2, 1.0]", "[2]: 1.0 stands there twice");
  expect(R"({"items": {"type": "string"}})", R"(["a", 1])", "[1]: found 1, expected a string");
  expect(R"({"prefixItems": [true, {"type": "string"}], "items": false})", R"([1, "a", 2])",
         "[2]: found 2, expected nothing");
  expect(R"({"contains": {"const": 1}})", "[2]",
         ": 0 of its items are as `contains` says, expected at least 1");
  expect(R"({"minProperties": 1})", "{}",
         ": found an object of 0 fields, expected an object of at least 1 fields");
  expect(R"({"propertyNames": {"pattern": "^[a-z]+$"}})", R"({"A": 1})",
         R"(.A: found "A", expected a string like "^[a-z]+$")");
  expect(R"({"patternProperties": {"^s_": {"type": "string"}}})", R"({"s_a": 1})",
         ".s_a: found 1, expected a string");
  expect(R"({"dependentRequired": {"user": ["password"]}})", R"({"user": "a"})",
         R"(.password: must be given, since "user" is)");
  expect(R"({"anyOf": [{"type": "string"}, {"type": "integer", "minimum": 5}]})", "1",
         ": found 1, which fits none of 2 alternatives: a string, or an integer of at least 5");
  expect(R"({"oneOf": [{"type": "integer"}, {"minimum": 5}]})", "7",
         ": found 7, which fits 2 of the alternatives, and may fit one alone");
  expect(R"({"not": {"const": "root"}})", R"("root")", R"(: found "root", which `not` is)");
  expect(R"({"if": {"properties": {"tls": {"const": true}}, "required": ["tls"]},
             "then": {"required": ["ca"]}, "else": {"properties": {"ca": false}}})",
         R"({"tls": true})", ".ca: must be given");
}

TEST(ValuesSchema, FollowsReferencesIntoItself) {
  const std::string tree = R"({"$defs": {"node": {"type": "object", "required": ["name"],
      "properties": {"name": {"type": "string"},
                     "children": {"type": "array", "items": {"$ref": "#/$defs/node"}}}}},
    "properties": {"root": {"$ref": "#/$defs/node"}}})";
  EXPECT_EQ(problem(tree, R"({"root": {"name": "a", "children": [{"name": "b"}]}})"), "");
  EXPECT_EQ(problem(tree, R"({"root": {"name": "a", "children": [{"name": "b",
            "children": [{"name": 5}]}]}})"),
            "root.children[0].children[0].name: found 5, expected a string");
  EXPECT_EQ(problem(R"({"properties": {"in": {"$ref": "#"}}, "maxProperties": 1})",
                    R"({"in": {"in": {"a": 1, "b": 2}}})"),
            "in.in: found an object of 2 fields, expected an object of at most 1 fields");
}

TEST(ValuesSchema, TakesASecretForAStringThatNobodyCanLookAt) {
  const std::string secret = R"({"x": {"$secret": "db", "key": "password"}})";
  const auto with = [&](const std::string& of_x) {
    return problem(R"({"properties": {"x": )" + of_x + "}}", secret);
  };
  EXPECT_EQ(with(R"({"type": "string", "minLength": 12, "pattern": "^x"})"), "");
  EXPECT_EQ(with(R"({"enum": ["a", "b"]})"), "");
  EXPECT_EQ(with(R"({"not": {"const": ""}})"), "");
  EXPECT_EQ(with(R"({"oneOf": [{"pattern": "^a"}, {"pattern": "^b"}]})"), "");
  EXPECT_EQ(with(R"({"if": {"const": "a"}, "then": false, "else": false})"), "");
  EXPECT_EQ(with(R"({"required": ["other"], "additionalProperties": false})"), "");
  EXPECT_EQ(with(R"({"type": "integer"})"),
            "x: found the value of a secret, a string, expected an integer");
  EXPECT_EQ(with(R"({"enum": [1, 2]})"),
            "x: found the value of a secret, a string, expected one of 1, 2");
  EXPECT_EQ(with(R"({"not": {"type": "string"}})"), "x: found an object, which `not` is");
}

TEST(ValuesSchema, AsksALayerAloneForNothingThatOthersMayAdd) {
  const std::string schema = R"({"required": ["a"], "minProperties": 3,
    "anyOf": [{"required": ["b"]}], "not": {"maxProperties": 1},
    "properties": {"a": {"type": "integer"},
                   "list": {"minItems": 2, "items": {"required": ["name"]}}}})";
  EXPECT_EQ(problem(schema, R"({"c": 1})", Look::part), "");
  EXPECT_EQ(problem(schema, R"({"a": "x"})", Look::part), "a: found \"x\", expected an integer");
  // Lists replace one another, so one layer decides all that is in them.
  EXPECT_EQ(problem(schema, R"({"list": [{}]})", Look::part),
            "list: found a list of 1, expected a list of at least 2 items");
  EXPECT_EQ(problem(schema, R"({"list": [{"name": 1}, {}]})", Look::part),
            "list[1].name: must be given");
}

TEST(ValuesSchema, SaysWhichLayerCouldHaveGivenIt) {
  const auto schema = schema_of(R"({"properties": {"a": {"properties": {"b": {"items":
    {"properties": {"c": {"type": "string"}}}}}}}, "required": ["z"]})");
  const auto inner = schema.check(parsed(R"({"a": {"b": [{"c": 1}]}, "z": 1})"), Look::whole);
  ASSERT_TRUE(inner);
  EXPECT_EQ(inner->path, "a.b[0].c");
  EXPECT_EQ(inner->names, (std::vector<std::string>{"a", "b"}));
  EXPECT_FALSE(inner->is_missing);
  const auto missing = schema.check(parsed("{}"), Look::whole);
  ASSERT_TRUE(missing);
  EXPECT_TRUE(missing->is_missing);
}

TEST(ValuesSchema, RefusesASchemaThatItCannotCarryOut) {
  const auto expect = [](const std::string& text, const std::string& field,
                         const std::string& message) {
    const auto schema = ValuesSchema::compile(parsed(text));
    ASSERT_FALSE(schema.ok()) << text;
    EXPECT_EQ(schema.error().code, ErrorCode::invalid) << text;
    EXPECT_EQ(schema.error().field, field) << text;
    EXPECT_NE(schema.error().message.find(message), std::string::npos)
        << text << ": " << schema.error().message;
  };
  expect(R"({"properties": {"a": {"minimun": 1}}})", "properties.a.minimun",
         R"("minimun" is no keyword that is known here (did you mean "minimum"?))");
  expect(R"({"type": "int"})", "type", R"("int" is no type: expected one of null, boolean)");
  expect(R"({"type": []})", "type", "expected a type");
  expect(R"({"properties": {"a": 5}})", "properties.a", "expected a schema, found the number 5");
  expect(R"({"properties": []})", "properties", "expected an object of schemas");
  expect(R"({"minLength": -1})", "minLength", "expected a whole number from 0");
  expect(R"({"minLength": 1e300})", "minLength", "expected a number below 10^15");
  expect(R"({"minimum": "1"})", "minimum", "expected a number");
  expect(R"({"multipleOf": 0})", "multipleOf", "expected a number above 0");
  expect(R"({"required": "a"})", "required", "expected a list of names");
  expect(R"({"required": [1]})", "required[0]", "expected a name");
  expect(R"({"enum": []})", "enum", "expected a list of values");
  expect(R"({"const": 1, "enum": [1]})", "enum", "do not stand together");
  expect(R"({"allOf": []})", "allOf", "expected a list of schemas");
  expect(R"({"items": [{}]})", "items", "expected a schema");
  expect(R"({"pattern": "(a"})", "pattern", "is no pattern that can be used here: column 3");
  expect(R"s({"patternProperties": {"(?=a)": true}})s", "patternProperties", "looks ahead");
  expect(R"({"$schema": "https://example.com/mine"})", "$schema", "is not known here");
  expect(R"({"unevaluatedProperties": false})", "unevaluatedProperties", "no keyword");
  expect(R"({"properties": {"a": {"$defs": {}}}})", "properties.a.$defs", "at the top");
  expect(R"({"properties": {"a": {"$id": "x"}}})", "properties.a.$id", "no keyword");
  expect(R"({"$defs": {"a": {"type": "x"}}})", "$defs.a.type", "is no type");
}

TEST(ValuesSchema, FetchesNothing) {
  for (const char* reference :
       {"https://example.com/schema.json", "file:///etc/passwd", "other.json#/$defs/a", "#/$defs/b",
        "#anchor", "#/properties/a", "", "/etc/passwd", "#/$defs/"}) {
    const json schema = {{"$defs", {{"a", true}}}, {"properties", {{"x", {{"$ref", reference}}}}}};
    const auto compiled = ValuesSchema::compile(schema);
    ASSERT_FALSE(compiled.ok()) << reference;
    EXPECT_EQ(compiled.error().field, "properties.x.$ref") << reference;
  }
}

TEST(ValuesSchema, TakesNotesForPeopleAsTheyAre) {
  EXPECT_EQ(problem(R"({"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "x",
    "title": "t", "description": "d", "default": {}, "examples": [1], "deprecated": false,
    "$comment": "c", "properties": {"a": {"format": "ipv4"}}})",
                    R"({"a": "no address"})"),
            "");
}

TEST(ValuesSchema, RefusesSchemasThatNeverEndOrAreTooLarge) {
  const auto code = [](const json& schema) {
    const auto compiled = ValuesSchema::compile(schema);
    return compiled ? std::string("ok") : std::string(name_of(compiled.error().code));
  };
  EXPECT_EQ(code(parsed(R"({"$ref": "#"})")), "invalid");
  EXPECT_EQ(code(parsed(R"({"allOf": [{"$ref": "#"}]})")), "invalid");
  EXPECT_EQ(code(parsed(R"({"$defs": {"a": {"not": {"$ref": "#/$defs/b"}},
                                      "b": {"anyOf": [true, {"$ref": "#/$defs/a"}]}}})")),
            "invalid");
  EXPECT_EQ(code(parsed(R"({"properties": {"a": {"$ref": "#"}}})")), "ok");
  // A chain of references.
  json chain = {{"$defs", json::object()}, {"$ref", "#/$defs/0"}};
  for (int i = 0; i < 1000; ++i) {
    chain["$defs"][std::to_string(i)] = {{"$ref", "#/$defs/" + std::to_string(i + 1)}};
  }
  chain["$defs"]["1000"] = true;
  EXPECT_EQ(code(chain), "exhausted");
  json many = {{"allOf", json::array()}};
  for (std::size_t i = 0; i <= kSchemaPartsMax; ++i) many["allOf"].push_back(true);
  EXPECT_EQ(code(many), "exhausted");
  EXPECT_EQ(code({{"description", std::string(kSchemaBytesMax, 'x')}}), "exhausted");
  EXPECT_EQ(code({{"pattern", std::string(kRegexBytesMax + 1, 'x')}}), "exhausted");
}

// Schemas that make others slow: each is done within the steps that are allowed, or refused.
TEST(ValuesSchema, EndsSoonWhateverTheSchemaAndTheValuesAre) {
  json doubling = {{"$defs", json::object()}, {"$ref", "#/$defs/0"}};
  for (int i = 0; i < 40; ++i) {
    const std::string next = "#/$defs/" + std::to_string(i + 1);
    doubling["$defs"][std::to_string(i)] = {{"allOf", {{{"$ref", next}}, {{"$ref", next}}}}};
  }
  doubling["$defs"]["40"] = true;
  json long_list = json::array();
  for (int i = 0; i < 30'000; ++i) long_list.push_back(i);
  const std::vector<std::pair<json, json>> cases = {
      {doubling, json::object()},
      {parsed(R"({"properties": {"x": {"uniqueItems": true}}})"), {{"x", long_list}}},
      {parsed(R"({"properties": {"x": {"pattern": "^(a|b|ab)*(a|aa)*a{0,900}$"}}})"),
       {{"x", std::string(200'000, 'a') + "d"}}},
      {{{"properties", {{"x", {{"items", {{"enum", long_list}}}}}}}}, {{"x", long_list}}}};
  for (const auto& [schema, values] : cases) {
    const auto compiled = ValuesSchema::compile(schema);
    if (!compiled) continue;  // too long, the last one
    const auto start = std::chrono::steady_clock::now();
    const auto found = compiled->check(values, Look::whole);
    ASSERT_TRUE(found) << canonical_json(schema).substr(0, 200);
    EXPECT_NE(found->message.find("takes too long"), std::string::npos) << found->message;
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
  }
}

// ---- random schemas and values

class RandomSchema {
 public:
  explicit RandomSchema(std::uint64_t seed) : random_(seed) {}

  json schema() {
    json schema = part(3);
    if (!schema.is_object()) schema = {{"allOf", {schema}}};
    schema["$defs"] = {{"a", part(2, false)}, {"b", part(1, false)}};
    return schema;
  }
  json value(int levels) {
    switch (below(levels > 0 ? 8 : 6)) {
      case 0:
        return nullptr;
      case 1:
        return below(2) == 0;
      case 2:
        return static_cast<std::int64_t>(below(8)) - 3;
      case 3:
        return static_cast<double>(static_cast<std::int64_t>(below(12)) - 3) / 2;
      case 4:
      case 5:
        return word();
      case 6: {
        json list = json::array();
        for (std::size_t i = below(4); i > 0; --i) list.push_back(value(levels - 1));
        return list;
      }
      default: {
        json object = json::object();
        for (std::size_t i = below(4); i > 0; --i) object[name()] = value(levels - 1);
        return object;
      }
    }
  }
  json object() {
    json object = json::object();
    for (std::size_t i = 1 + below(4); i > 0; --i) object[name()] = value(2);
    return object;
  }

 private:
  std::size_t below(std::size_t end) { return random_.below(end); }
  std::string word() {
    std::string text;
    for (std::size_t i = below(4); i > 0; --i) text += static_cast<char>('a' + below(2));
    return text;
  }
  std::string name() { return std::string(1, static_cast<char>('a' + below(4))); }
  json names() {
    json names = json::array();
    for (std::size_t i = below(2) + 1; i > 0; --i) names.push_back(name());
    return names;
  }
  json parts(int levels, bool refers) {
    json parts = json::array();
    for (std::size_t i = 1 + below(3); i > 0; --i) parts.push_back(part(levels, refers));
    return parts;
  }
  json named_parts(int levels, bool refers) {
    json parts = json::object();
    for (std::size_t i = 1 + below(3); i > 0; --i) parts[name()] = part(levels, refers);
    return parts;
  }

  json part(int levels, bool refers = true) {
    if (below(12) == 0) return below(4) != 0;
    json schema = json::object();
    for (std::size_t i = below(3); i > 0; --i) add_assertion(schema);
    if (levels > 0) {
      for (std::size_t i = 1 + below(2); i > 0; --i) add_applicator(schema, levels - 1, refers);
    }
    return schema;
  }

  void add_assertion(json& schema) {
    constexpr const char* kTypes[] = {"null",   "boolean", "integer", "number",
                                      "string", "array",   "object"};
    const auto small = [this] { return static_cast<std::int64_t>(below(5)) - 1; };
    switch (below(14)) {
      case 0:
        schema["type"] = kTypes[below(7)];
        break;
      case 1:
        schema["type"] = {kTypes[below(7)], "object"};
        break;
      case 2:
        if (!schema.contains("const")) schema["enum"] = {value(1), value(1), value(0)};
        break;
      case 3:
        if (!schema.contains("enum")) schema["const"] = value(1);
        break;
      case 4:
        schema["minimum"] = small();
        break;
      case 5:
        schema["exclusiveMaximum"] = static_cast<double>(small()) + 0.5;
        break;
      case 6:
        schema["multipleOf"] = below(2) == 0 ? json(2) : json(0.5);
        break;
      case 7:
        schema["minLength"] = below(3);
        break;
      case 8:
        schema["pattern"] = below(2) == 0 ? "^a" : "b+$";
        break;
      case 9:
        schema["maxItems"] = below(3);
        break;
      case 10:
        schema["uniqueItems"] = true;
        break;
      case 11:
        schema["required"] = names();
        break;
      case 12:
        schema["dependentRequired"] = {{name(), names()}};
        break;
      default:
        schema["maxProperties"] = 1 + below(3);
        break;
    }
  }

  void add_applicator(json& schema, int levels, bool refers) {
    switch (below(refers ? 15 : 14)) {
      case 0:
      case 1:
      case 2:
        schema["properties"] = named_parts(levels, refers);
        break;
      case 3:
        schema["additionalProperties"] = part(levels, refers);
        break;
      case 4:
        schema["patternProperties"] = {{"^[ab]", part(levels, refers)}};
        break;
      case 5:
        schema["propertyNames"] = part(0, refers);
        break;
      case 6:
        schema["items"] = part(levels, refers);
        break;
      case 7:
        schema["prefixItems"] = parts(levels, refers);
        break;
      case 8:
        schema["contains"] = part(levels, refers);
        if (below(2) == 0) schema["minContains"] = below(3);
        if (below(2) == 0) schema["maxContains"] = below(3);
        break;
      case 9:
        schema["allOf"] = parts(levels, refers);
        break;
      case 10:
        schema["anyOf"] = parts(levels, refers);
        break;
      case 11:
        schema["oneOf"] = parts(levels, refers);
        break;
      case 12:
        schema["not"] = part(levels, refers);
        break;
      case 13:
        schema["if"] = part(levels, refers);
        schema["then"] = part(levels, refers);
        if (below(2) == 0) schema["else"] = part(levels, refers);
        schema["dependentSchemas"] = {{name(), part(levels, refers)}};
        break;
      default:
        schema["$ref"] = below(2) == 0 ? "#/$defs/a" : "#/$defs/b";
        break;
    }
  }

  SeededRandom random_;
};

constexpr int kRandomSchemas = 3000;
constexpr int kValuesOfEach = 6;

TEST(ValuesSchema, JudgesAsItsDefinitionSays) {
  RandomSchema random(3);
  int fitting = 0;
  for (int i = 0; i < kRandomSchemas; ++i) {
    const json schema = random.schema();
    const auto compiled = ValuesSchema::compile(schema);
    ASSERT_TRUE(compiled.ok()) << schema << ": " << compiled.error().text();
    for (int j = 0; j < kValuesOfEach; ++j) {
      const json values = random.object();
      const bool expected = fits_plainly(schema, schema, values);
      const auto found = compiled->check(values, Look::whole);
      ASSERT_EQ(!found, expected) << schema << "\nof " << values << "\n"
                                  << (found ? found->path + ": " + found->message : "");
      if (found) {
        EXPECT_FALSE(found->message.empty()) << schema << "\nof " << values;
      }
      fitting += expected ? 1 : 0;
    }
  }
  EXPECT_GT(fitting, kRandomSchemas) << "of " << kRandomSchemas * kValuesOfEach;
  EXPECT_LT(fitting, kRandomSchemas * (kValuesOfEach - 1));
}

// What a layer alone is refused for stays wrong, whatever weaker layers add beside it.
TEST(ValuesSchema, RefusesALayerOnlyForWhatNoOtherCanMend) {
  RandomSchema random(9);
  int refused = 0;
  for (int i = 0; i < kRandomSchemas; ++i) {
    const json schema = random.schema();
    const auto compiled = ValuesSchema::compile(schema);
    ASSERT_TRUE(compiled.ok());
    const json layer = random.object();
    const auto found = compiled->check(layer, Look::part);
    if (!found) continue;
    ++refused;
    for (int j = 0; j < kValuesOfEach; ++j) {
      const Values merged = Values::from(random.object())->overlaid_with(*Values::from(layer));
      EXPECT_FALSE(fits_plainly(schema, schema, merged.json()))
          << schema << "\nof " << layer << "\nwithin " << merged.json();
    }
  }
  EXPECT_GT(refused, kRandomSchemas / 20);
}

// The same against an implementation by others, where it is installed.
TEST(ValuesSchema, JudgesAsPythonsJsonschemaDoes) {
  SystemProcessRunner processes;
  const auto there = processes.run({.arguments = {"python3", "-c", "import jsonschema"}});
  if (!there || there->exit_code != 0) GTEST_SKIP() << "python3-jsonschema is not installed";
  RandomSchema random(21);
  std::string lines;
  std::string verdicts;
  for (int i = 0; i < kRandomSchemas; ++i) {
    const json schema = random.schema();
    const auto compiled = ValuesSchema::compile(schema);
    ASSERT_TRUE(compiled.ok());
    json values = json::array();
    for (int j = 0; j < kValuesOfEach; ++j) values.push_back(random.object());
    for (const json& one : values) verdicts += compiled->check(one, Look::whole) ? '0' : '1';
    lines += json{{"schema", schema}, {"values", values}}.dump() + "\n";
  }
  constexpr const char* kScript =
      "import json, sys\n"
      "from jsonschema import Draft202012Validator as V\n"
      "for line in sys.stdin:\n"
      "  case = json.loads(line)\n"
      "  v = V(case['schema'])\n"
      "  sys.stdout.write(''.join('1' if v.is_valid(x) else '0' for x in case['values']))\n";
  const auto outcome = processes.run({.arguments = {"python3", "-c", kScript},
                                      .input = lines,
                                      .timeout = std::chrono::minutes(5)});
  ASSERT_TRUE(outcome.ok());
  ASSERT_EQ(outcome->exit_code, 0) << outcome->errors;
  ASSERT_EQ(outcome->output.size(), verdicts.size());
  const std::vector<std::string> cases = split(lines, '\n');
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    ASSERT_EQ(verdicts[i], outcome->output[i])
        << "values " << i % kValuesOfEach << " of " << cases[i / kValuesOfEach];
  }
}

}  // namespace
}  // namespace titan::model
