#include "model/labels.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "model/limits.hpp"

namespace titan::model {
namespace {

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Alphanumeric first and last, and `inside` allowed between.
bool is_label_text(std::string_view text, std::string_view inside) {
  return is_alphanumeric(text.front()) && is_alphanumeric(text.back()) &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return is_alphanumeric(c) || inside.find(c) != std::string_view::npos;
         });
}

Result<void> check_keys_and_count(std::string_view field, const Labels& labels) {
  if (labels.size() > kLabelsMax) {
    return invalid_field(std::string(field), "has " + std::to_string(labels.size()) +
                                                 " entries, the limit is " +
                                                 std::to_string(kLabelsMax));
  }
  for (const auto& [key, value] : labels) {
    if (is_label_key(key)) continue;
    return invalid_field(std::string(field),
                         quote(key) +
                             " is not a label key: expected 1 to 63 of A-Z, a-z, 0-9, '-', '_', "
                             "'.' and '/', with a letter or digit first and last");
  }
  return {};
}

}  // namespace

LabelLookup lookup_in(const Labels& labels) {
  return [&labels](std::string_view key) -> const std::string* {
    const auto found = labels.find(std::string(key));
    return found == labels.end() ? nullptr : &found->second;
  };
}

bool is_label_key(std::string_view key) {
  return !key.empty() && key.size() <= kLabelKeyBytesMax && is_label_text(key, "-_./");
}

bool is_label_value(std::string_view value) {
  return value.empty() || (value.size() <= kLabelValueBytesMax && is_label_text(value, "-_."));
}

Result<Labels> parse_labels(std::string_view text) {
  Labels labels;
  if (trim(text).empty()) return labels;
  for (const std::string& part : split(text, ',')) {
    const std::size_t equals = part.find('=');
    const std::string key(trim(std::string_view(part).substr(0, equals)));
    if (equals == std::string::npos || key.empty()) {
      return invalid("the label " + quote(part) + " is not of the form key=value");
    }
    const std::string value(trim(std::string_view(part).substr(equals + 1)));
    if (!labels.emplace(key, value).second) {
      return invalid("the label " + quote(key) + " is given twice");
    }
  }
  return labels;
}

std::string labels_text(const Labels& labels) {
  std::string text;
  for (const auto& [key, value] : labels) text += (text.empty() ? "" : ",") + key + "=" + value;
  return text;
}

Result<void> check_labels(std::string_view field, const Labels& labels) {
  TITAN_TRY(check_keys_and_count(field, labels));
  for (const auto& [key, value] : labels) {
    if (is_label_value(value)) continue;
    return invalid_field(std::string(field) + "." + key,
                         quote(value) +
                             " is not a label value: expected at most 63 of A-Z, a-z, 0-9, '-', "
                             "'_' and '.', with a letter or digit first and last");
  }
  return {};
}

Result<void> check_tags(std::string_view field, const Tags& tags) {
  TITAN_TRY(check_keys_and_count(field, tags));
  for (const auto& [key, value] : tags) {
    std::string place = std::string(field) + "." + key;
    if (value.size() > kTagValueBytesMax) {
      return invalid_field(std::move(place), "is " + std::to_string(value.size()) +
                                                 " bytes long, the limit is " +
                                                 std::to_string(kTagValueBytesMax));
    }
    if (value.find('\0') != std::string::npos) {
      return invalid_field(std::move(place), "holds a NUL character");
    }
  }
  return {};
}

}  // namespace titan::model
