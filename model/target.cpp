#include "model/target.hpp"

#include <algorithm>

namespace titan::model {

bool TargetSpec::matches(const LabelLookup& host_label) const {
  const bool all = std::all_of(labels.begin(), labels.end(), [&](const auto& wanted) {
    const std::string* value = host_label(wanted.first);
    return value != nullptr && *value == wanted.second;
  });
  return all && selector.matches(host_label);
}

std::vector<LabelAlternatives> TargetSpec::required() const {
  std::vector<LabelAlternatives> required = selector.required();
  for (const auto& [key, value] : labels) required.push_back({key, {value}});
  return required;
}

}  // namespace titan::model
