#include "cli/change_text.hpp"

#include <vector>

#include "base/text.hpp"

namespace titan::cli {

std::string what_changed(const model::Change& change) {
  if (!change.before || !change.after) return {};
  const model::Entity& before = *change.before;
  const model::Entity& after = *change.after;
  std::vector<std::string> parts;
  if (before.spec != after.spec) parts.emplace_back("spec");
  if (before.status != after.status) {
    parts.push_back("status " + std::string(model::name_of(before.status)) + "->" +
                    std::string(model::name_of(after.status)));
  }
  if (before.reason != after.reason) parts.emplace_back("reason");
  if (before.tags != after.tags) parts.emplace_back("tags");
  if (before.stages != after.stages) parts.emplace_back("stages");
  if (before.deleting != after.deleting) parts.emplace_back("delete");
  return join(parts, ", ");
}

std::string key_text(const model::Key& key) {
  return std::string(model::singular_of(key.kind)) + "/" + key.short_text();
}

}  // namespace titan::cli
