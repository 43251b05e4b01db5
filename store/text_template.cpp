#include "store/text_template.hpp"

namespace titan::store {

std::string TextTemplate::fill(std::span<const std::string> values) const {
  std::size_t size = text_.size();
  for (const Gap& gap : gaps_) size += values[gap.slot].size();
  std::string filled;
  filled.reserve(size);
  std::size_t done = 0;
  for (const Gap& gap : gaps_) {
    filled.append(text_, done, gap.at - done).append(values[gap.slot]);
    done = gap.at;
  }
  return filled.append(text_, done);
}

}  // namespace titan::store
