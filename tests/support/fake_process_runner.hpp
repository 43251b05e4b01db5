#pragma once

#include <deque>
#include <functional>
#include <vector>

#include "base/process_runner.hpp"
#include "tests/support/faults.hpp"

namespace titan::testing {

// Runs nothing: records the commands, and answers each with the next scripted Outcome; when there
// is none, with what the handler says; without a handler, with success and no output.
// Calls are named "run PROGRAM ARGUMENT …". For one thread.
class FakeProcessRunner final : public ProcessRunner {
 public:
  using Handler = std::function<Result<Outcome>(const Command&)>;

  FakeProcessRunner() = default;
  explicit FakeProcessRunner(Handler handler) : handler_(std::move(handler)) {}

  void answer(Result<Outcome> outcome) { script_.push_back(std::move(outcome)); }
  Faults& faults() { return faults_; }
  [[nodiscard]] const std::vector<Command>& commands() const { return commands_; }

  Result<Outcome> run(const Command& command) override;

 private:
  Handler handler_;
  std::deque<Result<Outcome>> script_;
  std::vector<Command> commands_;
  Faults faults_;
};

}  // namespace titan::testing
