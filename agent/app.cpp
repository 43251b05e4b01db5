#include "agent/app.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <ostream>

#include "agent/arguments.hpp"
#include "agent/daemon.hpp"
#include "agent/doctor.hpp"
#include "agent/doctor_facts.hpp"
#include "agent/doorbell.hpp"
#include "agent/drivers/driver_set.hpp"
#include "agent/enroll_command.hpp"
#include "agent/git_key_command.hpp"
#include "agent/limits.hpp"
#include "agent/retry_requests.hpp"
#include "agent/rotate_command.hpp"
#include "agent/running_agent.hpp"
#include "agent/status.hpp"
#include "agent/trust_command.hpp"
#include "base/file_system.hpp"
#include "base/json.hpp"
#include "base/process_runner.hpp"
#include "base/random.hpp"
#include "base/stop_signals.hpp"
#include "base/text.hpp"
#include "model/limits.hpp"

namespace titan::agent {
namespace {

ExitCode locked(const Error& error, const Configuration& configuration, Log& log) {
  log.warning(error.text(), {{"state", configuration.state}});
  return ExitCode::locked;
}

Result<ExitCode> run_once(const Configuration& configuration, Log& log, const Clock& clock) {
  TITAN_ASSIGN(const auto agent, RunningAgent::open(configuration, log));
  const StopSignals signals;
  StepResult result = agent->step(clock.monotonic());
  // Until the health of what it applied is known.
  while (result.checking) {
    if (signals.wait(result.next - clock.monotonic())) {
      log.info("stopping");
      TITAN_TRY(agent->pause());
      break;
    }
    result = agent->step(clock.monotonic());
  }
  log_summary(log, result);
  if (result.error) return exit_code_of(result.error->code);
  return result.failing > 0 ? ExitCode::failed : ExitCode::done;
}

// Waits for signals and, while the run directory can be used, for `titan-agent retry`.
class Waiting {
 public:
  Waiting(const DaemonSignals& signals, Log& log) : signals_(signals), log_(log) {}

  void listen_in(const std::string& run_directory) {
    auto opened = Doorbell::open(run_directory);
    doorbell_.reset();
    if (opened) {
      doorbell_ = *std::move(opened);
    } else {
      log_.warning("\"titan-agent retry\" waits for the next poll",
                   {{"error", opened.error().text()}});
    }
  }
  [[nodiscard]] DaemonSignals::Event wait(std::chrono::microseconds timeout) const {
    const auto event = signals_.wait(timeout, doorbell_ ? doorbell_->descriptor() : -1);
    if (event == DaemonSignals::Event::readable) doorbell_->clear();
    return event;
  }

