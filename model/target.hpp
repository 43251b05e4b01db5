#pragma once

#include <vector>

#include "model/label_selector.hpp"
#include "model/labels.hpp"

namespace titan::model {

// Rules that match hosts: all of `labels` and all clauses of `selector` must hold. One of the two
// must say something, so that a forgotten field does not reach the whole fleet.
struct TargetSpec {
  Labels labels = {};
  LabelSelector selector = {};
  bool operator==(const TargetSpec&) const = default;

  [[nodiscard]] bool matches(const LabelLookup& host_label) const;
  [[nodiscard]] bool matches(const Labels& host_labels) const {
    return matches(lookup_in(host_labels));
  }
  // As LabelSelector::required(), of `labels` and `selector` together.
  [[nodiscard]] std::vector<LabelAlternatives> required() const;
};

}  // namespace titan::model
