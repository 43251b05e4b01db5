#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/drivers/driver.hpp"
#include "agent/drivers/driver_program.hpp"
#include "model/rendered.hpp"

namespace titan::agent {

// The driver `compose`: the services of a compose file run, by docker or by podman. Of `docker
// compose`, `docker-compose`, `podman-compose` and `podman compose`, the first one that works is
// used. The files of the template outside `root/`, `hooks/` and `partials/` are unpacked, and the
// compose file is run where they are.
//
// - `up --detach --remove-orphans` for what shall be there. podman-compose neither notices changes
//   nor says when it fails, so with podman what was there before is taken down first when it
//   differs, and what runs is counted afterwards, with docker as well.
// - `down` with the file of each generation that may be there when the deployment leaves. Volumes
//   with names stay, as they hold data.
// - The project is called by compose_project(), whatever `name:` says in the file.
class ComposeDriver final : public Driver {
 public:
  struct Options {
    std::string docker = "docker";
    std::string docker_compose = "docker-compose";
    std::string podman = "podman";
    std::string podman_compose = "podman-compose";
    ProgramEnvironment environment = default_program_environment();
    std::chrono::milliseconds timeout{60'000};      // to ask
    std::chrono::milliseconds up_timeout{900'000};  // it may fetch images
    std::chrono::milliseconds down_timeout{300'000};
  };

  // Borrows the runner.
  ComposeDriver(ProcessRunner& runner, Options options);

  [[nodiscard]] std::string_view name() const override { return "compose"; }
  // Picks the tool. unavailable when none works, with what each of them said.
  Result<void> available() override;
  [[nodiscard]] bool unpacks(std::string_view path) const override {
    return model::is_free_path(path);
  }
  // invalid unless there is exactly one of compose.yaml, compose.yml, docker-compose.yaml and
  // docker-compose.yml at the top, with services if it can be read here (not all that compose
  // takes is YAML 1.2).
  Result<void> check(const Generation& generation) override;
  Result<void> before_files(const DriverChange& change, OutputTail& output) override;
  // Besides those of Driver: internal when a service does not run after all.
  Result<void> after_files(const DriverChange& change, OutputTail& output) override;
  // "web is not running (exited, 1)". A service that ended with 0 has done its work.
  Result<std::vector<std::string>> drift(const Generation& generation) override;

 private:
  struct Tool {
    std::vector<std::string> compose;  // the first arguments: "docker", "compose"
    std::string engine;                // "docker"
    bool is_podman = false;
  };
  struct Container {
    std::string service;
    std::string state;  // "running", "exited"
    int exit_code = 0;
  };

  // The tool, after asking for it if nobody has.
  Result<Tool> tool();
  [[nodiscard]] Command command(const Tool& tool, const Generation& generation,
                                std::vector<std::string> arguments) const;
  Result<void> down(const Tool& tool, const Generation& generation, OutputTail& output);
  Result<std::set<std::string>> services_of(const Tool& tool, const Generation& generation,
                                            OutputTail& output);
  Result<std::vector<Container>> containers_of(const Tool& tool, const Generation& generation,
                                               OutputTail& output);
  Result<std::vector<std::string>> missing(const Tool& tool, const Generation& generation,
                                           OutputTail& output);

  ProcessRunner& runner_;
  Options options_;
  std::optional<Tool> tool_;
};

// "titan-<workspace>_<deployment>", in which each dot is "__": compose takes letters, digits, "-"
// and "_", and since names have no "_" and begin and end with a letter or digit, no two deployments
// give one project.
std::string compose_project(const model::Key& deployment);

// The names of the services that a compose file starts: those without `profiles`, and with more
// than no replicas. The errors of parse_yaml(); invalid when there is no object `services`.
Result<std::set<std::string>> compose_services(std::string_view text);

}  // namespace titan::agent