 private:
  const DaemonSignals& signals_;
  Log& log_;
  std::optional<Doorbell> doorbell_;
};

Result<ExitCode> run_daemon(const Arguments& arguments, Log& log, const Clock& clock) {
  TITAN_ASSIGN(const DaemonSignals signals, DaemonSignals::open());
  Waiting waiting(signals, log);
  const DaemonEnv env{
      .open = [&](const Configuration& configuration) -> Result<std::unique_ptr<Steps>> {
        TITAN_ASSIGN(auto agent, RunningAgent::open(configuration, log));
        waiting.listen_in(configuration.run);
        return std::unique_ptr<Steps>(std::move(agent));
      },
      .reload = [&] { return load_configuration(arguments.sources); },
      .wait = [&](std::chrono::microseconds timeout) { return waiting.wait(timeout); },
      .clock = clock,
      .log = log};
  return agent::run_daemon(env, arguments.configuration);
}

Result<ExitCode> run_agent(const Arguments& arguments, Log& log, const Clock& clock) {
  const auto code = arguments.command == Command::run
                        ? run_daemon(arguments, log, clock)
                        : run_once(arguments.configuration, log, clock);
  if (!code && code.error().subject == kLockFile) {
    return locked(code.error(), arguments.configuration, log);
  }
  return code;
}

// The string is no argument then, which everybody on the machine could read.
Result<Secret> read_enrollment(const std::string& given) {
  if (given != "-" && !given.starts_with('@')) return Secret::of(given);
  const std::string path = given == "-" ? "/dev/stdin" : given.substr(1);
  std::ifstream file(path, std::ios::binary);
  std::string text(model::kEnrollmentBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  const auto count = static_cast<std::size_t>(file.gcount());
  Secret all = Secret::of(std::move(text));
  if (count == 0) return invalid("no enrollment string can be read from " + quote(path));
  return Secret::of(std::string(all.bytes().substr(0, count)));
}

Result<ExitCode> run_enroll(Arguments& arguments, const ProgramEnv& env, Log& log) {
  const Configuration& configuration = arguments.configuration;
  SystemRandom random;
  if (!arguments.lobby) {
    TITAN_ASSIGN(arguments.enroll.enrollment, read_enrollment(arguments.enrollment));
  }
  TITAN_ASSIGN(const auto state, DiskFileSystem::create(configuration.state));
  const StopSignals signals;
  const auto done =
      enroll({.state = *state,
              .connect = [&](const std::string& url) { return connect(configuration, url); },
              .random = random,
              .out = env.out,
              .pause = [&](std::chrono::seconds time) { return signals.wait(time); }},
             arguments.enroll);
  if (!done && done.error().subject == kLockFile) {
    return locked(done.error(), configuration, log);
  }
  if (!done) return done.error();
  return ExitCode::done;
}

Result<ExitCode> run_rotate_key(const Configuration& configuration, const ProgramEnv& env,
                                Log& log) {
  SystemRandom random;
  TITAN_ASSIGN(const auto state, DiskFileSystem::open(configuration.state));
  const auto done =
      rotate_key({.state = *state,
                  .connect = [&](const std::string& url) { return connect(configuration, url); },
                  .random = random,
                  .out = env.out});
  if (!done && done.error().subject == kLockFile) {
    return locked(done.error(), configuration, log);
  }
  if (!done) return done.error();
  return ExitCode::done;
}

Result<ExitCode> run_trust_author(const Arguments& arguments, const ProgramEnv& env, Log& log) {
  TITAN_ASSIGN(const auto state, DiskFileSystem::open(arguments.configuration.state));
  const auto done = trust_author(*state, env.out, arguments.trust_author);
  if (!done && done.error().subject == kLockFile) {
    return locked(done.error(), arguments.configuration, log);
  }
  if (!done) return done.error();
  return ExitCode::done;
}

Result<ExitCode> run_status(const Arguments& arguments, const ProgramEnv& env, const Clock& clock) {
  TITAN_ASSIGN(const auto state, DiskFileSystem::open(arguments.configuration.state));
  const auto run = DiskFileSystem::open(arguments.configuration.run);
  const Clock::Monotonic now = clock.monotonic();
  TITAN_ASSIGN(const HostStatus status, read_status(*state, run ? run->get() : nullptr, now));
  if (arguments.output == "json") {
    env.out << pretty_json(json_of(status, now)) << "\n";
  } else if (arguments.output == "name") {
    for (const auto& deployment : status.deployments) env.out << deployment.name << "\n";
  } else {
    env.out << text_of(status, now);
  }
  return ExitCode::done;
}

// A host that is not set up yet has no drivers to speak of.
Result<std::vector<DoctorFacts::Driver>> ask_drivers(const Configuration& configuration) {
  std::vector<DoctorFacts::Driver> facts;
  const auto root = DiskFileSystem::open(configuration.root);
  const auto state = DiskFileSystem::open(configuration.state);
  if (!root || !state) return facts;
  SystemProcessRunner processes;
  TITAN_ASSIGN(auto options, driver_options(configuration, **root, **state));
  DriverSet drivers(processes, std::move(options));
  for (const std::string& name : drivers.names()) {
    auto driver = drivers.need(name);
    facts.push_back({.name = name, .available = driver ? Result<void>() : driver.error()});
  }
  for (const std::string& refused : drivers.refused()) {
    facts.push_back({.name = "of " + refused, .available = denied("it is not used")});
  }
  return facts;
}

Result<ExitCode> run_doctor(const Arguments& arguments, const ProgramEnv& env, const Clock& clock) {
  TITAN_ASSIGN(const auto drivers, ask_drivers(arguments.configuration));
  const auto facts = collect_facts(arguments.configuration, drivers, clock);
  const std::vector<Finding> findings = examine(facts);
  if (arguments.output == "json") {
    env.out << pretty_json(json_of(findings)) << "\n";
  } else {
    env.out << text_of(findings);
  }
  return any_failed(findings) ? ExitCode::failed : ExitCode::done;
}

// not_found when the host neither has the deployment nor shall have it.
Result<void> check_known(FileSystem& state, const model::Key& deployment) {
  TITAN_ASSIGN(const AgentState held, StateFile(state).load());
  std::vector<std::string> names;
  for (const auto& [key, form] : held.desired) names.push_back(key.short_text());
  for (const auto& [key, applied] : held.applied) names.push_back(key.short_text());
  const std::string name = deployment.short_text();
  if (std::ranges::find(names, name) != names.end()) return {};
  return not_found("this host has no deployment " + quote(name) + did_you_mean(name, names));
}

Result<ExitCode> run_retry(const Arguments& arguments, const ProgramEnv& env) {
  const Configuration& configuration = arguments.configuration;
  TITAN_ASSIGN(const auto state, DiskFileSystem::open(configuration.state));
  TITAN_ASSIGN(const auto identity, IdentityStore(*state).load_public());
  if (!identity) return denied("this host is not enrolled");
  const auto deployment = parse_deployment(arguments.deployment, identity->organization);
  if (!deployment) {
    env.err << "titan-agent: " << deployment.error().text() << "\n";
    return ExitCode::usage;
  }
  TITAN_TRY(check_known(*state, *deployment));
  TITAN_TRY(RetryRequests(*state, identity->organization).ask(*deployment));
  const auto rung = Doorbell::ring(configuration.run);
  env.out << deployment->short_text()
          << (rung && *rung ? " is tried again now\n"
                            : " is tried again by the next run, as no daemon was found in " +
                                  configuration.run + "\n");
  return ExitCode::done;
}

Result<ExitCode> run_git_key(const Configuration& configuration, const ProgramEnv& env) {
  TITAN_ASSIGN(const auto state, DiskFileSystem::open(configuration.state));
  TITAN_TRY(print_git_key(configuration, *state, env.out));
  return ExitCode::done;
}

Result<ExitCode> run_command(Arguments& arguments, const ProgramEnv& env, Log& log,
                             const Clock& clock) {
  switch (arguments.command) {
    case Command::enroll:
      return run_enroll(arguments, env, log);
    case Command::rotate_key:
      return run_rotate_key(arguments.configuration, env, log);
    case Command::trust_author:
      return run_trust_author(arguments, env, log);
    case Command::status:
      return run_status(arguments, env, clock);
    case Command::doctor:
      return run_doctor(arguments, env, clock);
    case Command::retry:
      return run_retry(arguments, env);
    case Command::git_key:
      return run_git_key(arguments.configuration, env);
    case Command::once:
    case Command::run:
      return run_agent(arguments, log, clock);
  }
  return ExitCode::usage;
}

}  // namespace

ExitCode run(const std::vector<std::string>& arguments, const ProgramEnv& env) {
  auto read = read_arguments(arguments, env);
  if (const auto* code = std::get_if<ExitCode>(&read)) return *code;
  auto& told = std::get<Arguments>(read);
  const SystemClock clock;
  Log log(env.err, clock, told.configuration.log_form(env.log_format));
  const auto code = run_command(told, env, log, clock);
  if (code) return *code;
  log.error("titan-agent cannot go on", {{"error", code.error().text()}});
  return code.error().field == "--host" ? ExitCode::usage : exit_code_of(code.error().code);
}

}  // namespace titan::agent
