#include "model/target.hpp"

#include <algorithm>

namespace titan::model {

bool TargetSpec::matches(const Labels& host_labels) const {
  const bool all = std::all_of(labels.begin(), labels.end(), [&](const auto& wanted) {
    const auto found = host_labels.find(wanted.first);
    return found != host_labels.end() && found->second == wanted.second;
  });
  return all && selector.matches(host_labels);
}

}  // namespace titan::model
