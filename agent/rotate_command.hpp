#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <string>

#include "base/file_system.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/transport.hpp"

namespace titan::agent {

// `titan-agent rotate-key`: the host gets a new key in place of the one that it has, and proves
// both to the server. The new one is on the disk before the server hears of it, so whenever this is
// cut off, the host has the key that the server knows: the same command again ends what was begun,
// and so does the next step of the agent (agent/agent.hpp).
struct RotateEnv {
  FileSystem& state;  // its root is the state directory
  std::function<Result<std::unique_ptr<Transport>>(const std::string& url)> connect;
  Random& random;
  std::ostream& out;
};

// conflict: an agent uses the state directory (its subject is kLockFile then), or the new key is of
// a host already. denied: the host is not enrolled, the server knows neither key, or two devices
// hold the old one. Others as client/device_channel.hpp has them, and those of FileSystem.
Result<void> rotate_key(const RotateEnv& env);

}  // namespace titan::agent
