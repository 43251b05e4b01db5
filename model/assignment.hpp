#pragma once

#include <string>

namespace titan::model {

// The record that a deployment with limited replicas runs on a host. Written by the server.
struct AssignmentSpec {
  std::string deployment = {};  // in the same workspace
  std::string host = {};
  bool operator==(const AssignmentSpec&) const = default;
};

}  // namespace titan::model
