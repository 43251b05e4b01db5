#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "model/limits.hpp"
#include "model/schema_parts.hpp"

namespace titan::model {
namespace {

using nlohmann::json;

std::string types_text(std::uint8_t types) {
  std::vector<std::string> words;
  const auto add = [&](std::uint8_t bit, const char* word) {
    if ((types & bit) != 0) words.emplace_back(word);
  };
  add(kStringType, "a string");
  add(kNumberType, "a number");
  if ((types & kNumberType) == 0) add(kIntegerType, "an integer");
  add(kBooleanType, "true or false");
  add(kListType, "a list");
  add(kObjectType, "an object");
  add(kNullType, "null");
  return join(words, " or ");
}

// " from 1 to 65535", " of at least 1", " below 5".
std::string bounds_text(const SchemaPart& part) {
  if (part.minimum != nullptr && part.maximum != nullptr) {
    return " from " + part.minimum->dump() + " to " + part.maximum->dump();
  }
  std::vector<std::string> bounds;
  if (part.minimum != nullptr) bounds.push_back("of at least " + part.minimum->dump());
  if (part.above != nullptr) bounds.push_back("above " + part.above->dump());
  if (part.maximum != nullptr) bounds.push_back("of at most " + part.maximum->dump());
  if (part.below != nullptr) bounds.push_back("below " + part.below->dump());
  return bounds.empty() ? "" : " " + join(bounds, " and ");
}

std::string count_text(const std::optional<std::uint64_t>& min,
                       const std::optional<std::uint64_t>& max, const char* of_what) {
  if (!min && !max) return "";
  if (min && max && *min == *max) return " of " + std::to_string(*min) + of_what;
  if (min && max) return " of " + std::to_string(*min) + " to " + std::to_string(*max) + of_what;
  return (min ? " of at least " + std::to_string(*min) : " of at most " + std::to_string(*max)) +
         of_what;
}

bool has_bounds(const SchemaPart& part) {
  return part.minimum != nullptr || part.maximum != nullptr || part.above != nullptr ||
         part.below != nullptr || part.multiple_of != nullptr;
}

bool is_of_strings(const SchemaPart& part) {
  return part.length_min || part.length_max || part.pattern;
}

}  // namespace

bool is_integer(const json& value) {
  if (value.is_number_integer()) return true;
  if (!value.is_number_float()) return false;
  const double number = value.get<double>();
  return std::isfinite(number) && std::trunc(number) == number;
}

// A long double holds every integer of 64 bits exactly where a server runs.
int compare_numbers(const json& one, const json& other) {
  const auto number = [](const json& value) {
    if (value.is_number_unsigned()) return static_cast<long double>(value.get<std::uint64_t>());
    if (value.is_number_integer()) return static_cast<long double>(value.get<std::int64_t>());
    return static_cast<long double>(value.get<double>());
  };
  const long double left = number(one);
  const long double right = number(other);
  return left < right ? -1 : left > right ? 1 : 0;
}

// The depth of values is bounded where they were parsed.
bool equal_in_schema(const json& one, const json& other) {
  if (one.is_number() && other.is_number()) return compare_numbers(one, other) == 0;
  if (one.type() != other.type() || one.size() != other.size()) return false;
  if (one.is_array()) {
    return std::equal(one.begin(), one.end(), other.begin(), &equal_in_schema);
  }
  if (!one.is_object()) return one == other;
  const auto& fields = one.get_ref<const json::object_t&>();
  return std::equal(fields.begin(), fields.end(), other.get_ref<const json::object_t&>().begin(),
                    [](const auto& left, const auto& right) {
                      return left.first == right.first &&
                             equal_in_schema(left.second, right.second);
                    });
}

std::string shown_value(const json& value) {
  if (value.is_string()) return quote(value.get_ref<const std::string&>());
  if (value.is_array()) return "a list";
  if (value.is_object()) return "an object";
  return clip(canonical_json(value), kShownValueBytesMax);
}

std::string expectation_of(const SchemaPart& part) {
  if (part.never) return "nothing";
  if (!part.one_of_these.empty()) {
    std::vector<std::string> words;
    for (const json* value : part.one_of_these) {
      words.push_back(value->is_structured() ? clip(canonical_json(*value), kShownValueBytesMax)
                                             : shown_value(*value));
    }
    return clip((words.size() == 1 ? "" : "one of ") + join(words, ", "), kTextBytesMax / 8);
  }
  std::string text = part.types ? types_text(*part.types) : "";
  if (text.empty() && has_bounds(part)) text = "a number";
  if (text.empty() && is_of_strings(part)) text = "a string";
  if (text.empty()) return text;
  text += bounds_text(part);
  if (part.multiple_of != nullptr) text += " that is a multiple of " + part.multiple_of->dump();
  text += count_text(part.length_min, part.length_max, " characters");
  if (part.pattern) text += " like " + quote(part.pattern->first);
  text += count_text(part.items_min, part.items_max, " items");
  text += count_text(part.properties_min, part.properties_max, " fields");
  return text;
}

}  // namespace titan::model
