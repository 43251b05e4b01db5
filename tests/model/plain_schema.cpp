#include "tests/model/plain_schema.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>

namespace titan::testing {
namespace {

using nlohmann::json;

bool is_type(const std::string& type, const json& value) {
  if (type == "null") return value.is_null();
  if (type == "boolean") return value.is_boolean();
  if (type == "string") return value.is_string();
  if (type == "array") return value.is_array();
  if (type == "object") return value.is_object();
  if (type == "number") return value.is_number();
  return value.is_number() && std::trunc(value.get<double>()) == value.get<double>();
}

// Of one keyword that is not about other keywords.
bool holds(const json& root, const std::string& keyword, const json& says, const json& value) {
  const auto fits = [&](const json& schema) { return fits_plainly(root, schema, value); };
  const auto size_is = [&](bool applies, auto compares) {
    return !applies || compares(static_cast<double>(value.size()), says.get<double>());
  };
  const auto number_is = [&](auto compares) {
    return !value.is_number() || compares(value.get<double>(), says.get<double>());
  };
  const auto has_all = [&](const json& names) {
    return std::ranges::all_of(
        names, [&](const json& name) { return value.contains(name.get<std::string>()); });
  };
  if (keyword == "type") {
    if (says.is_string()) return is_type(says, value);
    return std::ranges::any_of(says, [&](const json& one) { return is_type(one, value); });
  }
  if (keyword == "const") return says == value;
  if (keyword == "enum") return std::ranges::find(says, value) != says.end();
  if (keyword == "minimum") return number_is(std::greater_equal<>());
  if (keyword == "maximum") return number_is(std::less_equal<>());
  if (keyword == "exclusiveMinimum") return number_is(std::greater<>());
  if (keyword == "exclusiveMaximum") return number_is(std::less<>());
  if (keyword == "multipleOf") {
    return number_is([](double number, double of) { return std::fmod(number, of) == 0; });
  }
  if (keyword == "minLength" || keyword == "maxLength") {
    if (!value.is_string()) return true;
    const auto length = value.get<std::string>().size();  // the letters of these tests are ASCII
    return keyword == "minLength" ? length >= says.get<std::size_t>()
                                  : length <= says.get<std::size_t>();
  }
  if (keyword == "pattern") {
    return !value.is_string() ||
           std::regex_search(value.get<std::string>(), std::regex(says.get<std::string>()));
  }
  if (keyword == "minItems") return size_is(value.is_array(), std::greater_equal<>());
  if (keyword == "maxItems") return size_is(value.is_array(), std::less_equal<>());
  if (keyword == "minProperties") return size_is(value.is_object(), std::greater_equal<>());
  if (keyword == "maxProperties") return size_is(value.is_object(), std::less_equal<>());
  if (keyword == "uniqueItems") {
    if (!says.get<bool>() || !value.is_array()) return true;
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (std::find(value.begin(), value.begin() + static_cast<long>(i), value[i]) !=
          value.begin() + static_cast<long>(i)) {
        return false;
      }
    }
    return true;
  }
  if (keyword == "required") return !value.is_object() || has_all(says);
  if (keyword == "dependentRequired") {
    if (!value.is_object()) return true;
    for (const auto& [name, names] : says.items()) {
      if (value.contains(name) && !has_all(names)) return false;
    }
    return true;
  }
  if (keyword == "dependentSchemas") {
    if (!value.is_object()) return true;
    for (const auto& [name, schema] : says.items()) {
      if (value.contains(name) && !fits(schema)) return false;
    }
    return true;
  }
  if (keyword == "propertyNames") {
    if (!value.is_object()) return true;
    for (const auto& [name, field] : value.items()) {
      if (!fits_plainly(root, says, json(name))) return false;
    }
    return true;
  }
  if (keyword == "allOf") return std::ranges::all_of(says, fits);
  if (keyword == "anyOf") return std::ranges::any_of(says, fits);
  if (keyword == "oneOf") return std::ranges::count_if(says, fits) == 1;
  if (keyword == "not") return !fits(says);
  if (keyword == "$ref") {
    const auto& text = says.get_ref<const std::string&>();
    return fits(text == "#" ? root : root.at("$defs").at(text.substr(text.rfind('/') + 1)));
  }
  return true;
}

bool fields_hold(const json& root, const json& schema, const json& value) {
  const json patterns = schema.value("patternProperties", json::object());
  for (const auto& [name, field] : value.items()) {
    bool is_known = false;
    if (schema.contains("properties") && schema["properties"].contains(name)) {
      is_known = true;
      if (!fits_plainly(root, schema["properties"][name], field)) return false;
    }
    for (const auto& [pattern, inner] : patterns.items()) {
      if (!std::regex_search(name, std::regex(pattern))) continue;
      is_known = true;
      if (!fits_plainly(root, inner, field)) return false;
    }
    if (is_known || !schema.contains("additionalProperties")) continue;
    if (!fits_plainly(root, schema["additionalProperties"], field)) return false;
  }
  return true;
}

bool items_hold(const json& root, const json& schema, const json& value) {
  const std::size_t first = schema.value("prefixItems", json::array()).size();
  std::size_t containing = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (i < first && !fits_plainly(root, schema["prefixItems"][i], value[i])) return false;
    if (i >= first && schema.contains("items") && !fits_plainly(root, schema["items"], value[i])) {
      return false;
    }
    if (schema.contains("contains") && fits_plainly(root, schema["contains"], value[i])) {
      ++containing;
    }
  }
  if (!schema.contains("contains")) return true;
  return containing >= schema.value("minContains", std::size_t(1)) &&
         containing <= schema.value("maxContains", std::size_t(1'000'000));
}

}  // namespace

bool fits_plainly(const json& root, const json& schema, const json& value) {
  if (schema.is_boolean()) return schema.get<bool>();
  for (const auto& [keyword, says] : schema.items()) {
    if (!holds(root, keyword, says, value)) return false;
  }
  if (value.is_object() && !fields_hold(root, schema, value)) return false;
  if (value.is_array() && !items_hold(root, schema, value)) return false;
  if (!schema.contains("if")) return true;
  const char* branch = fits_plainly(root, schema["if"], value) ? "then" : "else";
  return !schema.contains(branch) || fits_plainly(root, schema[branch], value);
}

}  // namespace titan::testing
