#pragma once

#include <string>

#include "base/digest.hpp"
#include "base/timestamp.hpp"
#include "model/role.hpp"

namespace titan::model {

// What somebody shows to be let in. The secret itself is kept by who made it; here is its digest.
struct TokenSpec {
  Role role = Role::viewer;
  std::string workspace = {};  // where the role holds; empty: in the whole organization
  Digest digest = {};          // of the secret's text
  Timestamp expires = {};      // by the server's clock; zero: never
  std::string description = {};
  bool operator==(const TokenSpec&) const = default;
};

}  // namespace titan::model
