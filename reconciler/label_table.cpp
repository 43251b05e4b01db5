#include "reconciler/label_table.hpp"

#include "base/assert.hpp"

namespace titan::reconciler {

LabelNo LabelTable::hold(const std::string& key, const std::string& value) {
  const auto found = numbers_.find(Name{key, value});
  if (found != numbers_.end()) {
    ++labels_[found->second].holders;
    return found->second;
  }
  LabelNo number = 0;
  if (free_.empty()) {
    number = static_cast<LabelNo>(labels_.size());
    labels_.emplace_back();
  } else {
    number = free_.back();
    free_.pop_back();
  }
  Label& label = labels_[number];
  label.key = key;
  label.value = value;
  label.holders = 1;
  numbers_.emplace(Name{label.key, label.value}, number);
  return number;
}

void LabelTable::release(LabelNo number) {
  Label& label = labels_[number];
  TITAN_ASSERT(label.holders > 0);
  if (--label.holders > 0) return;
  TITAN_ASSERT(label.hosts.empty() && label.targets.empty());
  numbers_.erase(Name{label.key, label.value});
  label = Label();
  free_.push_back(number);
}

const LabelTable::Label* LabelTable::find(std::string_view key, std::string_view value) const {
  const auto found = numbers_.find(Name{key, value});
  return found == numbers_.end() ? nullptr : &labels_[found->second];
}

}  // namespace titan::reconciler
