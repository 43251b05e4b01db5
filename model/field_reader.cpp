#include "model/field_reader.hpp"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/base64.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "model/limits.hpp"

namespace titan::model {

using nlohmann::json;

namespace {

constexpr std::uint64_t kNumberMax = std::numeric_limits<std::int64_t>::max();

}  // namespace

std::string found_text(const json& value) {
  switch (value.type()) {
    case json::value_t::null:
      return "null";
    case json::value_t::object:
      return "an object";
    case json::value_t::array:
      return "an array";
    case json::value_t::string:
      return "the string " + quote(value.get_ref<const std::string&>());
    case json::value_t::boolean:
      return value.get<bool>() ? "true" : "false";
    default:
      return "the number " + canonical_json(value);
  }
}

FieldReader::FieldReader(const json& object, std::string path)
    : object_(object), path_(std::move(path)) {
  if (!object_.is_object()) {
    refuse({.code = ErrorCode::invalid,
            .message = "expected an object, found " + found_text(object_),
            .field = path_});
  }
}

std::string FieldReader::path_of(std::string_view field) const {
  return path_.empty() ? std::string(field) : path_ + "." + std::string(field);
}

void FieldReader::refuse(Error error) {
  if (!error_) error_ = std::move(error);
}

void FieldReader::refuse(std::string_view field, std::string message) {
  refuse(invalid_field(path_of(field), std::move(message)));
}

void FieldReader::expected(std::string_view field, std::string_view what, const json& found) {
  refuse(field, "expected " + std::string(what) + ", found " + found_text(found));
}

const json* FieldReader::find(std::string_view field) {
  if (std::find(known_.begin(), known_.end(), field) == known_.end()) known_.emplace_back(field);
  if (!object_.is_object()) return nullptr;
  const auto found = object_.find(field);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

bool FieldReader::check_text(std::string_view place, const json& value) {
  if (!value.is_string()) {
    expected(place, "a string", value);
    return false;
  }
  const auto& text = value.get_ref<const std::string&>();
  if (text.size() > kTextBytesMax) {
    refuse(place, "is " + std::to_string(text.size()) + " bytes long, the limit is " +
                      std::to_string(kTextBytesMax));
    return false;
  }
  if (text.find('\0') != std::string::npos) {
    refuse(place, "holds a NUL character");
    return false;
  }
  return true;
}

std::string FieldReader::text(std::string_view field) {
  const json* value = find(field);
  if (value == nullptr || !check_text(field, *value)) return {};
  return value->get<std::string>();
}

std::string FieldReader::required_text(std::string_view field) {
  std::string value = text(field);
  if (value.empty()) refuse(field, "must be given");
  return value;
}

void FieldReader::require(std::initializer_list<std::string_view> fields) {
  for (const std::string_view field : fields) {
    const json* value = find(field);
    const auto* text = value == nullptr ? nullptr : value->get_ptr<const std::string*>();
    const bool says_nothing = value == nullptr || (text != nullptr && text->empty());
    if (says_nothing) refuse(field, "must be given");
  }
}

bool FieldReader::boolean(std::string_view field) {
  const json* value = find(field);
  if (value == nullptr) return false;
  if (!value->is_boolean()) {
    expected(field, "true or false", *value);
    return false;
  }
  return value->get<bool>();
}

std::optional<std::uint64_t> FieldReader::optional_number(std::string_view field) {
  const json* value = find(field);
  if (value == nullptr) return std::nullopt;
  // The library tells signed integers from unsigned ones; readers of YAML and JSON differ in it.
  if (value->is_number_unsigned()) {
    const auto number = value->get<std::uint64_t>();
    if (number <= kNumberMax) return number;
  } else if (value->is_number_integer()) {
    const auto number = value->get<std::int64_t>();
    if (number >= 0) return static_cast<std::uint64_t>(number);
  }
  expected(field, "a whole number from 0 to " + std::to_string(kNumberMax), *value);
  return std::nullopt;
}

std::uint64_t FieldReader::number(std::string_view field) {
  return optional_number(field).value_or(0);
}

std::int64_t FieldReader::signed_number(std::string_view field) {
  const json* value = find(field);
  if (value == nullptr) return 0;
  const bool is_too_large = value->is_number_unsigned() && value->get<std::uint64_t>() > kNumberMax;
  if (value->is_number_integer() && !is_too_large) return value->get<std::int64_t>();
  expected(field, "a whole number", *value);
  return 0;
}

Timestamp FieldReader::timestamp(std::string_view field) {
  return parsed<Timestamp>(field, &Timestamp::parse);
}

Digest FieldReader::digest(std::string_view field) {
  return parsed<Digest>(field, &Digest::parse);
}

Values FieldReader::values(std::string_view field) {
  const json* value = object(field);
  if (value == nullptr) return {};
  auto values = Values::from(*value);
  if (values) return *std::move(values);
  refuse(field, values.error().message);
  return {};
}

std::vector<std::string> FieldReader::texts(std::string_view field, std::size_t count_max) {
  std::vector<std::string> texts;
  const json* list = array(field, count_max);
  if (list == nullptr) return texts;
  for (const json& item : *list) {
    const std::string place = std::string(field) + "[" + std::to_string(texts.size()) + "]";
    if (!check_text(place, item)) return {};
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

std::string FieldReader::sealed(std::string_view field, std::size_t bytes_max) {
  const json* value = find(field);
  if (value == nullptr) return {};
  const auto* text = value->get_ptr<const std::string*>();
  if (text == nullptr) {
    refuse(field, "expected a string");
  } else if (text->size() > bytes_max) {
    refuse(field, "is " + std::to_string(text->size()) + " bytes long, the limit is " +
                      std::to_string(bytes_max));
  } else if (const auto parsed = parse_base64url(*text); !parsed) {
    refuse(field, parsed.error().message);
  } else {
    return *text;
  }
  return {};
}

std::map<std::string, std::string> FieldReader::text_map(std::string_view field) {
  std::map<std::string, std::string> texts;
  const json* map = object(field);
  if (map == nullptr) return texts;
  for (const auto& [key, value] : map->items()) {
    if (!value.is_string()) {
      expected(std::string(field) + "." + clip(key, kFieldShownMax), "a string", value);
      return {};
    }
    texts.emplace(key, value.get<std::string>());
  }
  return texts;
}

const json* FieldReader::object(std::string_view field) {
  const json* value = find(field);
  if (value == nullptr || value->is_object()) return value;
  expected(field, "an object", *value);
  return nullptr;
}

const json* FieldReader::array(std::string_view field, std::size_t count_max) {
  const json* value = find(field);
  if (value == nullptr) return nullptr;
  if (!value->is_array()) {
    expected(field, "an array", *value);
    return nullptr;
  }
  if (value->size() > count_max) {
    refuse(field, "has " + std::to_string(value->size()) + " items, the limit is " +
                      std::to_string(count_max));
    return nullptr;
  }
  return value;
}

Result<void> FieldReader::finish() {
  if (error_) return *error_;
  for (const auto& [name, value] : object_.items()) {
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
    return invalid_field(path_of(clip(name, kFieldShownMax)),
                         "unknown field" + did_you_mean(name, known_));
  }
  return {};
}

}  // namespace titan::model
