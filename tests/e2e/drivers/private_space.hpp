#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/process_runner.hpp"
#include "tests/e2e/programs.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::testing {

// A mount and network namespace of its own with a cgroup2 tree, in which a program runs for as long
// as the object lives: what containers need of a machine that has other cgroups, or none that may
// be used. Wants root, unshare(1) and nsenter(1).
class PrivateSpace {
 public:
  // Why no such space can be made here; nothing when one can.
  static std::optional<std::string> missing(const std::vector<std::string>& programs);

  explicit PrivateSpace(const std::vector<std::string>& program);

  // A program that runs another one in the space: the path of a script, which titan's drivers can
  // be given in place of `program`. With `inside`, in all namespaces of the program's first child.
  std::string entrance(const std::string& program, bool inside = false);
  // The first child of the program; 0 when there is none yet.
  [[nodiscard]] int child() const;
  [[nodiscard]] const std::string& folder() const { return folder_.path(); }
  [[nodiscard]] std::string log() const;

 private:
  TemporaryDirectory folder_;
  std::unique_ptr<BackgroundProgram> program_;
};

// Runs programs for real until it is told to fail, as for one who was killed: from the n-th call
// on, each is refused and nothing is started. Counts from 1.
class KillableRunner final : public ProcessRunner {
 public:
  void fail_from(std::size_t n) { fail_from_ = n; }
  void reset() { *this = KillableRunner(); }
  [[nodiscard]] std::size_t count() const { return count_; }
  Result<Outcome> run(const Command& command) override;

 private:
  std::size_t count_ = 0;
  std::size_t fail_from_ = 0;  // 0: never
};

}  // namespace titan::testing
