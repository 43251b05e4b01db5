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
  // invalid unless `object` is an object of at most kValuesBytesMax bytes of canonical JSON and
  // kValuesDepthMax levels.
  static Result<Values> from(nlohmann::json object);
  // For an object made of values that were checked already. REQUIRES: an object, no deeper than
  // kJsonDepthMax.
  static Values from_trusted(nlohmann::json object);

  [[nodiscard]] const nlohmann::json& json() const { return *json_; }
  [[nodiscard]] bool empty() const;
  // These values with `stronger` laid over them: objects merge deeply, all else replaces (a list
  // too, and a reference to a secret), and a null stays a null. {} changes nothing on either side.
  // Layers are laid from the weakest to the strongest: in another grouping the outcome differs
  // where a layer in the middle puts something else in the place of an object, since what it hid
  // would show again.
  [[nodiscard]] Values overlaid_with(const Values& stronger) const;
  // Equal when written equally: 1 and 1.0 differ, as they do in a rendered file.
  bool operator==(const Values& other) const;

 private:
  explicit Values(nlohmann::json object);
  std::shared_ptr<const nlohmann::json> json_;
};

}  // namespace titan::model
