#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "client/client.hpp"
#include "tests/fleet/host.hpp"
#include "tests/fleet/versions.hpp"
#include "tests/server-lite/test_server.hpp"

namespace titan::fleet {

// How all has to be once the faults are over. Of each host: its digest is the server's; the files
// below its root are what the server renders for it and no others, no temporary file and no empty
// folder among them; in place of a version that is bad stand the files that were kept last; Git
// holds what is applied; and a further step writes nothing to a disk. Of the server: a deployment
// is READY, or ERROR when a bad version is wanted on some host.
class Ending {
 public:
  struct Env {
    testing::TestServer& server;  // borrowed
    const Versions& versions;
    bool looks_into_git = false;
  };
  explicit Ending(const Env& env) : env_(env) {}

  // What is not as it should be, first; "" when all is.
  std::string look(const std::vector<std::unique_ptr<Host>>& hosts);
  // Deployments on hosts that are as they should be, and those that cannot be.
  [[nodiscard]] std::uint64_t ready() const { return ready_; }
  [[nodiscard]] std::uint64_t stalled() const { return stalled_; }

 private:
  enum class Outcome { ready, bad, waits };
  using Files = std::map<std::string, Host::File>;

  std::string look(Host& host);
  std::map<model::Key, Outcome> outcomes(const model::Manifest& manifest,
                                         const agent::AgentState& state);
  std::string look_at_files(Host& host, const client::HostChanges& wanted,
                            const agent::AgentState& state,
                            const std::map<model::Key, Outcome>& outcomes);
  Files files_of(const model::DesiredDeployment& form, const std::string& host);
  std::string look_into_git(Host& host, const agent::AgentState& state);
  std::string look_at_peace(Host& host);
  std::string look_at_statuses();

  Env env_;
  std::uint64_t ready_ = 0;
  std::uint64_t stalled_ = 0;
  std::map<std::string, std::set<Outcome>> by_deployment_;  // over all hosts
};

}  // namespace titan::fleet
