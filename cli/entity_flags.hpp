#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "cli/draft.hpp"
#include "cli/env.hpp"
#include "model/kind.hpp"

namespace titan::cli {

// What `create KIND` and `apply KIND` say of an entity. Each kind has the flags of its spec only
// (arguments.cpp offers no others).
struct EntityFlags {
  std::optional<std::string> tags = {};      // k=v,…
  std::optional<std::string> labels = {};    // k=v,…   host, target
  std::optional<std::string> values = {};    // a file, or YAML or JSON   host, workload, deployment
  std::optional<std::string> delivery = {};  // host
  std::optional<std::string> drivers = {};   // a,b,…   host
  std::optional<std::uint64_t> capacity = {};        // host
  std::optional<std::string> lease = {};             // host
  std::optional<std::string> directory = {};         // template
  std::optional<std::string> repository = {};        // template: --repo
  std::optional<std::string> ref = {};               // template
  std::optional<std::string> path = {};              // template
  std::optional<std::string> repo = {};              // workload
  std::optional<std::string> template_name = {};     // workload, deployment
  std::optional<std::string> selector = {};          // target
  std::optional<std::string> workload = {};          // deployment
  std::optional<std::string> target = {};            // deployment
  std::optional<std::uint64_t> replicas = {};        // deployment
  std::optional<std::string> spread_by = {};         // deployment
  std::optional<std::string> reschedule_after = {};  // deployment
  std::optional<std::string> depends_on = {};        // a,b,…   deployment
  std::optional<std::string> drift_policy = {};      // deployment
  std::optional<std::string> description = {};       // workspace
};

// The entity that the flags describe. invalid, naming the flag or the field, when they do not
// describe one; or what reading a --values file gave.
Result<Draft> draft_of(model::Kind kind, const std::string& name, const EntityFlags& flags,
                       const DraftPlace& place, const Env& env);

}  // namespace titan::cli
