#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/entity.hpp"
#include "tests/fleet/timeline.hpp"
#include "tests/fleet/versions.hpp"
#include "tests/server-lite/test_server.hpp"
#include "tests/simulation/dice.hpp"

namespace titan::fleet {

// People who write to the server, by lot: versions of templates, deployments that come, change and
// go, labels, values, targets. What the server refuses is part of the story. For one thread.
class Operator {
 public:
  // Borrows all.
  Operator(testing::TestServer& server, Timeline& timeline, Versions& versions,
           simulation::Dice& dice)
      : server_(server), timeline_(timeline), versions_(versions), dice_(dice) {}

  // Templates, workloads, targets and hosts with these names, and a first deployment.
  void begin(const std::vector<std::string>& hosts);
  // One write, by lot.
  void act();
  // What others changed is to be put back from now on, everywhere.
  void want_healing();

 private:
  void put(const model::Entity& entity, const std::string& what);
  void put_template(const std::string& name);
  void put_deployment(const std::string& name);
  void put_host(const std::string& name);
  void put_target(const std::string& name);
  void put_workload(const std::string& name);
  void remove(const model::Key& key);
  model::Values some_values(std::uint64_t percent);
  void tell(const std::string& what) { timeline_.tell("operator", what); }

  testing::TestServer& server_;
  Timeline& timeline_;
  Versions& versions_;
  simulation::Dice& dice_;
  std::vector<std::string> hosts_;
  std::uint64_t levels_ = 0;
};

}  // namespace titan::fleet
