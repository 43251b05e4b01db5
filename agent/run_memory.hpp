#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/signing.hpp"
#include "client/device_channel.hpp"

namespace titan::agent {

// What the agent remembers until the machine starts again, in `agent.json` of the run directory:
// the session, so that a run from cron needs no new one, how far it was told the truth, and what
// it did not believe. Times are of the monotonic clock, which starts anew with each boot as the
// run directory does.
//
// The file is one JSON object, mode 0600: instance, device, token, macKey, root, bookmark,
// verified (microseconds), pollAfter (seconds), clockSkew (text of
// seconds), drivers [name], refusals {reason: count}, lastRefusal and
// lastFailure {what, message, time}, gitQueued, and gitFailure likewise; what there was not is left
// out.
struct RunMemory {
  struct Note {
    std::string what = {};  // the reason of a refusal, or the error's code
    std::string message = {};
    Clock::Monotonic time{};
    bool operator==(const Note&) const = default;
  };

  std::string instance = {};
  PublicKey device = {};               // whose session this is
  client::DeviceSession session = {};  // empty: none
  client::HighWater high_water = {};   // of verified answers; of an empty epoch before the first
  std::optional<Clock::Monotonic> verified = {};  // when the last answer was
  std::chrono::seconds poll_after{};              // that it asked for
  std::int64_t clock_skew_seconds = 0;            // of the host, when the last manifest came
  // Those that worked when they were asked last; none: they were not asked.
  std::optional<std::vector<std::string>> drivers = {};
  std::map<std::string, std::uint64_t> refusals = {};
  std::optional<Note> last_refusal = {};
  std::optional<Note> last_failure = {};  // since the last verified answer
  std::uint64_t git_queued = 0;           // commits that wait for the remote
  std::optional<Note> git_failure = {};   // why they do

  [[nodiscard]] nlohmann::json json() const;
  static Result<RunMemory> parse(const nlohmann::json& json);
};

// Keeps a RunMemory. Without a folder all is forgotten at the end of the process.
class RunFile {
 public:
  // Borrows `files`, whose root is the run directory; null: there is none.
  explicit RunFile(FileSystem* files) : files_(files) {}

  // An empty memory when there is no file, or none that can be read: it only costs a session.
  RunMemory load();
  // Writes the file unless it says the same already.
  Result<void> save(const RunMemory& memory);

 private:
  FileSystem* files_;
  std::string text_;  // of the file
};

}  // namespace titan::agent
