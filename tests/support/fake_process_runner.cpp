#include "tests/support/fake_process_runner.hpp"

#include "base/text.hpp"

namespace titan::testing {

Result<Outcome> FakeProcessRunner::run(const Command& command) {
  commands_.push_back(command);
  TITAN_TRY(faults_.call("run " + join(command.arguments, " ")));
  if (!script_.empty()) {
    Result<Outcome> outcome = std::move(script_.front());
    script_.pop_front();
    return outcome;
  }
  return handler_ ? handler_(command) : Outcome{};
}

}  // namespace titan::testing
