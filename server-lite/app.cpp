#include "server-lite/app.hpp"

#include <malloc.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <map>
#include <ostream>
#include <thread>

#include "base/background_stream.hpp"
#include "base/duration.hpp"
#include "base/file_system.hpp"
#include "base/random.hpp"
#include "base/setting_name.hpp"
#include "base/stop_signals.hpp"
#include "base/text.hpp"
#include "gitops/git_settings.hpp"
#include "gitops/limits.hpp"
#include "gitops/remote_address.hpp"
#include "gitops/ssh_signature.hpp"
#include "gitops/template_source.hpp"
#include "gitops/wire_template_source.hpp"
#include "server-lite/front_door/front_door.hpp"
#include "server-lite/gitops_processor.hpp"
#include "server-lite/http_handler.hpp"
#include "server-lite/identity/master_key.hpp"
#include "server-lite/identity/secret_vault.hpp"
#include "server-lite/identity/server_keys.hpp"
#include "server-lite/key_commands.hpp"
#include "server-lite/limits.hpp"
#include "server-lite/oidc/http_url_fetcher.hpp"
#include "server-lite/oidc/limits.hpp"
#include "server-lite/oidc/oidc_options.hpp"
#include "server-lite/oidc/oidc_provider.hpp"
#include "server-lite/server.hpp"
#include "server-lite/server_metrics.hpp"
#include "server-lite/step_loop.hpp"
#include "server-lite/store_commands.hpp"
#include "server-lite/template_remotes.hpp"
#include "server-lite/token_commands.hpp"
#include "server-lite/web/web_connections.hpp"
#include "store/sqlite_store.hpp"

