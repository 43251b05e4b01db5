#include "model/template.hpp"

#include <nlohmann/json.hpp>

#include "base/json.hpp"

namespace titan::model {

Digest TemplateSpec::digest() const {
  Hasher hasher;
  hasher.add(driver).add(canonical_json(defaults.json())).add(files.size());
  for (const TemplateFile& file : files) {
    hasher.add(file.path).add(file.mode).add(file.digest.text());
  }
  return hasher.finish();
}

}  // namespace titan::model
