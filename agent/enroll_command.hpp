#pragma once

#include <chrono>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "base/file_system.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/signing.hpp"
#include "base/transport.hpp"

namespace titan::agent {

// `titan-agent enroll`: makes this machine a host, or another one than it was. Until the server has
// said yes, and has proven who it is, the host stays what it is; a run that is cut off anywhere is
// begun again with the same key.
struct EnrollOptions {
  Secret enrollment = {};         // the enrollment string; empty: by the lobby
  std::string server = {};        // of the lobby: its URL
  std::string server_key = {};    // which it must have; empty: the first that it shows is believed
  std::string name = {};          // that the host may get in the lobby
  std::string organization = {};  // of the lobby
  // The authors whose word the host wants from its first moment on, besides those that it wants it
  // of already.
  std::vector<PublicKey> require_signed_by = {};
  bool wait = true;  // in the lobby until somebody has approved the device
};

struct EnrollEnv {
  FileSystem& state;
  std::function<Result<std::unique_ptr<Transport>>(const std::string& url)> connect;
  Random& random;
  std::ostream& out;
  // Waits so long; true when the program was told to stop.
  std::function<bool(std::chrono::seconds)> pause;
};

// conflict: an agent uses the state directory (its subject is kLockFile then), or the key is of a
// host already. unavailable: nobody has approved the device yet. invalid: the enrollment string, or
// a key. Others as client/enrollment.hpp has them.
Result<void> enroll(const EnrollEnv& env, const EnrollOptions& options);

}  // namespace titan::agent
