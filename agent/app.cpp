#include "agent/app.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <ostream>

#include "agent/agent.hpp"
#include "agent/drivers/driver_set.hpp"
#include "agent/enroll_command.hpp"
#include "agent/limits.hpp"
#include "agent/publisher.hpp"
#include "agent/rotate_command.hpp"
#include "agent/status.hpp"
#include "agent/trust_command.hpp"
#include "base/file_system.hpp"
#include "base/json.hpp"
#include "base/random.hpp"
#include "base/stop_signals.hpp"
#include "base/text.hpp"
#include "client/http_transport.hpp"
#include "model/key.hpp"
#include "model/limits.hpp"

namespace titan::agent {
namespace {

constexpr std::uint32_t kRunDirectoryMode = 0711;

enum class Command { once, run, enroll, rotate_key, trust_author, status };

struct Options {
  Command command = Command::once;
  std::string server;  // in place of the one that the host was enrolled at
  std::string ca_file;
  std::string ca_file_variable;
  std::string host;
  std::string state = "/var/lib/titan";
  std::string run = "/run/titan";
  std::string root = "/";
  std::string git;
  std::string output = "text";
  std::string enrollment;  // "-", "@FILE", or the string
  bool lobby = false;
  bool no_wait = false;
  std::vector<std::string> author_keys;
  std::string author_key;
  EnrollOptions enroll;
  TrustAuthorOptions trust_author;
};

constexpr const char* kDescription =
    "titan-agent brings this host to what the server wants for it.\n\n"
    "Examples:\n"
    "  titan-agent enroll @enrollment.txt     # what \"titan create enrollment --host HOST\" "
    "printed\n"
    "  titan-agent once                       # from cron\n"
    "  titan-agent run --git /var/lib/titan/repo   # as a daemon\n"
    "  titan-agent rotate-key                 # a new key for this host\n"
    "  titan-agent trust-author ed25519:KEY   # apply only what its owner signed\n"
    "  titan-agent status\n";

std::string own_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "";
  const std::string text = name.data();
  return text.substr(0, text.find('.'));
}

void add_server(CLI::App& command, Options& options, const char* what) {
  command.add_option("--server", options.server, what);
  command.add_option("--ca-file", options.ca_file,
                     "Certificates (PEM) to trust for https://, and no others (TITAN_CA_FILE); "
                     "left out: the system's");
}

void add_directories(CLI::App& command, Options& options) {
  command.add_option("--state", options.state, "What the agent remembers; made if absent")
      ->capture_default_str();
  command.add_option("--run", options.run, "What it remembers until the machine starts again")
      ->capture_default_str();
}

void add_step(CLI::App& command, Options& options) {
  add_server(command, options, "The server's URL, if it has moved (TITAN_SERVER)");
  add_directories(command, options);
  command.add_option("--host", options.host, "The name that this host has to have (TITAN_HOST)");
  command.add_option("--root", options.root, "Files are written below it; made if absent")
      ->capture_default_str();
  command.add_option("--git", options.git,
                     "The bare repository to commit to, or a URL to push to; "
                     "left out: the one in the state directory");
}

void add_enroll(CLI::App& command, Options& options) {
  auto* const string =
      command.add_option("STRING", options.enrollment,
                         "The enrollment string: @FILE, - for standard input, or itself");
  auto* const lobby =
      command.add_flag("--lobby", options.lobby, "Wait until somebody approves this device");
  string->excludes(lobby);
  add_server(command, options, "The server's URL, with --lobby (TITAN_SERVER)");
  add_directories(command, options);
  command.add_option("--server-key", options.enroll.server_key,
                     "The key that the server has to have; left out: the first it shows is pinned");
  command.add_option("--name", options.enroll.name, "The name that the host may get in the lobby")
      ->capture_default_str();
  command.add_option("--organization", options.enroll.organization, "Whose lobby it is")
      ->capture_default_str();
  command.add_flag("--no-wait", options.no_wait, "Ask once");
  command.add_option("--require-signed-by", options.author_keys,
                     "Key of an author: apply only what one of them signed; may be repeated");
}

void add_trust_author(CLI::App& command, Options& options) {
  command.add_option("KEY", options.author_key, "The author's key, as titan key new printed it")
      ->required();
  command.add_flag("--remove", options.trust_author.remove, "Trust it no more");
  add_directories(command, options);
}

void add_rotate_key(CLI::App& command, Options& options) {
  add_server(command, options, "The server's URL, if it has moved (TITAN_SERVER)");
  add_directories(command, options);
}

ExitCode usage(const ProgramEnv& env, std::string_view what) {
  env.err << "titan-agent: " << what << "\n";
  return ExitCode::usage;
}

// From their texts.
std::optional<ExitCode> read_keys(Options& options, const ProgramEnv& env) {
  const auto author = PublicKey::parse(options.author_key);
  if (options.command == Command::trust_author) {
    if (!author) return usage(env, "KEY: " + author.error().text());
    options.trust_author.key = *author;
  }
  for (const std::string& text : options.author_keys) {
    const auto key = PublicKey::parse(text);
    if (!key) return usage(env, "--require-signed-by: " + key.error().text());
    options.enroll.require_signed_by.push_back(*key);
  }
  return std::nullopt;
}

std::optional<ExitCode> check(const Options& options, const ProgramEnv& env) {
  if (!options.host.empty()) {
    const auto checked = model::check_name("--host", options.host);
    if (!checked) return usage(env, checked.error().text());
  }
  if (options.output != "text" && options.output != "json") {
    return usage(env, "-o: expected text or json, found " + quote(options.output));
  }
  if (options.command != Command::enroll) return std::nullopt;
  if (options.enrollment.empty() && !options.lobby) {
    return usage(env, "give an enrollment string, or --lobby");
  }
  if (!options.lobby) return std::nullopt;
  if (options.server.empty()) return usage(env, "--lobby needs --server");
  const auto name = model::check_name("--name", options.enroll.name);
  if (!name) return usage(env, name.error().text());
  if (options.enroll.server_key.empty() || PublicKey::parse(options.enroll.server_key)) {
    return std::nullopt;
  }
  return usage(env, "--server-key: expected ed25519: and 43 letters");
}

// Nothing when the program shall go on; else its exit code.
std::optional<ExitCode> parse(std::vector<std::string> arguments, const ProgramEnv& env,
                              Options& options) {
  options.server = env.variable("TITAN_SERVER").value_or("");
  options.ca_file_variable = env.variable("TITAN_CA_FILE").value_or("");
  options.host = env.variable("TITAN_HOST").value_or("");
  options.run = env.variable("TITAN_RUN").value_or(options.run);
  options.enroll.name = own_name();
  options.enroll.organization = "default";
  CLI::App app(kDescription, "titan-agent");
  app.set_version_flag("--version", "titan-agent " TITAN_VERSION);
  app.require_subcommand(1);
  add_step(*app.add_subcommand("once", "Bring the host up to date, and end"), options);
  auto* const daemon = app.add_subcommand("run", "Keep the host up to date until told to stop");
  add_step(*daemon, options);
  auto* const enroll = app.add_subcommand("enroll", "Make this machine a host of a server");
  add_enroll(*enroll, options);
  auto* const rotate_key =
      app.add_subcommand("rotate-key", "Give this host a new key in place of the one it has");
  add_rotate_key(*rotate_key, options);
  auto* const trust_author =
      app.add_subcommand("trust-author", "Apply only what the owner of a key has signed");
  add_trust_author(*trust_author, options);
  auto* const status = app.add_subcommand("status", "Show who this host is, and how it is");
  add_directories(*status, options);
  status->add_option("-o,--output", options.output, "text or json")->capture_default_str();
  try {
    std::reverse(arguments.begin(), arguments.end());  // as the library wants them
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    const bool asked_for = error.get_exit_code() == 0;
    app.exit(error, env.out, env.err);
    return asked_for ? ExitCode::done : ExitCode::usage;
  }
  if (daemon->parsed()) options.command = Command::run;
  if (enroll->parsed()) options.command = Command::enroll;
  if (rotate_key->parsed()) options.command = Command::rotate_key;
  if (trust_author->parsed()) options.command = Command::trust_author;
  if (status->parsed()) options.command = Command::status;
  options.enroll.server = options.server;
  options.enroll.wait = !options.no_wait;
  if (const auto code = read_keys(options, env)) return code;
  return check(options, env);
}

void log_summary(Log& log, const StepResult& result) {
  if (result.error) log.error("the step failed", {{"error", result.error->text()}});
  const bool quiet = result.applied + result.removed + result.failing == 0 && !result.error;
  log.info(quiet ? "nothing to do" : "step ended",
           {{"applied", result.applied}, {"removed", result.removed}, {"failing", result.failing}});
}

Result<ExitCode> run_daemon(Agent& agent, const Clock& clock, Log& log) {
  const StopSignals signals;
  while (true) {
    const StepResult result = agent.step(clock.monotonic());
    if (result.applied + result.removed + result.failing > 0 || result.error) {
      log_summary(log, result);
    }
    if (signals.wait(result.next - clock.monotonic())) {
      log.info("stopping");
      TITAN_TRY(agent.pause());
      return ExitCode::done;
    }
  }
}

// Goes on until the health of what it applied is known.
Result<ExitCode> run_once(Agent& agent, const Clock& clock, Log& log) {
  const StopSignals signals;
  while (true) {
    const StepResult result = agent.step(clock.monotonic());
    if (result.checking) {
      if (!signals.wait(result.next - clock.monotonic())) continue;
      log.info("stopping");
      TITAN_TRY(agent.pause());
    }
    log_summary(log, result);
    if (result.error) return exit_code_of(result.error->code);
    return result.failing > 0 ? ExitCode::failed : ExitCode::done;
  }
}

Result<std::unique_ptr<Transport>> connect(const Options& options, const std::string& enrolled_at) {
  const std::string& url = options.server.empty() ? enrolled_at : options.server;
  std::string ca_file = options.ca_file;
  if (ca_file.empty() && url.starts_with("https://")) ca_file = options.ca_file_variable;
  TITAN_ASSIGN(auto transport, client::HttpTransport::open(
                                   url, {.ca_file = ca_file, .check_validity_period = false}));
  return std::unique_ptr<Transport>(std::move(transport));
}

// Only its owner may look into it, and nobody else may write to it: there is a session in it.
// Others may pass through, to the files with values of secrets that their own modes let them read.
Result<std::unique_ptr<DiskFileSystem>> open_run_directory(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (!fs::exists(path, error)) {
    const fs::path whole = fs::absolute(path, error);
    TITAN_ASSIGN(const auto parent, DiskFileSystem::create(whole.parent_path().string()));
    TITAN_TRY(parent->make_directory(whole.filename().string(), kRunDirectoryMode));
  }
  const auto others = fs::perms::group_write | fs::perms::others_write;
  if ((fs::status(path, error).permissions() & others) != fs::perms::none) {
    return denied("others than its owner may write to it");
  }
  return DiskFileSystem::open(path);
}

ExitCode locked(const Error& error, const Options& options, Log& log) {
  log.warning(error.text(), {{"state", options.state}});
  return ExitCode::locked;
}

Result<ExitCode> run_agent(const Options& options, Log& log, const Clock& clock) {
  SystemRandom random;
  TITAN_ASSIGN(const auto state, DiskFileSystem::create(options.state));
  TITAN_ASSIGN(const auto root, DiskFileSystem::create(options.root));
  auto run = open_run_directory(options.run);
  if (!run) {
    log.warning(
        "the run directory cannot be used; each run opens a session of its own, and files with "
        "values of secrets cannot be written",
        {{"run", options.run}, {"error", run.error().text()}});
  }
  Publisher publisher(options.git, options.state);
  SystemProcessRunner processes;
  SystemProber prober(processes);
  TITAN_ASSIGN(const std::string root_path, root->absolute_path());
  DriverSet drivers(processes, DriverSet::Options::of(root_path, options.host, {}));
  auto agent =
      Agent::open({.state = *state,
                   .root = *root,
                   .run = run ? run->get() : nullptr,
                   .connect = [&](const std::string& url) { return connect(options, url); },
                   .publisher = publisher,
                   .drivers = drivers,
                   .processes = processes,
                   .prober = prober,
                   .clock = clock,
                   .random = random,
                   .log = log},
                  options.host);
  if (!agent && agent.error().code == ErrorCode::conflict) {
    return locked(agent.error(), options, log);
  }
  if (!agent) return agent.error();
  return options.command == Command::run ? run_daemon(**agent, clock, log)
                                         : run_once(**agent, clock, log);
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

Result<ExitCode> run_enroll(Options& options, const ProgramEnv& env, Log& log) {
  SystemRandom random;
  if (!options.lobby) {
    TITAN_ASSIGN(options.enroll.enrollment, read_enrollment(options.enrollment));
  }
  TITAN_ASSIGN(const auto state, DiskFileSystem::create(options.state));
  const StopSignals signals;
  const auto done =
      enroll({.state = *state,
              .connect = [&](const std::string& url) { return connect(options, url); },
              .random = random,
              .out = env.out,
              .pause = [&](std::chrono::seconds time) { return signals.wait(time); }},
             options.enroll);
  if (!done && done.error().subject == kLockFile) {
    return locked(done.error(), options, log);
  }
  if (!done) return done.error();
  return ExitCode::done;
}

Result<ExitCode> run_rotate_key(const Options& options, const ProgramEnv& env, Log& log) {
  SystemRandom random;
  TITAN_ASSIGN(const auto state, DiskFileSystem::open(options.state));
  const auto done =
      rotate_key({.state = *state,
                  .connect = [&](const std::string& url) { return connect(options, url); },
                  .random = random,
                  .out = env.out});
  if (!done && done.error().subject == kLockFile) {
    return locked(done.error(), options, log);
  }
  if (!done) return done.error();
  return ExitCode::done;
}

Result<ExitCode> run_trust_author(const Options& options, const ProgramEnv& env, Log& log) {
  TITAN_ASSIGN(const auto state, DiskFileSystem::open(options.state));
  const auto done = trust_author(*state, env.out, options.trust_author);
  if (!done && done.error().subject == kLockFile) {
    return locked(done.error(), options, log);
  }
  if (!done) return done.error();
  return ExitCode::done;
}

Result<ExitCode> run_status(const Options& options, const ProgramEnv& env, const Clock& clock) {
  TITAN_ASSIGN(const auto state, DiskFileSystem::open(options.state));
  const auto run = DiskFileSystem::open(options.run);
  const Clock::Monotonic now = clock.monotonic();
  TITAN_ASSIGN(const HostStatus status, read_status(*state, run ? run->get() : nullptr, now));
  if (options.output == "json") {
    env.out << pretty_json(json_of(status, now)) << "\n";
  } else {
    env.out << text_of(status, now);
  }
  return ExitCode::done;
}

Result<ExitCode> run_command(Options& options, const ProgramEnv& env, Log& log,
                             const Clock& clock) {
  switch (options.command) {
    case Command::enroll:
      return run_enroll(options, env, log);
    case Command::rotate_key:
      return run_rotate_key(options, env, log);
    case Command::trust_author:
      return run_trust_author(options, env, log);
    case Command::status:
      return run_status(options, env, clock);
    case Command::once:
    case Command::run:
      return run_agent(options, log, clock);
  }
  return ExitCode::usage;
}

}  // namespace

ExitCode run(const std::vector<std::string>& arguments, const ProgramEnv& env) {
  Options options;
  if (const auto code = parse(arguments, env, options)) return *code;
  const SystemClock clock;
  Log log(env.err, clock, env.log_format);
  const auto code = run_command(options, env, log, clock);
  if (code) return *code;
  log.error("titan-agent cannot go on", {{"error", code.error().text()}});
  return code.error().field == "--host" ? ExitCode::usage : exit_code_of(code.error().code);
}

}  // namespace titan::agent
