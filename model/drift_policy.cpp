#include "model/drift_policy.hpp"

#include "base/text.hpp"

namespace titan::model {

std::string_view text_of(DriftPolicy policy) {
  return policy == DriftPolicy::heal ? "heal" : "report";
}

Result<DriftPolicy> parse_drift_policy(std::string_view text) {
  if (text == "heal") return DriftPolicy::heal;
  if (text == "report") return DriftPolicy::report;
  return invalid(quote(text) + R"( is not a drift policy: expected "heal" or "report")");
}

}  // namespace titan::model
