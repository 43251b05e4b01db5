#include "server-lite/app.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <ostream>
#include <thread>

#include "base/duration.hpp"
#include "base/file_system.hpp"
#include "base/random.hpp"
#include "base/stop_signals.hpp"
#include "server-lite/http_server.hpp"
#include "server-lite/limits.hpp"
#include "server-lite/server.hpp"
#include "server-lite/step_loop.hpp"
#include "store/sqlite_store.hpp"

namespace titan::server_lite {
namespace {

struct Options {
  std::string data;
  std::string listen = "127.0.0.1:7480";
  bool verbose = false;
  Retention retention = {};
};

constexpr const char* kDescription =
    "titan-server keeps the fleet's desired state and tells each host what changed.\n\n"
    "Example:\n  titan-server --data /var/lib/titan-server --listen 127.0.0.1:7480\n";

// Nothing when the program shall go on; else its exit code.
std::optional<ExitCode> parse(std::vector<std::string> arguments, const ProgramEnv& env,
                              Options& options) {
  options.data = env.variable("TITAN_DATA").value_or("");
  options.listen = env.variable("TITAN_LISTEN").value_or(options.listen);
  CLI::App app(kDescription, "titan-server");
  app.add_option("--data", options.data, "The folder of the store; made if absent (TITAN_DATA)");
  app.add_option("--listen", options.listen,
                 "ADDRESS:PORT on loopback, port 0 for a free one (TITAN_LISTEN)")
      ->capture_default_str();
  app.add_option("--keep-changes", options.retention.changes,
                 "How many changes the log keeps at most")
      ->check(CLI::Range(std::uint64_t(1000), std::uint64_t(10'000'000)))
      ->capture_default_str();
  std::string keep_for = duration_text(options.retention.age);
  app.add_option("--keep-for", keep_for, "How long the log keeps a change at most, such as 30d")
      ->capture_default_str();
  app.add_flag("--verbose", options.verbose, "Log every request");
  app.set_version_flag("--version", "titan-server " TITAN_VERSION);
  try {
    std::reverse(arguments.begin(), arguments.end());  // as the library wants them
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    const bool asked_for = error.get_exit_code() == 0;
    app.exit(error, env.out, env.err);
    return asked_for ? ExitCode::done : ExitCode::usage;
  }
  const auto age = parse_duration(keep_for);
  if (!age) {
    env.err << "titan-server: --keep-for: " << age.error().text() << "\n";
    return ExitCode::usage;
  }
  options.retention.age = *age;
  if (options.data.empty()) {
    env.err << "titan-server: --data: expected the folder of the store\n";
    return ExitCode::usage;
  }
  return std::nullopt;
}

void serve_until_stopped(HttpServer& http, Server& server, const StopSignals& signals, Log& log) {
  std::atomic<bool> ended = false;
  std::thread waiter([&] {
    while (!ended) {
      if (!signals.wait(kStopNoticed)) continue;
      log.info("stopping");
      server.stop_waiting();
      return http.stop();
    }
  });
  http.serve();
  ended = true;
  waiter.join();
}

Result<void> serve(const Options& options, const ListenAddress& address, Log& log,
                   const Clock& clock) {
  SystemRandom random;
  const StopSignals signals;
  TITAN_ASSIGN(const auto folder, DiskFileSystem::create(options.data));
  TITAN_ASSIGN(const auto store,
               store::SqliteStore::open(options.data + "/titan.db", clock, random));
  StepLoop steps(clock);
  TITAN_ASSIGN(const auto server,
               Server::open({*store, clock, random, log},
                            {.retention = options.retention, .wake = [&steps] { steps.wake(); }}));
  HttpServer http([&](const HttpRequest& request) { return server->handle(request); });
  TITAN_ASSIGN(const ListenAddress bound, http.bind(address));
  log.info("listening", {{"address", bound.text()}, {"data", options.data}});
  steps.start([&server] { return server->step(); });
  serve_until_stopped(http, *server, signals, log);
  steps.stop();
  return server->finish();
}

}  // namespace

ExitCode run(const std::vector<std::string>& arguments, const ProgramEnv& env) {
  Options options;
  if (const auto code = parse(arguments, env, options)) return *code;
  const auto address = ListenAddress::parse(options.listen);
  if (!address) {
    env.err << "titan-server: --listen: " << address.error().text() << "\n";
    return ExitCode::usage;
  }
  const SystemClock clock;
  Log log(env.err, clock, env.log_format, options.verbose ? Log::Level::debug : Log::Level::info);
  const auto served = serve(options, *address, log, clock);
  if (served) return ExitCode::done;
  log.error("titan-server cannot go on", {{"error", served.error().text()}});
  return exit_code_of(served.error().code);
}

}  // namespace titan::server_lite
