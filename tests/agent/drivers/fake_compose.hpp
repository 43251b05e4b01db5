#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/process_runner.hpp"
#include "base/result.hpp"

namespace titan::agent::testing {

// Engines with compose, as far as a driver sees them: containers by project and service, each with
// the text of its service from when it was made. podman-compose is as careless as the real one: it
// leaves containers as they are when their service has changed or gone, and always ends with 0.
// For FakeProcessRunner's handler.
class FakeCompose {
 public:
  struct Container {
    std::string text;
    std::string state = "running";
    int exit_code = 0;
  };
  std::set<std::string> installed = {"docker", "docker compose"};
  std::map<std::string, std::string> files = {};  // the compose file in each folder
  std::map<std::string, std::map<std::string, Container>> projects = {};
  std::set<std::string> broken = {};  // services that end with 1 at once
  std::set<std::string> jobs = {};    // services that end with 0 at once

  Result<Outcome> run(const Command& command);
  // For comparisons: every container with the text that it was made of.
  [[nodiscard]] std::string state() const;

 private:
  Outcome engine(const Command& command, bool is_podman) const;
  Outcome compose(const Command& command, const std::vector<std::string>& arguments,
                  bool is_podman);
};

}  // namespace titan::agent::testing
