#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/store.hpp"
#include "tests/simulation/dice.hpp"
#include "tests/simulation/plain_model.hpp"
#include "tests/simulation/readers.hpp"
#include "tests/simulation/subject.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/seeded_random.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::simulation {

// One random history of a store and of what is built on it, all from one seed: writes, reports,
// compactions, restarts, restores from a backup, while readers follow. It ends at the first thing
// that is not as PlainModel says.
class Simulation {
 public:
  // What is built on the store at each start.
  struct Ground {
    store::Store& store;
    testing::FakeClock& clock;
    Random& random;
  };
  using OpenSubject = std::function<Result<std::unique_ptr<Subject>>(const Ground&)>;
  // Puts something in front of the store that was just opened: a fault, on purpose.
  using Wrap = std::function<std::unique_ptr<store::Store>(std::unique_ptr<store::Store>)>;

  struct Options {
    std::uint64_t seed = 0;
    std::uint64_t operations = 0;
    OpenSubject open = {};
    Wrap wrap = {};
    // Both in tens.
    int feed_readers = 40;  // they read all there is, hosts only what is theirs
    int host_readers = 160;
    std::uint64_t restart_permille = 2;  // of the operations
  };
  struct Outcome {
    Finding finding = {};          // with who found it, the last operations, and how to replay
    std::uint64_t operations = 0;  // done until then
    Tally tally = {};
    std::uint64_t changes = 0;  // written, over all epochs
    std::uint64_t restarts = 0;
    std::uint64_t restores = 0;
    std::uint64_t horizon = 0;  // the last one
  };

  explicit Simulation(Options options);
  ~Simulation();
  Outcome run();

 private:
  void make_readers();
  Finding operate();
  Finding start();
  Finding restart();
  Finding check_reports();
  Finding back_up();
  Finding restore();
  Finding read();
  std::size_t next_reader();
  void move_clocks();
  void note(std::string what);
  [[nodiscard]] std::string story(const std::string& finding) const;
  [[nodiscard]] std::string database() const { return folder_.path() + "/titan.db"; }
  [[nodiscard]] std::string backup() const { return folder_.path() + "/titan.bak"; }

  const Options options_;
  testing::TemporaryDirectory folder_;
  testing::FakeClock clock_;
  testing::SeededRandom random_;  // of the store and the server
  Dice dice_;
  PlainModel plain_;
  std::optional<PlainModel> backed_up_;
  Finding broken_;  // what the store itself did wrong, in between
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Subject> subject_;
  std::vector<std::unique_ptr<Reader>> readers_;
  std::deque<std::string> recent_;  // operations
  Outcome outcome_;
};

}  // namespace titan::simulation
