#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/output_tail.hpp"
#include "base/process_runner.hpp"
#include "base/result.hpp"

// How drivers run programs: with an environment of their own, a time limit, and what the program
// wrote kept for whoever has to find out why it failed. Plain functions.
namespace titan::agent {

// Variables of the environment, all that a program of a driver gets.
using ProgramEnvironment = std::map<std::string, std::string>;

// What programs get by default: PATH, HOME, and English texts (LC_ALL=C).
ProgramEnvironment default_program_environment();
// The same, with what the agent's own environment has of the variables that engines, proxies and
// clusters are found by (DOCKER_HOST, HTTPS_PROXY, …); never with tokens of titan. `variable` asks
// for one, as ProgramEnv::variable does.
ProgramEnvironment program_environment(
    const std::function<std::optional<std::string>(const std::string&)>& variable);

// Runs it, and adds its standard error to `output`, and its standard output too when `keep_output`
// (what a program answers in a format for programs is of no use to a person, and may hold secrets).
// Any exit code is an Outcome. unavailable: it could not be started. exhausted: it did not end in
// time, and was killed.
Result<Outcome> run_program(ProcessRunner& runner, const Command& command, OutputTail& output,
                            bool keep_output = true);
// The same; internal, with what failure_of() says, unless it ended with 0.
Result<Outcome> run_to_success(ProcessRunner& runner, const Command& command, OutputTail& output,
                               bool keep_output = true);

// "systemctl start": what a person would call the command, for messages: the program without its
// path, and the first argument that is no flag.
std::string title_of(const Command& command);
// `"systemctl start" ended with exit code 1: <the line that says why>`, with that code.
Error failure_of(const Command& command, const Outcome& outcome,
                 ErrorCode code = ErrorCode::internal);
// Whether what a program wrote says that something could not be reached, which may pass.
bool sounds_passing(std::string_view text);

// The first kDriftTextsMax of them, each cut to kDriftTextBytesMax.
std::vector<std::string> limited_drift(std::vector<std::string> texts);

}  // namespace titan::agent
