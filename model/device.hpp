#pragma once

#include <string>

namespace titan::model {

// The key by which a host proves who it is; the device has the host's name. A key is of one host
// alone.
struct DeviceSpec {
  std::string public_key = {};  // "ed25519:" and base64url
  bool revoked = false;         // the key opens nothing any more
  bool operator==(const DeviceSpec&) const = default;
};

}  // namespace titan::model
