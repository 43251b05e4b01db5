#pragma once

#include <chrono>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "agent/agent_state.hpp"
#include "agent/identity_store.hpp"
#include "agent/run_memory.hpp"
#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/result.hpp"
#include "base/timestamp.hpp"

namespace titan::agent {

// How a host is, as it knows it itself: for `titan-agent status`. A plain value.
struct HostStatus {
  struct Deployment {
    std::string name = {};  // "default/prod"
    // READY, ERROR, PENDING (not there yet), CHECKING (its health), STALLED (an error, and it is
    // not tried again by itself) or LEAVING
    std::string state = {};
    std::uint64_t version = 0;
    std::optional<Timestamp> since = {};  // the server's, when what is there was wanted first
    std::string reason = {};
    std::string output = {};     // the end of what programs wrote that failed
    std::uint32_t attempts = 0;  // of the form that is wanted and not there
    std::uint64_t healed = 0;    // how often what others changed was put back
  };

  std::optional<Identity> identity = {};  // none: not enrolled
  std::optional<model::Bookmark> bookmark = {};
  std::vector<Deployment> deployments = {};
  RunMemory memory = {};
  // Since the last answer that was verified; none: there was none since the machine started, or it
  // is not known, as there is no run directory.
  std::optional<std::chrono::seconds> silence = {};
  // Until the server wants to be asked again, 0 when that is over; none: it has said nothing since
  // the machine started. A passing fault is tried again sooner.
  std::optional<std::chrono::seconds> next_poll = {};

  // Nothing that could be verified came for kSilenceMax and for three polls: the server cannot be
  // reached, or somebody keeps its answers from the host.
  [[nodiscard]] bool is_cut_off() const;
};

// Reads what an agent has written, also while one runs. `run` may be null. `now` is of the
// monotonic clock. invalid: a file is none of titan's; and the errors of FileSystem.
Result<HostStatus> read_status(FileSystem& state, FileSystem* run, Clock::Monotonic now);

nlohmann::json json_of(const HostStatus& status, Clock::Monotonic now);
// For people: a line each, in the order of the JSON.
std::string text_of(const HostStatus& status, Clock::Monotonic now);

}  // namespace titan::agent
