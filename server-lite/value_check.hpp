#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/entity.hpp"
#include "model/values_schema.hpp"
#include "server-lite/admission.hpp"

namespace titan::server_lite {

// Whether values are as the schemas of templates want them (TemplateSpec::values_schema), as far as
// who writes something is to be told at once. It is no guarantee: what slips through, as when a
// host joins, shows when the deployment is delivered (TemplateRenderer), and the host then keeps
// what it has.
//
// Checked is what the layers give together, as docs/spec/template.md says, "valuesSchema". Whoever
// writes is refused for what the entity itself says, and a deployment also for what is missing. So
// nobody is kept from writing by what others have done.
//
// Made in two parts, so that nobody waits for the looking: gather() under the lock of the view, the
// rest without it. A bounded number of deployments and hosts is looked at: kValueDeploymentsMax,
// kValueHostsMax.
class ValueCheck {
 public:
  // Takes note of what the entity of a proposal has to be held against. `stored`: as it is; null
  // when it is new.
  static ValueCheck gather(const FleetView& view, const Admission& admission,
                           const model::Entity& entity, const model::Entity* stored);

  // invalid, naming the value's path in the entity ("spec.values.mqtt.port"), and the template.
  // conflict, when a template would take the values of deployments no more that it takes now: they
  // are in `users`, at most kUsersListed.
  [[nodiscard]] Result<void> check(std::vector<model::Key>& users) const;

 private:
  // Whose values one case is about: the layers, the weakest first.
  enum Layer { kDefaults, kWorkload, kDeployment, kHost, kLayers };
  struct Case {
    model::Key deployment = {};
    std::string template_name = {};
    std::string workload = {};
    std::string host = {};  // empty: as of a host without values
    model::Values schema = {};
    model::Values layers[kLayers] = {};
    // Host values may come that nobody knows of yet: what is missing is no matter.
    bool is_open = false;
    // Of a template that is written: what counts now.
    std::optional<std::pair<model::Values, model::Values>> stored = {};  // schema, defaults
  };
  class Gatherer;

  static std::optional<model::ValuesSchema::Problem> problem_of(const Case& one,
                                                                const model::ValuesSchema& schema,
                                                                const model::Values& defaults);
  static std::optional<Layer> giver(const Case& one, const model::ValuesSchema::Problem& problem);
  [[nodiscard]] Result<void> check_written_values() const;
  [[nodiscard]] Result<void> judge(const Case& one,
                                   const model::ValuesSchema::Problem& problem) const;
  [[nodiscard]] Result<void> check_template(std::vector<model::Key>& users) const;

  Layer written_ = kDefaults;  // which of the layers the entity is
  std::vector<Case> cases_;
};

}  // namespace titan::server_lite
