#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "agent/drivers/driver.hpp"
#include "base/text.hpp"

namespace titan::testing {

// Drives nothing: records what it is asked ("before v1 -> v2", "after v1 -> none"), and does what
// the test says. Unpacks files that are not under root/. For one thread.
class FakeDriver final : public agent::Driver {
 public:
  explicit FakeDriver(std::string name = "fake") : name_(std::move(name)) {}

  // Called with each record, and its error is the driver's; may throw, as if it killed the agent.
  std::function<Result<void>(const std::string&, OutputTail&)> on_call = {};
  std::vector<std::string> drift_texts = {};
  std::vector<std::string> calls = {};
  std::string folder = {};  // of the last generation that came

  [[nodiscard]] std::string_view name() const override { return name_; }
  Result<void> available() override { return {}; }
  [[nodiscard]] bool unpacks(std::string_view path) const override {
    return !path.starts_with("root/");
  }
  Result<void> check(const agent::Generation& /*generation*/) override { return {}; }
  Result<void> before_files(const agent::DriverChange& change, OutputTail& output) override {
    return record("before ", change, output);
  }
  Result<void> after_files(const agent::DriverChange& change, OutputTail& output) override {
    return record("after ", change, output);
  }
  Result<std::vector<std::string>> drift(const agent::Generation& /*generation*/) override {
    return drift_texts;
  }

 private:
  Result<void> record(const char* moment, const agent::DriverChange& change, OutputTail& output) {
    std::vector<std::string> before;
    for (const auto* generation : change.before) {
      before.push_back("v" + std::to_string(generation->version));
    }
    std::string call = moment + (before.empty() ? std::string("none") : join(before, "+")) + " -> ";
    call += change.after == nullptr ? "none" : "v" + std::to_string(change.after->version);
    if (change.after != nullptr) folder = change.after->folder;
    calls.push_back(call);
    return on_call ? on_call(call, output) : Result<void>();
  }

  std::string name_;
};

}  // namespace titan::testing
