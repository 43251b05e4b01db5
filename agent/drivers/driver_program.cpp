#include "agent/drivers/driver_program.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "agent/drivers/limits.hpp"
#include "base/text.hpp"
#include "model/limits.hpp"

namespace titan::agent {
namespace {

constexpr std::string_view kSystemPath =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// By these, programs find their engine, cluster, registry or proxy.
constexpr std::array kPassedOn = {
    "PATH",
    "HOME",
    "TMPDIR",
    "XDG_RUNTIME_DIR",
    "DOCKER_HOST",
    "DOCKER_CONFIG",
    "CONTAINER_HOST",
    "CONTAINERS_CONF",
    "DOCKER_CONTEXT",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "KUBERNETES_SERVICE_HOST",
    "KUBERNETES_SERVICE_PORT",
};

// In lower case, as the text is made before it is searched.
constexpr std::array<std::string_view, 16> kPassingFaults = {
    "connection refused",
    "was refused",
    "connection reset",
    "cannot connect to the docker daemon",
    "unable to connect",
    "i/o timeout",
    "tls handshake timeout",
    "context deadline exceeded",
    "no such host",
    "temporary failure in name resolution",
    "network is unreachable",
    "no route to host",
    "too many requests",
    "toomanyrequests",
    "the server is currently unable to handle the request",
    "failed to connect to bus",
};

std::string in_lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

// The line that says what went wrong: the first that begins as programs begin such lines, else the
// last one that does not only say where to read more.
std::string telling_line(std::string_view text) {
  constexpr std::array<std::string_view, 5> kBeginnings = {"error", "fatal", "failed", "job for",
                                                           "unable to"};
  std::string last;
  for (const std::string& piece : split(text, '\n')) {
    const std::string line(trim(piece));
    if (line.empty() || line.starts_with("See ")) continue;
    last = line;
    const std::string lower = in_lower_case(line);
    const bool telling =
        std::any_of(kBeginnings.begin(), kBeginnings.end(),
                    [&](std::string_view word) { return lower.starts_with(word); });
    if (telling) break;
  }
  return last;
}

}  // namespace

ProgramEnvironment default_program_environment() {
  return {{"PATH", std::string(kSystemPath)}, {"HOME", "/root"}, {"LC_ALL", "C"}};
}

ProgramEnvironment program_environment(
    const std::function<std::optional<std::string>(const std::string&)>& variable) {
  ProgramEnvironment environment = default_program_environment();
  for (const char* name : kPassedOn) {
    auto value = variable(name);
    if (value && !value->empty()) environment[name] = std::move(*value);
  }
  return environment;
}

Result<Outcome> run_program(ProcessRunner& runner, const Command& command, OutputTail& output,
                            bool keep_output) {
  auto outcome = runner.run(command);
  if (!outcome) {
    Error error = std::move(outcome).error();
    error.code = ErrorCode::unavailable;
    return error.context(title_of(command));
  }
  if (keep_output) output.add(outcome->output);
  output.add(outcome->errors);
  if (outcome->timed_out) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(command.timeout).count();
    return exhausted(quote(title_of(command)) + " did not end within " + std::to_string(seconds) +
                     " s, and was killed");
  }
  return outcome;
}

Result<Outcome> run_to_success(ProcessRunner& runner, const Command& command, OutputTail& output,
                               bool keep_output) {
  TITAN_ASSIGN(Outcome outcome, run_program(runner, command, output, keep_output));
  if (outcome.exit_code == 0) return outcome;
  const bool passing = sounds_passing(outcome.errors);
  return failure_of(command, outcome, passing ? ErrorCode::unavailable : ErrorCode::internal);
}

std::string title_of(const Command& command) {
  if (command.arguments.empty()) return {};
  const std::string& program = command.arguments.front();
  std::string title = program.substr(program.rfind('/') + 1);
  const auto word =
      std::find_if(command.arguments.begin() + 1, command.arguments.end(),
                   [](const std::string& argument) { return !argument.starts_with('-'); });
  if (word != command.arguments.end()) title += " " + *word;
  return title;
}

Error failure_of(const Command& command, const Outcome& outcome, ErrorCode code) {
  std::string message =
      quote(title_of(command)) + " ended with exit code " + std::to_string(outcome.exit_code);
  std::string line = telling_line(outcome.errors);
  if (line.empty()) line = telling_line(outcome.output);
  if (!line.empty()) message += ": " + clip(line, kProgramLineBytesMax);
  return {.code = code, .message = std::move(message)};
}

bool sounds_passing(std::string_view text) {
  const std::string lower = in_lower_case(text);
  return std::any_of(kPassingFaults.begin(), kPassingFaults.end(), [&](std::string_view fault) {
    return lower.find(fault) != std::string::npos;
  });
}

std::vector<std::string> limited_drift(std::vector<std::string> texts) {
  if (texts.size() > model::kDriftTextsMax) texts.resize(model::kDriftTextsMax);
  for (std::string& text : texts) text = clip(text, model::kDriftTextBytesMax);
  return texts;
}

}  // namespace titan::agent
