#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "agent/drivers/driver.hpp"
#include "agent/drivers/driver_program.hpp"
#include "model/rendered.hpp"

namespace titan::agent {

// A program as a driver: any executable `titan-driver-NAME`, which is given one request in JSON on
// its standard input and gives one answer in JSON on its standard output.
// docs/spec/driver-protocol.md describes both; this class owns the format.
//
//   capabilities  when the agent asks whether the driver works
//   plan          before files are placed
//   apply         after it
//   remove        when the deployment leaves, before its files go
//   status        to find drift
//
// A protocol over a socket, or a program that stays, was rejected: a driver would have to be
// started and watched, and in shell it would be no matter of twenty lines.
class ExternalDriver final : public Driver {
 public:
  struct Options {
    std::string name;  // "hello"
    std::string path;  // of the executable
    std::string host = {};
    ProgramEnvironment environment = default_program_environment();
    std::chrono::milliseconds timeout{30'000};         // of capabilities, plan and status
    std::chrono::milliseconds apply_timeout{600'000};  // of apply and remove
  };

  // Borrows the runner.
  ExternalDriver(ProcessRunner& runner, Options options);

  [[nodiscard]] std::string_view name() const override { return options_.name; }
  // Asks for its capabilities. unavailable with what is wrong: it cannot be run, or speaks another
  // protocol.
  Result<void> available() override;
  // As its capabilities say; true until they are asked for.
  [[nodiscard]] bool places_files() const override { return places_files_; }
  [[nodiscard]] bool unpacks(std::string_view path) const override {
    return unpacks_ && model::is_free_path(path);
  }
  Result<void> check(const Generation& /*generation*/) override { return {}; }
  // Besides those of Driver: unavailable or invalid, as the program says, with its reason;
  // exhausted (it takes too long, or writes too much); internal (no answer that can be understood,
  // another exit code than 0 without an answer, or a signal ended it); denied (the file is not
  // trusted any more, see check_external_driver()).
  Result<void> before_files(const DriverChange& change, OutputTail& output) override;
  Result<void> after_files(const DriverChange& change, OutputTail& output) override;
  Result<std::vector<std::string>> drift(const Generation& generation) override;

 private:
  struct Answer {
    std::vector<std::string> texts;  // `actions` of a plan, `drift` of a status
    std::uint64_t protocol = 0;
    bool places_files = true;
    bool unpacks = true;
  };
  Result<Answer> ask(const std::string& operation, const DriverChange& change, OutputTail& output);

  ProcessRunner& runner_;
  Options options_;
  bool places_files_ = true;
  bool unpacks_ = true;
};

// Executables that are there, and those that are not used, with the reason.
struct ExternalDrivers {
  std::map<std::string, std::string> paths = {};  // by the driver's name
  std::vector<std::string> refused = {};  // "/usr/lib/…/titan-driver-x: others may write to it"
};

// The executables `titan-driver-NAME` of the folders; of one name the first counts. Refused are
// those that are not trusted, those whose name no template can use, and those called as a driver
// that the agent has itself. Folders that do not exist are passed over.
ExternalDrivers discover_external_drivers(const std::vector<std::string>& folders);

// denied unless it is a regular file that may be executed, and it and its folder belong to root or
// to the user of this process, and nobody else may write to them. not_found when it is not there.
Result<void> check_external_driver(const std::string& path);

}  // namespace titan::agent
