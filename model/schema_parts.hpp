#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "model/regex.hpp"
#include "model/values_schema.hpp"

// A compiled ValuesSchema. For values_schema.cpp, schema_compiler.cpp and schema_text.cpp alone.
namespace titan::model {

using SchemaNo = std::uint32_t;  // a place in ValuesSchema::Parts::all

// The types of JSON values, as bits.
constexpr std::uint8_t kNullType = 1;
constexpr std::uint8_t kBooleanType = 2;
constexpr std::uint8_t kIntegerType = 4;
constexpr std::uint8_t kNumberType = 8;  // any number
constexpr std::uint8_t kStringType = 16;
constexpr std::uint8_t kListType = 32;
constexpr std::uint8_t kObjectType = 64;

// One schema. What it does not say is empty. Values are those of the schema that it was read from.
struct SchemaPart {
  bool never = false;  // the schema `false`
  std::optional<std::uint8_t> types = {};
  std::vector<const nlohmann::json*> one_of_these = {};  // of `enum`, or of `const`
  // Numbers.
  const nlohmann::json* minimum = nullptr;
  const nlohmann::json* maximum = nullptr;
  const nlohmann::json* above = nullptr;  // exclusiveMinimum
  const nlohmann::json* below = nullptr;
  const nlohmann::json* multiple_of = nullptr;
  // Strings.
  std::optional<std::uint64_t> length_min = {};
  std::optional<std::uint64_t> length_max = {};
  std::optional<std::pair<std::string, Regex>> pattern = {};
  // Lists.
  std::vector<SchemaNo> first_items = {};
  std::optional<SchemaNo> items = {};
  std::optional<SchemaNo> contains = {};
  std::optional<std::uint64_t> contains_min = {};
  std::optional<std::uint64_t> contains_max = {};
  std::optional<std::uint64_t> items_min = {};
  std::optional<std::uint64_t> items_max = {};
  bool unique_items = false;
  // Objects.
  std::map<std::string, SchemaNo> properties = {};
  std::vector<std::pair<Regex, SchemaNo>> pattern_properties = {};
  std::optional<SchemaNo> other_properties = {};
  std::optional<SchemaNo> property_names = {};
  std::vector<std::string> required = {};
  std::map<std::string, std::vector<std::string>> required_with = {};
  std::map<std::string, SchemaNo> schema_with = {};
  std::optional<std::uint64_t> properties_min = {};
  std::optional<std::uint64_t> properties_max = {};
  // Of the same value.
  std::optional<SchemaNo> reference = {};
  std::vector<SchemaNo> all_of = {};
  std::vector<SchemaNo> any_of = {};
  std::vector<SchemaNo> one_of = {};
  std::optional<SchemaNo> not_ = {};
  std::optional<SchemaNo> if_ = {};
  std::optional<SchemaNo> then_ = {};
  std::optional<SchemaNo> else_ = {};
};

struct ValuesSchema::Parts {
  std::shared_ptr<const nlohmann::json> schema = {};  // shared, so that it stays where it is
  std::vector<SchemaPart> all = {};                   // the first is the outermost
};

Result<ValuesSchema::Parts> compile_schema(const nlohmann::json& schema);

// Whether two values are equal in the sense of JSON Schema: 1 and 1.0 are. And which of two numbers
// is the greater: -1, 0, 1.
bool equal_in_schema(const nlohmann::json& one, const nlohmann::json& other);
int compare_numbers(const nlohmann::json& one, const nlohmann::json& other);
bool is_integer(const nlohmann::json& value);

// What the part asks for, as far as it says so of single values: "an integer from 1 to 65535".
// Empty when it says nothing of the sort.
std::string expectation_of(const SchemaPart& part);
// A value, for messages: `"abc"`, `5`, `a list`.
std::string shown_value(const nlohmann::json& value);

}  // namespace titan::model
