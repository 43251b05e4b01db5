#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/secret.hpp"
#include "base/timestamp.hpp"
#include "model/grant.hpp"

// What a Client learns of who may do what, and of devices that wait. Plain values.
namespace titan::client {

// Who one is to the server.
struct Whoami {
  std::string actor = {};  // as the change log names it
  std::string organization = {};
  std::vector<model::Grant> grants = {};
  std::string host = {};                  // of a device
  std::optional<Timestamp> expires = {};  // by the server's clock; none: never
};

// The identity provider that people log in at: what DeviceLogin needs to know.
struct LoginProvider {
  std::string issuer = {};
  std::string client_id = {};
  std::vector<std::string> scopes = {};
};

// What a login gives.
struct LoginAnswer {
  Secret token = {};
  Whoami who = {};
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
