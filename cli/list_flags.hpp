#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/timestamp.hpp"
#include "model/entity_filter.hpp"
#include "model/kind.hpp"

namespace titan::cli {

// What `get KIND` says of the entities that it wants to see.
struct ListFlags {
  std::optional<std::string> selector = {};         // of hosts: region=eu,!gpu
  std::optional<std::string> statuses = {};         // READY,MISSING
  std::optional<std::string> tags = {};             // k=v,…
  std::optional<std::string> fields = {};           // spec.workload=x,…
  std::optional<std::string> modified_after = {};   // see moment.hpp
  std::optional<std::string> modified_before = {};  // see moment.hpp
};

// The filter that the flags describe, for entities of `kind`. invalid, naming the flag.
Result<model::EntityFilter> filter_of(const ListFlags& flags, model::Kind kind, Timestamp now);

}  // namespace titan::cli
