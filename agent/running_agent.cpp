#include "agent/running_agent.hpp"

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <utility>

#include "agent/drivers/driver_program.hpp"
#include "agent/identity_store.hpp"
#include "agent/limits.hpp"
#include "client/http_transport.hpp"
#include "client/transport_factory.hpp"
#include "gitops/git_settings.hpp"
#include "gitops/limits.hpp"

namespace titan::agent {
namespace {

constexpr std::uint32_t kRunDirectoryMode = 0711;

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

}  // namespace

Result<DriverSet::Options> driver_options(const Configuration& configuration, FileSystem& root,
                                          FileSystem& state) {
  TITAN_ASSIGN(const std::string root_path, root.absolute_path());
  TITAN_ASSIGN(const auto identity, IdentityStore(state).load_public());
  const auto variable = [](const std::string& name) -> std::optional<std::string> {
    const char* const value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
  auto options = DriverSet::Options::of(root_path, identity ? identity->host : std::string(),
                                        program_environment(variable));
  options.external_folders = configuration.driver_folders;
  options.kubernetes.kubeconfig = configuration.kubeconfig;
  options.kubernetes.cache_folder = configuration.run + "/kubernetes";
  if (!configuration.kubernetes_namespace.empty()) {
    options.kubernetes.inventory_space = configuration.kubernetes_namespace;
  }
  return options;
}

RunningAgent::RunningAgent(const Configuration& configuration, Log& log)
    : configuration_(configuration),
      log_(log),
      publisher_(configuration.git, configuration.state + "/git",
                 publisher_options(configuration)) {}

Result<std::unique_ptr<RunningAgent>> RunningAgent::open(const Configuration& configuration,
                                                         Log& log) {
  std::unique_ptr<RunningAgent> made(new RunningAgent(configuration, log));
  TITAN_TRY(made->start());
  return made;
}

Result<void> RunningAgent::start() {
  TITAN_ASSIGN(state_, DiskFileSystem::create(configuration_.state));
  TITAN_ASSIGN(root_, DiskFileSystem::create(configuration_.root));
  auto run = open_run_directory(configuration_.run);
  if (run) {
    run_ = *std::move(run);
  } else {
    log_.warning(
        "the run directory cannot be used; each run opens a session of its own, and files with "
        "values of secrets cannot be written",
        {{"run", configuration_.run}, {"error", run.error().text()}});
  }
  if (configuration_.signs_by_file()) {
    TITAN_ASSIGN(SigningKey key, gitops::read_signing_key(configuration_.git_sign));
    signing_key_ = std::move(key);
    publisher_.sign_with(&*signing_key_);
  }
  TITAN_ASSIGN(auto options, driver_options(configuration_, *root_, *state_));
  drivers_.emplace(processes_, std::move(options));
  auto opened = Agent::open(
      {.state = *state_,
       .root = *root_,
       .run = run_.get(),
       .connect = [this](const std::string& url) { return connect(configuration_, url); },
       .publisher = publisher_,
       .drivers = *drivers_,
       .processes = processes_,
       .prober = prober_,
       .clock = clock_,
       .random = random_,
       .log = log_,
       .options = configuration_,
       .sign_as_host = configuration_.signs_as_host()},
      configuration_.host);
  if (!opened && opened.error().code == ErrorCode::conflict) opened.error().subject = kLockFile;
  TITAN_ASSIGN(agent_, std::move(opened));
  return {};
}

gitops::Publisher::Options publisher_options(const Configuration& configuration) {
  return gitops::publisher_options(
      configuration, [](const std::string& url, const std::string& ca_file) {
        return client::open_git_transport(url, ca_file, gitops::kFetchBytesMax);
      });
}

Result<std::unique_ptr<Transport>> connect(const Configuration& configuration,
                                           const std::string& enrolled_at) {
  const std::string& url = configuration.server.empty() ? enrolled_at : configuration.server;
  // A flag that is of no use is a mistake; a variable or a file may be meant for other servers.
  const bool is_looked_at =
      url.starts_with("https://") || configuration.origin_of("caFile") == Origin::flag;
  TITAN_ASSIGN(auto transport,
               client::HttpTransport::open(
                   url, {.ca_file = is_looked_at ? configuration.ca_file : std::string(),
                         .check_validity_period = false}));
  return std::unique_ptr<Transport>(std::move(transport));
}

}  // namespace titan::agent
