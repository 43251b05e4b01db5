#include "render/input_names.hpp"

#include <nlohmann/json.hpp>

#include "base/json.hpp"

namespace titan::render {

Digest InputNames::digest_of(const nlohmann::json& inputs) const {
  Hasher hasher;
  if (all_) return hasher.add(canonical_json(inputs)).finish();
  for (const Name& name : names_) {
    const nlohmann::json* value = &inputs;
    std::size_t found = 0;  // of the name's parts
    for (; found < name.size() && value->is_object(); ++found) {
      const auto member = value->find(name[found]);
      if (member == value->end()) break;
      value = &*member;
    }
    hasher.add(found);
    if (found == name.size()) hasher.add(canonical_json(*value));
  }
  return hasher.finish();
}

}  // namespace titan::render
