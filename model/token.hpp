#pragma once

#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/timestamp.hpp"
#include "model/grant.hpp"

namespace titan::model {

// What somebody shows to be let in. The secret itself is kept by who made it; here is its digest.
struct TokenSpec {
  std::vector<Grant> grants = {};  // 1 to kGrantsMax
  Digest digest = {};              // of the secret's text
  Timestamp expires = {};          // by the server's clock; zero: never
  std::string description = {};
  bool operator==(const TokenSpec&) const = default;
};

}  // namespace titan::model
