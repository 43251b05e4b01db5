#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/timestamp.hpp"
#include "model/role.hpp"

// What a Client learns of who may do what, and of devices that wait. Plain values.
namespace titan::client {

// Who one is to the server.
struct Whoami {
  // A role, and where it holds.
  struct Grant {
    model::Role role = model::Role::viewer;
    std::string workspace = {};  // empty: in the whole organization
    bool operator==(const Grant&) const = default;
  };
  std::string actor = {};  // as the change log names it
  std::string organization = {};
  std::vector<Grant> grants = {};
  std::string host = {};                  // of a device
  std::optional<Timestamp> expires = {};  // by the server's clock; none: never
};

// Whether one may do something.
struct Permission {
  bool allowed = false;
  std::string reason = {};  // why not
};

// A device that waits to be approved.
struct WaitingDevice {
  std::string id = {};  // as the device shows it, too
  std::string key = {};
  std::string name = {};  // that it gave itself
  std::string address = {};
  Timestamp since = {};
  Timestamp last_seen = {};
};

}  // namespace titan::client
