#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/fleet/host.hpp"
#include "tests/fleet/mutation.hpp"
#include "tests/fleet/network.hpp"
#include "tests/fleet/operator.hpp"
#include "tests/fleet/timeline.hpp"
#include "tests/fleet/versions.hpp"
#include "tests/server-lite/test_server.hpp"
#include "tests/simulation/dice.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::fleet {

// A whole fleet in one process, all of it from one seed: the real server without its socket, a few
// hosts with the real agent, and virtual time. For an hour or two people write, the network loses
// and repeats, clocks jump, processes, machines and the server end and start again, disks are full,
// somebody changes applied files. Then all faults stop, time goes on until all is quiet, and
// everything has to be as the server wants it (tests/fleet/ending.hpp). Ends at the first thing
// that is not as it should be. For one thread.
class Fleet {
 public:
  struct Options {
    std::uint64_t seed = 0;
    std::uint64_t operations = 60;
    Mutation mutation = Mutation::none;
    bool looks_into_git = false;  // with git(1) at the end, which takes a while
  };
  struct Outcome {
    std::string finding = {};   // empty: all is as it should be
    std::string story = {};     // a line for each event; the same for the same options
    std::uint64_t steps = 0;    // of agents
    std::uint64_t stops = 0;    // in the midst of one
    std::uint64_t stalled = 0;  // deployments on hosts, at the end
    std::uint64_t ready = 0;    // the same
  };

  explicit Fleet(const Options& options);
  Outcome run();

 private:
  using Time = Timeline::Time;

  void begin();
  void operate();
  void cut_network(Host& host);
  void keep_server_busy();
  void turn_clock(Host& host);
  void stop_soon(Host& host);
  void strike(Host& host);
  void hurt_disk(Host& host);
  void meddle(Host& host);
  void take_driver(Host& host);
  void restart_server();
  void calm();
  void ask_for_retries();

  void wake(Host& host, Time wait);
  void step(Host& host);
  void plan_next(Host& host, const agent::StepResult& result);
  void come_back(Host& host, bool with_machine);
  void check(Host& host);
  void find(const std::string& finding);
  Time some(std::int64_t from_seconds, std::int64_t to_seconds);
  Host& some_host() { return *hosts_[dice_.below(hosts_.size())]; }

  const Options options_;
  simulation::Dice dice_;
  testing::TemporaryDirectory git_;
  testing::TestServer server_;
  Timeline timeline_;
  Network network_;
  Versions versions_;
  Operator operator_;
  std::vector<std::unique_ptr<Host>> hosts_;
  bool is_calm_ = false;
  Outcome outcome_;
};

}  // namespace titan::fleet
