#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace titan::model {

// Labels are what targets match. Keys: ^[A-Za-z0-9]([-A-Za-z0-9_./]*[A-Za-z0-9])?$, up to 63
// bytes; values the same without "/", or empty. At most 64 on one entity.
using Labels = std::map<std::string, std::string>;

// The value of a label, or null when there is none: for those who keep labels in a form of their
// own. What it points to must stay as long as the call that was given the lookup.
using LabelLookup = std::function<const std::string*(std::string_view key)>;
// Looks into `labels`, which is borrowed.
LabelLookup lookup_in(const Labels& labels);

// Of whatever is meant, the label has one of these values.
struct LabelAlternatives {
  std::string key = {};
  std::vector<std::string> values = {};
  bool operator==(const LabelAlternatives&) const = default;
};

// Free metadata on any entity: keys as for labels, values any text without NUL up to 1024 bytes.
using Tags = std::map<std::string, std::string>;

// "name=tim-pi,platform=kubernetes". invalid, quoting the part, when a part is not key=value or
// a key stands twice; whether key and value are allowed is for check_labels(). An empty text gives
// no labels.
Result<Labels> parse_labels(std::string_view text);
// The reverse.
std::string labels_text(const Labels& labels);

// invalid, naming `field` and the key, when a rule above is broken.
Result<void> check_labels(std::string_view field, const Labels& labels);
Result<void> check_tags(std::string_view field, const Tags& tags);
bool is_label_key(std::string_view key);
bool is_label_value(std::string_view value);

}  // namespace titan::model
