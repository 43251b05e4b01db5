#include "agent/app.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ostream>

#include "agent/agent.hpp"
#include "agent/publisher.hpp"
#include "base/file_system.hpp"
#include "base/random.hpp"
#include "base/stop_signals.hpp"
#include "client/client.hpp"
#include "client/http_transport.hpp"
#include "model/key.hpp"

namespace titan::agent {
namespace {

struct Options {
  std::string server = "http://127.0.0.1:7480";
  std::string ca_file;
  std::string host;
  std::string state = "/var/lib/titan";
  std::string root = "/";
  std::string git;
  bool daemon = false;
};

constexpr const char* kDescription =
    "titan-agent brings this host to what the server wants for it.\n\n"
    "Examples:\n"
    "  titan-agent once --server http://127.0.0.1:7480 --host tim-pi    # from cron\n"
    "  titan-agent run --host tim-pi --git /var/lib/titan/repo          # as a daemon\n";

// Nothing when the program shall go on; else its exit code.
std::optional<ExitCode> parse(std::vector<std::string> arguments, const ProgramEnv& env,
                              Options& options) {
  options.server = env.variable("TITAN_SERVER").value_or(options.server);
  const std::string ca_file_variable = env.variable("TITAN_CA_FILE").value_or("");
  options.host = env.variable("TITAN_HOST").value_or("");
  CLI::App app(kDescription, "titan-agent");
  app.set_version_flag("--version", "titan-agent " TITAN_VERSION);
  app.require_subcommand(1);
  const auto* once = app.add_subcommand("once", "Bring the host up to date, and end");
  const auto* daemon = app.add_subcommand("run", "Keep the host up to date until told to stop");
  for (auto* command : app.get_subcommands({})) {
    command->add_option("--server", options.server, "The server's URL (TITAN_SERVER)")
        ->capture_default_str();
    command->add_option("--ca-file", options.ca_file,
                        "Certificates (PEM) to trust for https://, and no others (TITAN_CA_FILE); "
                        "left out: the system's");
    command->add_option("--host", options.host, "This host's name (TITAN_HOST)");
    command->add_option("--state", options.state, "What the agent remembers; made if absent")
        ->capture_default_str();
    command->add_option("--root", options.root, "Files are written below it; made if absent")
        ->capture_default_str();
    command->add_option("--git", options.git,
                        "The bare repository to commit to, or a URL to push to; "
                        "left out: the one in the state directory");
  }
  try {
    std::reverse(arguments.begin(), arguments.end());  // as the library wants them
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    const bool asked_for = error.get_exit_code() == 0;
    app.exit(error, env.out, env.err);
    return asked_for ? ExitCode::done : ExitCode::usage;
  }
  if (options.ca_file.empty() && options.server.starts_with("https://")) {
    options.ca_file = ca_file_variable;
  }
  options.daemon = daemon->parsed() && !once->parsed();
  if (const auto checked = model::check_name("--host", options.host); !checked) {
    env.err << "titan-agent: " << checked.error().text() << "\n";
    return ExitCode::usage;
  }
  return std::nullopt;
}

void log_summary(Log& log, const StepResult& result) {
  const bool quiet = result.applied + result.removed + result.failing == 0 && !result.error;
  log.info(quiet ? "nothing to do" : "step ended",
           {{"applied", result.applied}, {"removed", result.removed}, {"failing", result.failing}});
}

ExitCode run_daemon(Agent& agent, const Clock& clock, Log& log) {
  const StopSignals signals;
  while (true) {
    const StepResult result = agent.step(clock.monotonic());
    if (result.applied + result.removed + result.failing > 0) log_summary(log, result);
    if (signals.wait(result.next - clock.monotonic())) {
      log.info("stopping");
      return ExitCode::done;
    }
  }
}

ExitCode run_once(Agent& agent, const Clock& clock, Log& log) {
  const StepResult result = agent.step(clock.monotonic());
  log_summary(log, result);
  if (result.error) return exit_code_of(result.error->code);
  return result.failing > 0 ? ExitCode::failed : ExitCode::done;
}

Result<ExitCode> run_agent(const Options& options, Log& log, const Clock& clock) {
  SystemRandom random;
  TITAN_ASSIGN(const auto state, DiskFileSystem::create(options.state));
  TITAN_ASSIGN(const auto root, DiskFileSystem::create(options.root));
  TITAN_ASSIGN(const auto transport,
               client::HttpTransport::open(
                   options.server, {.ca_file = options.ca_file, .check_validity_period = false}));
  client::Client client(*transport);
  Publisher publisher(options.git, options.state);
  auto agent = Agent::open({*state, *root, client, publisher, random, log}, options.host);
  if (!agent && agent.error().code == ErrorCode::conflict) {
    log.warning(agent.error().text(), {{"state", options.state}});
    return ExitCode::locked;
  }
  if (!agent) return agent.error();
  return options.daemon ? run_daemon(**agent, clock, log) : run_once(**agent, clock, log);
}

}  // namespace

ExitCode run(const std::vector<std::string>& arguments, const ProgramEnv& env) {
  Options options;
  if (const auto code = parse(arguments, env, options)) return *code;
  const SystemClock clock;
  Log log(env.err, clock, env.log_format);
  const auto code = run_agent(options, log, clock);
  if (code) return *code;
  log.error("titan-agent cannot go on", {{"error", code.error().text()}});
  return exit_code_of(code.error().code);
}

}  // namespace titan::agent