namespace titan::server_lite {
namespace {

struct Options {
  std::string data;
  std::vector<std::string> listen = {};
  front_door::TlsContext::Files tls = {};
  bool verbose = false;
  AccessLog access_log = AccessLog::news;
  Retention retention = {};
  bool insecure = false;
  std::function<ExitCode(const ProgramEnv&)> command = {};  // none: serve
  StoreCommand store = {};
  TokenCommand token = {};
  KeyCommand keys = {};
  bool needs_data = true;  // to work on
  OnClone on_clone = OnClone::warn;
  RequestRates rates = {};
  std::chrono::seconds poll_interval = kPollInterval;
  std::string oidc_file;                       // empty: no identity provider
  std::optional<oidc::OidcOptions> oidc = {};  // what it says
  MasterKeyPlace master = {};
  gitops::LocalTemplateSource::Options templates = {};
  std::string template_remotes_file;  // empty: no repository of another machine
  std::vector<gitops::WireTemplateSource::Allowed> template_remotes = {};  // what it says
  std::chrono::seconds template_interval = kTemplateInterval;
  gitops::GitSettings git = {};
  std::map<std::string_view, std::string> git_texts = {};  // of gitops::git_settings(), by key
};

constexpr const char* kListenDefault = "127.0.0.1:7480";
constexpr const char* kDescription =
    "titan-server keeps the fleet's desired state and tells each host what changed.\n"
    "Without a subcommand it serves; a subcommand looks after the store instead.\n\n"
    "Examples:\n  titan-server --data /var/lib/titan-server --listen 127.0.0.1:7480\n"
    "  titan-server backup /backup/titan.bak --data /var/lib/titan-server\n";

void add_data_option(CLI::App& app, Options& options) {
  app.add_option("--data", options.data, "The folder of the store (TITAN_DATA)");
}

void add_subcommands(CLI::App& app, Options& options) {
  app.require_subcommand(0, 1);
  CLI::App* backup =
      app.add_subcommand("backup", "Copy the store into one file, also while the server runs");
  backup->footer(
      "Examples:\n  titan-server backup /backup/titan-$(date +%F).bak --data "
      "/var/lib/titan-server\n"
      "  titan-server backup /backup/titan.bak --force");
  backup->add_option("FILE", options.store.file, "Where the backup goes")->required();
  add_data_option(*backup, options);
  backup->add_flag("--force", options.store.force, "Replace FILE");
  backup->callback([&] {
    options.command = [&](const ProgramEnv& env) { return run_backup(options.store, env); };
  });

  CLI::App* restore =
      app.add_subcommand("restore", "Put a backup in the place of the store, while no server runs");
  restore->footer(
      "The store gets a new epoch, so every host gets its full manifest.\n\n"
      "Examples:\n  titan-server restore /backup/titan.bak --data /var/lib/titan-server\n"
      "  titan-server restore /backup/titan.bak --data /var/lib/titan-server --force");
  restore->add_option("FILE", options.store.file, "The backup")->required();
  add_data_option(*restore, options);
  restore->add_flag("--force", options.store.force,
                    "Replace the store, which is kept as titan.db.before-restore");
  restore->callback([&] {
    options.command = [&](const ProgramEnv& env) { return run_restore(options.store, env); };
  });

  CLI::App* check =
      app.add_subcommand("check", "Look for damage in the store, also while the server runs");
  check->footer(
      "One finding a line and exit code 1, or \"ok\" with what was looked at.\n\n"
      "Example:\n  titan-server check --data /var/lib/titan-server");
  add_data_option(*check, options);
  check->callback([&] {
    options.command = [&](const ProgramEnv& env) { return run_check(options.store, env); };
  });
}

void add_token_commands(CLI::App& app, Options& options) {
  CLI::App* token = app.add_subcommand("token", "Tokens, while no server runs");
  token->require_subcommand(1);
  CLI::App* create = token->add_subcommand("create", "Make a token, and print it once");
  create->footer(
      "While a server runs, ask it instead: titan create token.\n\n"
      "Examples:\n  titan-server token create --role platform --workspace iot --data "
      "/var/lib/titan-server\n"
      "  titan-server token create --name acme-admin --organization acme --role admin");
  create->add_option("--role", options.token.role, "viewer, developer, platform or admin")
      ->required();
  create->add_option("--name", options.token.name, "Its name; the role's when left out");
  create->add_option("--organization", options.token.organization, "Whose it is")
      ->default_val(std::string(model::kDefaultOrganization));
  create->add_option("--workspace", options.token.workspace,
                     "Where the role holds; in the whole organization when left out");
  create->add_option("--ttl", options.token.ttl, "How long it counts, such as 90d");
  create->add_option("--description", options.token.description, "What it is for");
  add_data_option(*create, options);
  create->callback([&] {
    if (options.token.name.empty()) options.token.name = options.token.role;
    options.command = [&](const ProgramEnv& env) { return run_create_token(options.token, env); };
  });
}

void add_key_commands(CLI::App& app, Options& options) {
  CLI::App* root = app.add_subcommand("root-key", "The key that can replace a stolen server key");
  root->require_subcommand(1);
  CLI::App* make = root->add_subcommand("new", "Make a root key, and print its public half");
  make->footer(
      "Keep FILE away from the server: whoever has it can speak for the server to all hosts.\n\n"
      "Example:\n  titan-server root-key new /media/safe/titan-root.key");
  make->add_option("FILE", options.keys.file, "Where the secret half goes")->required();
  make->callback([&] {
    options.needs_data = false;
    options.command = [&](const ProgramEnv& env) { return run_new_root_key(options.keys, env); };
  });
  CLI::App* trust =
      root->add_subcommand("trust", "Tell the hosts of a root key, while no server runs");
  trust->footer("Example:\n  titan-server root-key trust ed25519:… --data /var/lib/titan-server");
  trust->add_option("PUBLIC", options.keys.key, "The public half, as `root-key new` printed it")
      ->required();
  add_data_option(*trust, options);
  trust->callback([&] {
    options.command = [&](const ProgramEnv& env) { return run_trust_root_key(options.keys, env); };
  });

  CLI::App* rotate =
      app.add_subcommand("rotate-key", "Give the server a new key, while no server runs");
  rotate->footer(
      "The hosts follow at their next question. When the key was stolen, the root key has to say "
      "so.\n\n"
      "Examples:\n  titan-server rotate-key --data /var/lib/titan-server\n"
      "  titan-server rotate-key --root-key /media/safe/titan-root.key --data "
      "/var/lib/titan-server");
  rotate->add_option("--root-key", options.keys.file, "The file of the secret root key");
  add_data_option(*rotate, options);
  rotate->callback([&] {
    options.command = [&](const ProgramEnv& env) { return run_rotate_key(options.keys, env); };
  });
}

void add_master_key_command(CLI::App& app, Options& options) {
  CLI::App* master = app.add_subcommand("master-key", "The key under which secrets are stored");
  master->require_subcommand(1);
  CLI::App* make = master->add_subcommand("new", "Make a master key");
  make->footer(
      "Without --master-key the server makes one itself, in its data folder.\n\n"
      "Example:\n  titan-server master-key new /etc/titan/master.key");
  make->add_option("FILE", options.keys.file, "Where it goes")->required();
  make->callback([&] {
    options.needs_data = false;
    options.command = [&](const ProgramEnv& env) { return run_new_master_key(options.keys, env); };
  });
}

// Where the server commits for hosts, and how.
void add_git_options(CLI::App& app, const ProgramEnv& env, Options& options) {
  options.git.git = env.variable("TITAN_GIT").value_or("");
  app.add_option("--git", options.git.git,
                 "The bare repository, or the remote, that the server commits to for hosts whose "
                 "delivery is gitops; left out: there may be none such (TITAN_GIT)")
      ->type_name("DIR or URL");
  options.git.git_sign = env.variable("TITAN_GIT_SIGN").value_or("none");
  app.add_option("--git-sign", options.git.git_sign,
                 "What signs these commits: none, or a file that titan key new made "
                 "(TITAN_GIT_SIGN)")
      ->type_name("FILE")
      ->capture_default_str();
  for (const gitops::GitSetting& setting : gitops::git_settings()) {
    const std::string variable = variable_of(setting.key);
    std::string& text = options.git_texts[setting.key];
    text = env.variable(variable).value_or(setting.text_in({}));
    app.add_option(flag_of(setting.key), text, std::string(setting.meaning) + " (" + variable + ")")
        ->type_name(std::string(setting.sort))
        ->capture_default_str();
  }
}

// The error's field is the flag.
Result<void> read_git_options(Options& options) {
  const auto named = [](Error error, const std::string& flag) {
    error.field = flag;
    return error;
  };
  for (const gitops::GitSetting& setting : gitops::git_settings()) {
    const auto done = setting.put(options.git_texts[setting.key], options.git);
    if (!done) return named(done.error(), flag_of(setting.key));
  }
  const std::string& sign = options.git.git_sign;
  if (sign != "none" && !sign.starts_with('/')) {
    return named(invalid("expected none or an absolute path, found " + quote(sign)), "--git-sign");
  }
  if (!gitops::is_remote_url(options.git.git)) return {};
  const auto address = gitops::RemoteAddress::parse(options.git.git);
  return address ? Result<void>() : named(address.error(), "--git");
}

AccessLog access_log_of(const std::string& word) {
  if (word == "all") return AccessLog::all;
  return word == "none" ? AccessLog::none : AccessLog::news;
}

// Of the environment. A service manager that lays out no such credential says nothing of it.
MasterKeyPlace master_key_place(const ProgramEnv& env) {
  MasterKeyPlace place{.file = env.variable("TITAN_MASTER_KEY").value_or("")};
  const std::string credentials = env.variable("CREDENTIALS_DIRECTORY").value_or("");
  if (credentials.empty()) return place;
  const std::filesystem::path credential = std::filesystem::path(credentials) / "titan-master-key";
  std::error_code failed;
  if (std::filesystem::exists(credential, failed)) place.credential = credential.string();
  return place;
}

// Nothing when the program shall go on; else its exit code.
std::optional<ExitCode> parse(std::vector<std::string> arguments, const ProgramEnv& env,
                              Options& options) {
  options.data = env.variable("TITAN_DATA").value_or("");
  options.tls.certificate = env.variable("TITAN_TLS_CERT").value_or("");
  options.tls.key = env.variable("TITAN_TLS_KEY").value_or("");
  options.oidc_file = env.variable("TITAN_OIDC").value_or("");
  options.master = master_key_place(env);
  options.templates.repositories = env.variable("TITAN_TEMPLATE_REPOSITORIES").value_or("");
  options.template_remotes_file = env.variable("TITAN_TEMPLATE_REMOTES").value_or("");
  CLI::App app(kDescription, "titan-server");
  app.add_option("--data", options.data, "The folder of the store; made if absent (TITAN_DATA)");
  app.add_option(
      "--listen", options.listen,
      "ADDRESS:PORT, port 0 for a free one, or unix:PATH; beyond loopback with TLS alone; "
      "may be given several times (TITAN_LISTEN, by commas; 127.0.0.1:7480)");
  app.add_flag("--insecure", options.insecure,
               "Listen beyond loopback without TLS: who listens in can do all that you can");
  app.add_option("--tls-cert", options.tls.certificate,
                 "PEM file of the certificate and its chain: serve TLS on all TCP addresses "
                 "(TITAN_TLS_CERT)");
  app.add_option("--tls-key", options.tls.key, "PEM file of its key (TITAN_TLS_KEY)");
  app.add_option("--oidc", options.oidc_file,
                 "YAML file of the identity provider that people log in at (TITAN_OIDC)");
  app.add_option("--master-key", options.master.file,
                 "File of the key under which secrets are stored (TITAN_MASTER_KEY; the credential "
                 "titan-master-key of systemd; keys/master in the data folder)");
  app.add_option("--keep-changes", options.retention.changes,
                 "How many changes the log keeps at most")
      ->check(CLI::Range(std::uint64_t(1000), std::uint64_t(10'000'000)))
      ->capture_default_str();
  std::string keep_for = duration_text(options.retention.age);
  app.add_option("--keep-for", keep_for, "How long the log keeps a change at most, such as 30d")
      ->capture_default_str();
  std::string poll_interval =
      env.variable("TITAN_POLL_INTERVAL").value_or(duration_text(options.poll_interval));
  app.add_option("--poll-interval", poll_interval,
                 "How often each host asks for news, 1s to 1h (TITAN_POLL_INTERVAL)")
      ->capture_default_str();
  std::string access_log = "news";
  app.add_option("--access-log", access_log,
                 "Which requests are logged: all; news, without those that are told that nothing "
                 "is new; or none")
      ->check(CLI::IsMember({"all", "news", "none"}))
      ->capture_default_str();
  app.add_flag("--verbose", options.verbose, "Log more, such as every request");
  app.set_version_flag("--version", "titan-server " TITAN_VERSION);
  std::string on_clone = "warn";
  app.add_option("--on-clone", on_clone,
                 "What happens when two devices hold one key: warn, which says so; or refuse, "
                 "which also lets neither in until the device is written anew")
      ->check(CLI::IsMember({"warn", "refuse"}))
      ->capture_default_str();
  const auto rate = CLI::Range(std::uint32_t(0), kRateMax);
  app.add_option("--token-rate", options.rates.token.per_second,
                 "How many requests a second one token may make, after a burst; 0: no limit")
      ->check(rate)
      ->capture_default_str();
  app.add_option("--device-rate", options.rates.device.per_second,
                 "How many requests a second one device may make, after a burst; 0: no limit")
      ->check(rate)
      ->capture_default_str();
  app.add_option("--template-repositories", options.templates.repositories,
                 "The folder below which templates may be read from Git repositories of this "
                 "machine; from none when left out (TITAN_TEMPLATE_REPOSITORIES)");
  app.add_option("--template-remotes", options.template_remotes_file,
                 "YAML file of the repositories of other machines that templates may be read from; "
                 "none when left out (TITAN_TEMPLATE_REMOTES)");
  std::string template_interval = duration_text(kTemplateInterval);
  app.add_option("--template-interval", template_interval,
                 "How often a template that is read from Git is looked at, 1s to 1h")
      ->capture_default_str();
  add_git_options(app, env, options);
  add_subcommands(app, options);
  add_token_commands(app, options);
  add_key_commands(app, options);
  add_master_key_command(app, options);
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
  const auto interval = parse_duration(poll_interval);
  if (!interval || *interval < kPollIntervalMin || *interval > kPollIntervalMax) {
    env.err << "titan-server: --poll-interval: "
            << (interval ? "expected 1s to 1h, found " + duration_text(*interval)
                         : interval.error().text())
            << "\n";
    return ExitCode::usage;
  }
  options.poll_interval = *interval;
  const auto looks = parse_duration(template_interval);
  if (!looks || *looks < kTemplateIntervalMin || *looks > kTemplateIntervalMax) {
    env.err << "titan-server: --template-interval: "
            << (looks ? "expected 1s to 1h, found " + duration_text(*looks) : looks.error().text())
            << "\n";
    return ExitCode::usage;
  }
  options.template_interval = *looks;
  if (const auto git = options.command ? Result<void>() : read_git_options(options); !git) {
    env.err << "titan-server: " << git.error().text() << "\n";
    return ExitCode::usage;
  }
  options.access_log = access_log_of(access_log);
  options.on_clone = on_clone == "refuse" ? OnClone::refuse : OnClone::warn;
  if (options.command && app.count("--listen") + app.count("--verbose") > 0) {
    env.err << "titan-server: --listen and --verbose are for serving, not for a subcommand\n";
    return ExitCode::usage;
  }
  if (options.listen.empty()) {
    options.listen = split(env.variable("TITAN_LISTEN").value_or(kListenDefault), ',');
  }
  if (options.tls.certificate.empty() != options.tls.key.empty()) {
    env.err << "titan-server: --tls-cert and --tls-key go together\n";
    return ExitCode::usage;
  }
  if (options.needs_data && options.data.empty()) {
    env.err << "titan-server: --data: expected the folder of the store\n";
    return ExitCode::usage;
  }
  return std::nullopt;
}

void serve_until_stopped(front_door::FrontDoor& door, const StopSignals& signals, Log& log) {
  std::atomic<bool> ended = false;
  std::thread waiter([&] {
    while (!ended) {
      if (!signals.wait(kStopNoticed)) continue;
      log.info("stopping");
      return door.stop();
    }
  });
  door.serve();
  ended = true;
  waiter.join();
}

Result<front_door::FrontDoor::Options> door_options(const Options& options) {
  front_door::FrontDoor::Options door;
  for (const std::string& text : options.listen) {
    TITAN_ASSIGN(door.listen.emplace_back(), front_door::ListenAddress::parse(text));
    if (door.listen.back().is_local() || options.insecure || !options.tls.certificate.empty()) {
      continue;
    }
    return invalid("the address " + quote(text) +
                   " is not on loopback, and without TLS everybody on the way could read the "
                   "tokens: give --tls-cert and --tls-key, or type out --insecure");
  }
  if (!options.tls.certificate.empty()) {
    TITAN_ASSIGN(door.tls, front_door::TlsContext::open(options.tls));
  }
  return door;
}

// A file that an option names.
Result<std::string> read_option_file(const std::string& path, std::size_t bytes_max) {
  const std::filesystem::path place(path);
  const std::string parent = place.parent_path().string();
  TITAN_ASSIGN(const auto folder, DiskFileSystem::open(parent.empty() ? "." : parent));
  return folder->read(place.filename().string(), bytes_max);
}

Result<void> read_oidc_file(Options& options) {
  if (options.oidc_file.empty()) return {};
  TITAN_ASSIGN(const std::string text, read_option_file(options.oidc_file, oidc::kOptionsBytesMax));
  TITAN_ASSIGN(options.oidc, oidc::parse_oidc_options(text));
  return {};
}

Result<void> read_template_remotes(Options& options) {
  if (options.template_remotes_file.empty()) return {};
  TITAN_ASSIGN(const std::string text,
               read_option_file(options.template_remotes_file, kTemplateRemotesBytesMax));
  const web::ConnectionLimits limits{.silence_max = gitops::kSourceSilenceMax,
                                     .answer_time_max = gitops::kSourceConversationMax,
                                     .answer_bytes_max = gitops::kSourceFetchBytesMax};
  TITAN_ASSIGN(options.template_remotes,
               parse_template_remotes(text, [&limits](const std::string& ca_file) {
                 return web::web_connections(ca_file, limits);
               }));
  return {};
}

// Reads what options name. An exit code: one of them is no good, which is said.
std::optional<ExitCode> read_option_files(Options& options, const ProgramEnv& env) {
  const auto refuse = [&env](const char* option, const std::string& file, Error error) {
    error.subject = file;
    env.err << "titan-server: " << option << ": " << error.text() << "\n";
    return ExitCode::usage;
  };
  if (auto read = read_oidc_file(options); !read) {
    return refuse("--oidc", options.oidc_file, read.error());
  }
  if (auto read = read_template_remotes(options); !read) {
    return refuse("--template-remotes", options.template_remotes_file, read.error());
  }
  return std::nullopt;
}

// What serve() works with; borrowed.
struct Surroundings {
  Log& log;
  const Clock& clock;
  const BackgroundStream& lines;
  const StopSignals& signals;
  std::ostream& out;
};

// Where the server commits for hosts.
struct Committing {
  std::optional<SigningKey> signer = {};
  std::optional<gitops::Publisher> publisher = {};  // none: nowhere; borrows the signer
};

Result<void> open_committing(const Options& options, const Surroundings& around,
                             Committing& opened) {
  if (options.git.git.empty()) return {};
  const auto connect = [](const std::string& url, const std::string& ca_file) {
    return web::web_connections(ca_file, {.silence_max = gitops::kSilenceMax,
                                          .answer_time_max = gitops::kConversationMax,
                                          .answer_bytes_max = gitops::kFetchBytesMax})(url);
  };
  opened.publisher.emplace(options.git.git, options.data + "/git",
                           gitops::publisher_options(options.git, connect));
  if (!options.git.signs_by_file()) return {};
  TITAN_ASSIGN(SigningKey key, gitops::read_signing_key(options.git.git_sign));
  opened.signer = std::move(key);
  opened.publisher->sign_with(&*opened.signer);
  around.log.info("commits for hosts are signed",
                  {{"allowedSigner", gitops::allowed_signer_line(committer_address(),
                                                                 opened.signer->public_key())}});
  return {};
}

Result<ExitCode> serve(const Options& options, front_door::FrontDoor::Options door_options,
                       const Surroundings& around) {
  Log& log = around.log;
  const Clock& clock = around.clock;
  SystemRandom random;
  TITAN_ASSIGN(const auto folder, DiskFileSystem::create(options.data));
  const auto store = store::SqliteStore::open(database_in(options.data), clock, random);
  if (!store && store.error().code == ErrorCode::conflict) {
    log.error(store.error().text(), {{"data", options.data}});
    return ExitCode::locked;
  }
  if (!store) return store.error();
  TITAN_ASSIGN(ServerKeys keys, ServerKeys::open(*folder, random));
  TITAN_ASSIGN(const bool has_secrets, holds_secrets(**store));
  TITAN_ASSIGN(const MasterKey master,
               MasterKey::open(*folder, options.master, has_secrets, random));
  StepLoop steps(clock);
  oidc::HttpUrlFetcher fetcher;
  std::optional<oidc::OidcProvider> provider;
  if (options.oidc) provider.emplace(*options.oidc, fetcher);
  front_door::Spool spool(options.data);
  gitops::LocalTemplateSource here(options.templates);
  gitops::WireTemplateSource elsewhere(
      {.folder = options.data + "/template-repositories", .remotes = options.template_remotes},
      clock);
  gitops::TemplateSources templates(here, elsewhere);
  std::array<StepLoop, kTemplateReaders> readers{StepLoop(clock), StepLoop(clock)};
  static_assert(kTemplateReaders == 2);
  Committing committing;
  TITAN_TRY(open_committing(options, around, committing));
  StepLoop committer(clock);
  TITAN_ASSIGN(
      const auto server,
      Server::open(
          {**store, clock, random, log, keys, master},
          {.retention = options.retention,
           .access_log = options.access_log,
           .spool = &spool,
           .first_token = [&] { return first_token(*folder, options.data, random, around.out); },
           .on_clone = options.on_clone,
           .rates = options.rates,
           .poll_interval = options.poll_interval,
           .provider = provider ? &*provider : nullptr,
           .templates = &templates,
           .template_interval = options.template_interval,
           .publisher = committing.publisher ? &*committing.publisher : nullptr,
           .wake_git = [&committer] { committer.wake(); },
           .wake_templates = [&readers] { std::ranges::for_each(readers, &StepLoop::wake); },
           .wake = [&steps] { steps.wake(); }}));
  HttpHandler handler(*server);
  TITAN_ASSIGN(const auto door,
               front_door::FrontDoor::open(std::move(door_options), spool, handler));
  server->add_metrics(
      [&door, &spool] { return front_door_metrics(door->numbers(), spool.bytes()); });
  server->add_metrics([&around] { return log_metrics(around.lines.dropped()); });
  for (const front_door::ListenAddress& address : door->addresses()) {
    log.info("listening", {{"address", address.text()}, {"data", options.data}});
  }
  steps.start([&server] { return server->step(); });
  for (StepLoop& reader : readers) reader.start([&server] { return server->read_templates(); });
  if (committing.publisher) committer.start([&server] { return server->commit_for_hosts(); });
  serve_until_stopped(*door, around.signals, log);
  std::ranges::for_each(readers, &StepLoop::stop);
  steps.stop();
  const auto finished = server->finish();
  committer.stop();  // last: it may wait for a remote, and may be killed meanwhile
  TITAN_TRY(finished);
  return ExitCode::done;
}

}  // namespace

ExitCode run(const std::vector<std::string>& arguments, const ProgramEnv& env) {
  Options options;
  if (const auto code = parse(arguments, env, options)) return *code;
  if (options.command) {
    options.store.data = options.token.data = options.keys.data = options.data;
    return options.command(env);
  }
  auto door = door_options(options);
  if (!door) {
    env.err << "titan-server: " << (door.error().subject.empty() ? "--listen" : "--tls-cert")
            << ": " << door.error().text() << "\n";
    return ExitCode::usage;
  }
  if (const auto code = read_option_files(options, env)) return *code;
  // Large pieces go back to the system at once. glibc would keep as many as were ever used
  // together.
  ::mallopt(M_MMAP_THRESHOLD, kLargeAllocation);
  ::mallopt(M_TRIM_THRESHOLD, kLargeAllocation);
  const SystemClock clock;
  const StopSignals signals;        // before any thread is made, which would take them
  BackgroundStream lines(env.err);  // the event loop may not wait for who reads the log
  Log log(lines, clock, env.log_format, options.verbose ? Log::Level::debug : Log::Level::info);
  const auto served = serve(options, *std::move(door), {log, clock, lines, signals, env.out});
  if (served) return *served;
  log.error("titan-server cannot go on", {{"error", served.error().text()}});
  return exit_code_of(served.error().code);
}

}  // namespace titan::server_lite
