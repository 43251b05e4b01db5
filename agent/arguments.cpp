#include "agent/arguments.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <ostream>

#include "base/text.hpp"
#include "model/key.hpp"

namespace titan::agent {
namespace {

constexpr const char* kDescription =
    "titan-agent brings this host to what the server wants for it.\n\n"
    "Examples:\n"
    "  titan-agent enroll @enrollment.txt     # what \"titan create enrollment --host HOST\" "
    "printed\n"
    "  titan-agent once                       # from cron\n"
    "  titan-agent run --git /var/lib/titan/repo   # as a daemon\n"
    "  titan-agent status                     # what is applied, and what is wrong\n"
    "  titan-agent doctor                     # what stands in the way, and what to do\n"
    "  titan-agent retry prod                 # try a deployment again that was given up\n"
    "  titan-agent rotate-key                 # a new key for this host\n"
    "  titan-agent git-key                    # who signs its commits, as Git wants it\n"
    "  titan-agent trust-author ed25519:KEY   # apply only what its owner signed\n\n"
    "Every option of the configuration may stand in /etc/titan/agent.yaml as well, and in a\n"
    "variable of the environment: a flag wins over a variable, and that over the file.\n";

struct Told {
  Arguments arguments = {};
  bool no_wait = false;
  std::vector<std::string> author_keys = {};
  std::string author_key = {};
};

std::string own_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "";
  const std::string text = name.data();
  return text.substr(0, text.find('.'));
}

std::string help_of(const Setting& setting) {
  const std::string standard = setting.text_in({});
  return std::string(setting.meaning) + " (" + setting.variable() + ")" +
         (standard.empty() ? "" : " [" + standard + "]");
}

void add_settings(CLI::App& command, Setting::Scope scope, ConfigurationSources& sources) {
  command
      .add_option(std::string(kConfigFlag), sources.config_flag,
                  "The configuration file (" + std::string(kConfigVariable) + ") [" +
                      std::string(kConfigFile) + "]")
      ->type_name("FILE");
  for (const Setting& setting : settings()) {
    if (setting.scope > scope) continue;
    const auto note = [&sources, key = std::string(setting.key)](const std::string& text) {
      sources.flags[key] = text;
    };
    command.add_option_function<std::string>(setting.flag(), note, help_of(setting))
        ->type_name(std::string(setting.sort));
  }
}

void add_enroll(CLI::App& command, Told& told) {
  Arguments& arguments = told.arguments;
  auto* const string =
      command.add_option("STRING", arguments.enrollment,
                         "The enrollment string: @FILE, - for standard input, or itself");
  auto* const lobby =
      command.add_flag("--lobby", arguments.lobby, "Wait until somebody approves this device");
  string->excludes(lobby);
  command.add_option("--server-key", arguments.enroll.server_key,
                     "The key that the server has to have; left out: the first it shows is pinned");
  command
      .add_option("--name", arguments.enroll.name, "The name that the host may get in the lobby")
      ->capture_default_str();
  command.add_option("--organization", arguments.enroll.organization, "Whose lobby it is")
      ->capture_default_str();
  command.add_flag("--no-wait", told.no_wait, "Ask once");
  command.add_option("--require-signed-by", told.author_keys,
                     "Key of an author: apply only what one of them signed; may be repeated");
}

void add_trust_author(CLI::App& command, Told& told) {
  command.add_option("KEY", told.author_key, "The author's key, as titan key new printed it")
      ->required();
  command.add_flag("--remove", told.arguments.trust_author.remove, "Trust it no more");
}

void add_output(CLI::App& command, Arguments& arguments, const char* forms) {
  command.add_option("-o,--output", arguments.output, forms)->capture_default_str();
}

// The commands, as they stand in --help.
void add_commands(CLI::App& app, Told& told) {
  Arguments& arguments = told.arguments;
  const auto add = [&](const char* name, Command command, Setting::Scope scope, const char* what) {
    CLI::App& made = *app.add_subcommand(name, what);
    made.parse_complete_callback([&arguments, command] { arguments.command = command; });
    add_settings(made, scope, arguments.sources);
    return &made;
  };
  using Scope = Setting::Scope;
  add("once", Command::once, Scope::step, "Bring the host up to date, and end");
  add("run", Command::run, Scope::step, "Keep the host up to date until told to stop");
  add_output(*add("status", Command::status, Scope::all, "Show who this host is, and how it is"),
             arguments, "text, json or name");
  add_output(*add("doctor", Command::doctor, Scope::step,
                  "Look for what stands in the way, and say what to do; changes nothing"),
             arguments, "text or json");
  add("retry", Command::retry, Scope::all, "Try a deployment again that was given up")
      ->add_option("DEPLOYMENT", arguments.deployment, "NAME, or WORKSPACE/NAME")
      ->required();
  add_enroll(
      *add("enroll", Command::enroll, Scope::connecting, "Make this machine a host of a server"),
      told);
  add("rotate-key", Command::rotate_key, Scope::connecting,
      "Give this host a new key in place of the one it has");
  add("git-key", Command::git_key, Scope::step,
      "Print the key that signs this host's commits, for an allowed-signers file of Git");
  add_trust_author(*add("trust-author", Command::trust_author, Scope::all,
                        "Apply only what the owner of a key has signed"),
                   told);
}

ExitCode usage(const ProgramEnv& env, std::string_view what) {
  env.err << "titan-agent: " << what << "\n";
  return ExitCode::usage;
}

// From their texts.
std::optional<ExitCode> read_keys(Told& told, const ProgramEnv& env) {
  const auto author = PublicKey::parse(told.author_key);
  if (told.arguments.command == Command::trust_author) {
    if (!author) return usage(env, "KEY: " + author.error().text());
    told.arguments.trust_author.key = *author;
  }
  for (const std::string& text : told.author_keys) {
    const auto key = PublicKey::parse(text);
    if (!key) return usage(env, "--require-signed-by: " + key.error().text());
    told.arguments.enroll.require_signed_by.push_back(*key);
  }
  return std::nullopt;
}

std::optional<ExitCode> check_enroll(const Arguments& arguments, const ProgramEnv& env) {
  if (arguments.enrollment.empty() && !arguments.lobby) {
    return usage(env, "give an enrollment string, or --lobby");
  }
  if (!arguments.lobby) return std::nullopt;
  if (arguments.enroll.server.empty()) return usage(env, "--lobby needs --server");
  const auto name = model::check_name("--name", arguments.enroll.name);
  if (!name) return usage(env, name.error().text());
  if (arguments.enroll.server_key.empty() || PublicKey::parse(arguments.enroll.server_key)) {
    return std::nullopt;
  }
  return usage(env, "--server-key: expected ed25519: and 43 letters");
}

std::optional<ExitCode> check(const Arguments& arguments, const ProgramEnv& env) {
  const bool takes_name = arguments.command == Command::status;
  const std::string& output = arguments.output;
  if (output != "text" && output != "json" && !(takes_name && output == "name")) {
    return usage(env, std::string("-o: expected text") +
                          (takes_name ? ", json or name" : " or json") + ", found " +
                          quote(output));
  }
  if (arguments.command == Command::enroll) return check_enroll(arguments, env);
  return std::nullopt;
}

}  // namespace

std::variant<Arguments, ExitCode> read_arguments(std::vector<std::string> arguments,
                                                 const ProgramEnv& env) {
  Told told;
  Arguments& made = told.arguments;
  made.sources.variable = env.variable;
  made.enroll.name = own_name();
  made.enroll.organization = "default";
  CLI::App app(kDescription, "titan-agent");
  app.set_version_flag("--version", "titan-agent " TITAN_VERSION);
  app.require_subcommand(1);
  add_commands(app, told);
  try {
    std::reverse(arguments.begin(), arguments.end());  // as the library wants them
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    const bool asked_for = error.get_exit_code() == 0;
    app.exit(error, env.out, env.err);
    return asked_for ? ExitCode::done : ExitCode::usage;
  }
  auto configuration = load_configuration(made.sources);
  if (!configuration) return usage(env, configuration.error().text());
  made.configuration = *std::move(configuration);
  made.enroll.server = made.configuration.server;
  made.enroll.wait = !told.no_wait;
  if (const auto code = read_keys(told, env)) return *code;
  if (const auto code = check(made, env)) return *code;
  return std::move(made);
}

}  // namespace titan::agent
