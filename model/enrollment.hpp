#pragma once

#include <string>

#include "base/digest.hpp"
#include "base/timestamp.hpp"
#include "model/labels.hpp"

namespace titan::model {

// A device that shows the secret, once, becomes the host. The secret itself is in the enrollment
// string that was printed; here is its digest.
struct EnrollmentSpec {
  std::string host = {};
  Labels labels = {};      // of the host, if it does not exist by then
  Digest digest = {};      // of the secret's text
  Timestamp expires = {};  // by the server's clock; must be given
  bool operator==(const EnrollmentSpec&) const = default;
};

}  // namespace titan::model
