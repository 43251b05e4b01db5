#include "model/template.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json.hpp"

namespace titan::model {

void add(Hasher& hasher, const std::vector<TemplateFile>& files) {
  hasher.add(files.size());
  for (const TemplateFile& file : files) {
    hasher.add(file.path).add(file.mode).add(file.digest.text());
  }
  const auto has_owner = [](const TemplateFile& file) { return !file.owner.empty(); };
  if (std::ranges::none_of(files, has_owner)) return;
  hasher.add("owners");
  for (const TemplateFile& file : files) hasher.add(file.owner);
}

// What came later goes in only where it says something: digests of before stay.
Digest TemplateSpec::digest() const {
  Hasher hasher;
  hasher.add(driver).add(canonical_json(defaults.json()));
  add(hasher, files);
  if (health != Health()) hasher.add("health").add(canonical_json(json_of(health)));
  return hasher.finish();
}

}  // namespace titan::model
