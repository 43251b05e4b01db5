#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/result.hpp"

namespace titan::model {

// Values are what a template is filled with: a JSON object, given in layers (template defaults,
// workload, deployment, host). Immutable. Copies share one object, because the same values stand
// in entities, in the history of the fleet and in manifests at once; hence the shared_ptr.
class Values {
 public:
  Values();  // {}
  // invalid unless `object` is an object of at most kValuesBytesMax bytes of canonical JSON.
  static Result<Values> from(nlohmann::json object);
  // For an object made of values that were checked already. REQUIRES: an object.
  static Values from_trusted(nlohmann::json object);

  [[nodiscard]] const nlohmann::json& json() const { return *json_; }
  [[nodiscard]] bool empty() const;
  // These values with `stronger` laid over them: objects merge deeply, all else replaces, and a
  // null stays a null.
  [[nodiscard]] Values overlaid_with(const Values& stronger) const;
  bool operator==(const Values& other) const;

 private:
  explicit Values(nlohmann::json object);
  std::shared_ptr<const nlohmann::json> json_;
};

}  // namespace titan::model
