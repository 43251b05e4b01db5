#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/signing.hpp"

namespace titan::model {

// What a device needs to become a host, as one text that is typed or put on a card:
// "titan1.<URL>.<server key>.<secret>", the URL in base64url, the key without its prefix. It is
// secret until it was used. At most kEnrollmentBytesMax bytes.
struct EnrollmentString {
  std::string url = {};
  PublicKey server = {};
  Secret secret = {};  // its text, as it is sent

  [[nodiscard]] Secret text() const;
  // invalid, quoting nothing of it.
  static Result<EnrollmentString> parse(std::string_view text);
};

}  // namespace titan::model
