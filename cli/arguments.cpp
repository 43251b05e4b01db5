#include "cli/arguments.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <functional>
#include <map>
#include <utility>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "cli/completion.hpp"
#include "cli/kind_example.hpp"
#include "cli/options.hpp"
#include "cli/usage_error.hpp"

namespace titan::cli {
namespace {

using model::Kind;

constexpr Kind kWritableKinds[] = {Kind::workspace, Kind::host,   Kind::template_,
                                   Kind::workload,  Kind::target, Kind::deployment};

// Builds the tree of verbs and kinds. All verbs share the variables below, as a command line has
// only one of them.
class Parser {
 public:
  Parser() : app_("titan delivers declarative workloads to hosts.", "titan") {
    app_.get_formatter()->column_width(36);
    app_.require_subcommand(1);
    app_.footer("titan VERB --help shows an example of each verb.");
    add_connection(app_, true);
    add_create();
    add_apply();
    add_diff();
    add_render();
    add_why();
    add_trace();
    add_report();
    add_edit();
    add_get();
    add_describe();
    add_wait();
    add_delete();
    add_rotate();
    add_config();
    add_login();
    add_auth();
    add_approve();
    add_revoke();
    add_key();
    add_sign();
    add_status();
    add_sync();
    add_version();
    add_completion();
  }

  Result<Arguments> parse(const std::vector<std::string>& arguments) {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    try {
      app_.parse(std::move(reversed));
    } catch (const CLI::CallForHelp&) {
      return Arguments{.help = app_.help()};
    } catch (const CLI::ParseError& error) {
      return invalid(explain(app_, error));
    }
    if (connection_.workspace) {
      TITAN_TRY(model::check_name("--workspace", *connection_.workspace));
    }
    TITAN_ASSIGN(Command command, makers_.at(&chosen_verb(app_))());
    return Arguments{.command = std::move(command)};
  }

 private:
  using Maker = std::function<Result<Command>()>;

  // ---- the tree

  CLI::App& add_verb(CLI::App& parent, const std::string& name, const std::string& what,
                     const std::string& example, Maker maker) {
    CLI::App* verb = parent.add_subcommand(name, what);
    verb->footer("Example:\n  " + example);
    if (maker) makers_[verb] = std::move(maker);
    return *verb;
  }

  void add_connection(CLI::App& verb, bool with_workspace) {
    add_connection_options(verb, with_workspace, connection_);
  }

  void add_output(CLI::App& verb) {
    verb.add_option("-o,--output", format_, "table, wide, json, yaml or name")
        ->check(CLI::IsMember({"table", "wide", "json", "yaml", "name"}));
  }

  void add_create() {
    CLI::App& verb = add_verb(app_, "create", "Create an entity from flags; it must not exist",
                              "titan create host --name tim-pi --labels name=tim-pi", nullptr);
    verb.require_subcommand(1);
    add_kinds(verb, WriteCommand::Mode::create);
    add_create_token(verb);
    add_create_enrollment(verb);
    add_create_credential(verb);
  }

  CLI::App& add_secret(CLI::App& verb, Kind kind, const std::string& example, Maker maker) {
    const std::string word(model::singular_of(kind));
    CLI::App& of_kind = add_verb(verb, word, "A " + word + ", whose secret is shown once",
                                 "titan create " + example, std::move(maker));
    of_kind.ignore_case();
    for (const std::string& other : other_words_of(kind)) of_kind.alias(other);
    of_kind.add_option("NAME", name_, "Name");
    of_kind.add_option("--name", name_flag_, "Name, when it is not given as the argument");
    add_connection(of_kind, false);
    add_document_output(of_kind);
    return of_kind;
  }

  void add_create_token(CLI::App& create) {
    CLI::App& verb =
        add_secret(create, Kind::token,
                   "token ci --role developer --in-workspace iot --ttl 90d\n"
                   "  titan create token tim --role admin --description \"Tim's laptop\"",
                   [this] { return make_create_token(); });
    verb.add_option("--role", role_, "viewer, developer, platform or admin")->required();
    verb.add_option("--in-workspace", in_workspace_,
                    "Where the role holds (else in the whole organization)");
    verb.add_option("--ttl", life_, "For how long, such as 90d (else until it is deleted)");
    verb.add_option("--description", entity_.description, "What or whom it is for");
  }

  void add_create_enrollment(CLI::App& create) {
    CLI::App& verb =
        add_secret(create, Kind::enrollment,
                   "enrollment --host tim-pi --labels name=tim-pi,platform=kubernetes\n"
                   "  titan create enrollment --host tim-pi --ttl 2d "
                   "--server-url https://titan.example.com:7480",
                   [this] { return make_create_enrollment(); });
    verb.add_option("--host", host_, "Host that the device becomes")->required();
    verb.add_option("--labels", entity_.labels, "Of the host, if it does not exist: KEY=VALUE,…");
    verb.add_option("--ttl", life_, "For how long it can be used, such as 2d (else 1h)");
    verb.add_option("--server-url", server_url_,
                    "URL of the server as the device sees it (else as you do)");
  }

  void add_create_credential(CLI::App& create) {
    CLI::App& verb =
        add_verb(create, "secret", "A secret, whose values only hosts that need them get to see",
                 "titan create secret db --from-literal user=app --generate password\n"
                 "  titan create secret tls --from-file tls.key=./server.key\n"
                 "  pass show db | titan create secret db --from-file password=-",
                 [this] { return make_write_secret(WriteSecretCommand::Mode::create); });
    add_secret_flags(verb);
    verb.add_option("--tags", entity_.tags, "Free metadata: KEY=VALUE,…");
  }

  void add_rotate() {
    CLI::App& rotate = add_verb(app_, "rotate", "Give keys of a secret new values",
                                "titan rotate secret db --generate password", nullptr);
    rotate.require_subcommand(1);
    CLI::App& verb =
        add_verb(rotate, "secret", "A secret; keys that are not named stay as they are",
                 "titan rotate secret db --generate password\n"
                 "  titan rotate secret tls --from-file tls.key=./new.key",
                 [this] { return make_write_secret(WriteSecretCommand::Mode::rotate); });
    add_secret_flags(verb);
  }

  void add_secret_flags(CLI::App& verb) {
    verb.ignore_case();
    for (const std::string& other : other_words_of(Kind::secret)) verb.alias(other);
    verb.add_option("NAME", name_, "Name");
    verb.add_option("--name", name_flag_, "Name, when it is not given as the argument");
    add_value_options(verb, secret_);
    add_connection(verb, true);
    add_output(verb);
  }

  void add_document_output(CLI::App& verb) {
    verb.add_option("-o,--output", format_, "table, json or yaml")
        ->check(CLI::IsMember({"table", "json", "yaml"}));
  }

  void add_apply() {
    CLI::App& verb = add_verb(app_, "apply", "Create or replace entities, from files or from flags",
                              "titan apply -f fleet.yaml\n  titan apply target all --selector gpu",
                              [this] { return make_apply_files(); });
    verb.require_subcommand(0, 1);
    verb.add_option("-f,--file", file_,
                    "File or folder of YAML or JSON documents; - is standard input");
    add_allow_missing(verb);
    add_connection(verb, true);
    add_output(verb);
    add_kinds(verb, WriteCommand::Mode::apply);
  }

  void add_kinds(CLI::App& verb, WriteCommand::Mode mode) {
    for (const Kind kind : kWritableKinds) {
      const std::string word(model::singular_of(kind));
      CLI::App& of_kind =
          add_verb(verb, word, "A " + word, "titan " + verb.get_name() + " " + example_of(kind),
                   [this, mode, kind] { return make_write(mode, kind); });
      of_kind.ignore_case();
      for (const std::string& other : other_words_of(kind)) of_kind.alias(other);
      of_kind.add_option("NAME", name_, "Name");
      of_kind.add_option("--name", name_flag_, "Name, when it is not given as the argument");
      add_spec_options(of_kind, kind, entity_);
      of_kind.add_option("--tags", entity_.tags, "Free metadata: KEY=VALUE,…");
      add_allow_missing(of_kind);
      add_connection(of_kind, model::in_workspace(kind));
      add_output(of_kind);
    }
  }

  void add_allow_missing(CLI::App& verb) {
    verb.add_flag("--allow-missing", allow_missing_, "What it refers to need not exist yet");
  }

  void add_kind_and_name(CLI::App& verb, const std::string& kinds) {
    verb.add_option("KIND", kind_, kinds);
    verb.add_option("NAME", name_, "Name; KIND/NAME is understood as well");
  }

  void add_sync() {
    CLI::App& verb = add_verb(app_, "sync", "Have the server read a template from Git now",
                              "titan sync template device-service", [this] { return make_sync(); });
    add_kind_and_name(verb, "template");
    add_connection(verb, false);
  }

  void add_diff() {
    CLI::App& verb = add_verb(
        app_, "diff", "Show what apply -f would change, also on hosts (exit code 1: it would)",
        "titan diff -f fleet.yaml\n  titan diff deployment/prod -f new.yaml --all-hosts\n"
        "  titan diff -f ./manifests --no-hosts",
        [this] { return make_diff(); });
    add_kind_and_name(verb, "A kind, of one of the documents (else all of them)");
    verb.add_option("-f,--file", file_,
                    "File or folder of YAML or JSON documents; - is standard input");
    verb.add_flag("--no-hosts", no_hosts_, "The entities alone, not what happens on hosts");
    verb.add_flag("--all-hosts", all_hosts_, "Name each host, and show each change of files");
    add_allow_missing(verb);
    add_connection(verb, true);
    add_document_output(verb);
    add_no_colour(verb);
  }

  void add_no_colour(CLI::App& verb) {
    verb.add_flag("--no-color", no_colour_, "Without colours, also on a terminal");
  }

  void add_render() {
    CLI::App& verb =
        add_verb(app_, "render", "Show the files that a host gets, or got",
                 "titan render deployment/prod --host tim-pi\n"
                 "  titan render deployment/prod --host tim-pi --at 2h --file root/etc/app.conf\n"
                 "  titan render host/tim-pi --at 0123456789abcdef.42 --output-dir ./then",
                 [this] { return make_render(); });
    add_kind_and_name(verb, "deployment or host");
    verb.add_option("--host", host_, "Host that the deployment is rendered for");
    verb.add_option("--at", at_, "A bookmark, a time, or how long ago (10m); else now");
    verb.add_option("--file", path_, "Only this file, as it is: root/etc/app.conf");
    verb.add_option("-d,--output-dir", output_folder_, "Write the files below this folder");
    add_connection(verb, true);
    add_document_output(verb);
  }

  void add_why() {
    CLI::App& verb =
        add_verb(app_, "why", "Say where a file on a host, or a line of it, comes from",
                 "titan why tim-pi:etc/mosquitto/bridge.conf:12\n"
                 "  titan why tim-pi:compose.yaml --deployment default/prod",
                 [this] { return make_why(); });
    verb.add_option("FILE", name_, "HOST:PATH, or HOST:PATH:LINE")->required();
    verb.add_option("--deployment", deployment_, "WORKSPACE/NAME, when several have such a file");
    verb.add_option("--at", at_, "A bookmark, a time, or how long ago (10m); else now");
    add_connection(verb, false);
    add_document_output(verb);
    add_no_colour(verb);
  }

  void add_trace() {
    CLI::App& verb = add_verb(
        app_, "trace", "Show the life of a deployment's version, from its source to its hosts",
        "titan trace deployment/prod\n  titan trace deployment prod -w iot -o wide",
        [this] { return make_trace(); });
    add_kind_and_name(verb, "deployment");
    add_connection(verb, true);
    verb.add_option("-o,--output", format_, "table, wide, json or yaml")
        ->check(CLI::IsMember({"table", "wide", "json", "yaml"}));
    add_no_colour(verb);
  }

  void add_report() {
    CLI::App& report = add_verb(app_, "report", "Report what happened to a deployment outside",
                                "titan report stage build deployment/prod", nullptr);
    report.require_subcommand(1);
    CLI::App& verb =
        add_verb(report, "stage", "A stage in the life of a version, for titan trace",
                 "titan report stage source deployment/prod --revision 9fceb02 --time 10m\n"
                 "  titan report stage build deployment/prod --url https://ci.example.com/runs/7\n"
                 "  titan report stage smoke-test deployment/prod --current --outcome failed",
                 [this] { return make_report_stage(); });
    verb.add_option("STAGE", stage_.name, "Such as source, build or test")->required();
    add_kind_and_name(verb, "deployment");
    add_stage_options(verb, stage_);
    add_connection(verb, true);
    add_output(verb);
  }

  void add_edit() {
    CLI::App& verb =
        add_verb(app_, "edit", "Edit an entity in $VISUAL, $EDITOR or vi",
                 "titan edit deployment/prod\n  EDITOR='code --wait' titan edit host pi",
                 [this] { return make_edit(); });
    add_kind_and_name(verb, "A kind");
    add_allow_missing(verb);
    add_connection(verb, true);
  }

  void add_wait() {
    CLI::App& verb = add_verb(app_, "wait", "Wait until entities are as wanted",
                              "titan wait deployment/prod --for ready --timeout 5m\n"
                              "  titan wait deployment prod dev --for deleted\n"
                              "  titan wait host/tim-pi --for status=MISSING",
                              [this] { return make_wait(); });
    verb.add_option("NAMES", names_, "KIND/NAME…, or KIND NAME…");
    verb.add_option("--for", condition_, "ready (when left out), deleted or status=STATUS");
    add_timeout(verb);
    add_connection(verb, true);
  }

  void add_timeout(CLI::App& verb) {
    verb.add_option("--timeout", timeout_, "How long, such as 90s (else 5m); 0 looks once");
  }

  void add_get() {
    CLI::App& verb = add_verb(app_, "get", "Show entities, or the change log",
                              "titan get deployments\n  titan get host tim-pi -o yaml\n"
                              "  titan get hosts -l 'region=eu,!gpu' --status MISSING -o wide\n"
                              "  titan get deployments -A --field-selector spec.workload=sensor\n"
                              "  titan get deployments --watch\n"
                              "  titan get changes --since 10m --kind deployment --follow\n"
                              "  titan get lobby",
                              [this] { return make_get(); });
    add_kind_and_name(verb, "A kind (hosts, deployments, …), changes or lobby");
    verb.add_flag("-A,--all-workspaces", all_workspaces_, "Across all workspaces");
    add_filter_options(verb, list_);
    verb.add_option("--limit", limit_, "At most so many (of changes 1 to 1000)");
    verb.add_flag("--watch", watch_, "Go on with those that change, until interrupted");
    verb.add_option("--since", since_,
                    "Of changes: a bookmark, a time, or how long ago (10m); after it only");
    verb.add_option("--kind", change_kind_, "Of changes: of this kind only");
    verb.add_option("--actor", actor_, "Of changes: written by this actor only");
    verb.add_flag("--follow", follow_, "Of changes: go on with what comes, until interrupted");
    add_connection(verb, true);
    add_output(verb);
    verb.add_flag("--no-headers", no_headers_, "Tables without their first line");
  }

  void add_describe() {
    CLI::App& verb = add_verb(app_, "describe", "Show all that is known of one entity",
                              "titan describe deployment prod", [this] { return make_describe(); });
    add_kind_and_name(verb, "A kind");
    add_connection(verb, true);
  }

  void add_delete() {
    CLI::App& verb = add_verb(app_, "delete", "Delete entities",
                              "titan delete deployment prod --wait --timeout 2m\n"
                              "  titan delete -f fleet.yaml",
                              [this] { return make_delete(); });
    add_kind_and_name(verb, "A kind");
    verb.add_option("-f,--file", file_, "File or folder of documents; - is standard input");
    verb.add_flag("--force", delete_.force, "Do not wait for the hosts of a deployment");
    verb.add_flag("--ignore-not-found", delete_.ignore_not_found, "What does not exist is done");
    verb.add_flag("--wait", delete_.wait, "Wait until it is gone");
    add_timeout(verb);
    add_connection(verb, true);
  }

  void add_config() {
    CLI::App& config =
        add_verb(app_, "config", "Servers to work with, by name",
                 "titan config set-context lab --server http://127.0.0.1:7481", nullptr);
    config.require_subcommand(1);
    add_verb(config, "current-context", "Show the current context", "titan config current-context",
             [] { return Command(CurrentContextCommand{}); });
    add_verb(config, "get-contexts", "Show all contexts", "titan config get-contexts", [this] {
      return Command(GetContextsCommand{.headers = !no_headers_});
    }).add_flag("--no-headers", no_headers_, "A table without its first line");
    add_verb(config, "use-context", "Choose the current context", "titan config use-context lab",
             [this] { return Command(UseContextCommand{name_}); })
        .add_option("NAME", name_, "Name of the context")
        ->required();
    CLI::App& set = add_verb(
        config, "set-context", "Add or change a context",
        "titan config set-context lab --server http://127.0.0.1:7481 --workspace iot", [this] {
          return Command(SetContextCommand{name_, connection_.server, connection_.ca_file,
                                           connection_.token_file, connection_.workspace});
        });
    set.add_option("NAME", name_, "Name of the context")->required();
    set.add_option("--server", connection_.server, "URL of its server");
    set.add_option("--ca-file", connection_.ca_file,
                   "Certificates (PEM) to trust for it, an absolute path; '' forgets it");
    set.add_option("--token-file", connection_.token_file,
                   "File with the token for it, an absolute path; '' forgets the token");
    set.add_option("-w,--workspace", connection_.workspace, "Workspace to work in");
  }

  void add_login() {
    CLI::App& login = add_verb(app_, "login", "Log in to a server, and keep a token for it",
                               "titan login --server https://titan.example.com:7480\n"
                               "  titan login --organization acme\n"
                               "  titan login --token-file DATA/admin-token\n"
                               "  titan login --context lab --server http://127.0.0.1:7481",
                               [this] {
                                 return Command(LoginCommand{context_, organization_, connection_});
                               });
    login.add_option("--context", context_, "Context to keep it in (else the current one)");
    login.add_option("--server", connection_.server, "URL of the server (else the context's)");
    login.add_option("--ca-file", connection_.ca_file,
                     "Certificates (PEM) to trust for https://, an absolute path");
    login.add_option("--token-file", connection_.token_file,
                     "File with the token, - to be asked for it or to read standard input (else "
                     "you log in at the "
                     "server's identity provider, if it has one)");
    login.add_option("--organization", organization_,
                     "Where to log in to, through an identity provider (else the server chooses)");
    add_verb(app_, "logout", "Forget the token of a context", "titan logout", [this] {
      return Command(LogoutCommand{context_});
    }).add_option("--context", context_, "Which one (else the current one)");
  }

  void add_auth() {
    CLI::App& auth = add_verb(app_, "auth", "Who you are to the server, and what you may do",
                              "titan auth whoami", nullptr);
    auth.require_subcommand(1);
    CLI::App& whoami = add_verb(auth, "whoami", "Show your name, organization and roles",
                                "titan auth whoami", [this] {
                                  return Command(WhoamiCommand{connection_, output()});
                                });
    add_connection(whoami, false);
    add_document_output(whoami);
    CLI::App& can_i =
        add_verb(auth, "can-i", "Say whether you may (exit code 5: no)",
                 "titan auth can-i create deployments -w iot", [this] { return make_can_i(); });
    can_i.add_option("VERB", verb_, "get, list, watch, create, update, apply or delete")
        ->required()
        ->check(CLI::IsMember({"get", "list", "watch", "create", "update", "apply", "delete"}));
    can_i.add_option("KIND", kind_, "A kind")->required();
    add_connection(can_i, true);
    add_document_output(can_i);
  }

  void add_approve() {
    CLI::App& verb = add_verb(app_, "approve", "Let a device of the lobby be a host",
                              "titan approve 1a2b3c4d5e6f --host tim-pi --labels name=tim-pi",
                              [this] { return make_approve(); });
    verb.add_option("ID", name_, "The device, as titan get lobby shows it")->required();
    verb.add_option("--host", host_, "Host that it becomes")->required();
    verb.add_option("--labels", entity_.labels, "Of the host, if it does not exist: KEY=VALUE,…");
    add_connection(verb, false);
  }

  void add_revoke() {
    CLI::App& verb = add_verb(app_, "revoke", "Shut out a host's device, or a token",
                              "titan revoke host tim-pi\n  titan revoke token ci",
                              [this] { return make_revoke(); });
    add_kind_and_name(verb, "host or token");
    add_connection(verb, false);
  }

  void add_key() {
    CLI::App& key = add_verb(app_, "key", "Keys of authors, who sign what hosts run",
                             "titan key new ~/author.key", nullptr);
    key.require_subcommand(1);
    add_verb(key, "new", "Make a key, and print its public half", "titan key new ~/author.key",
             [this] { return Command(NewKeyCommand{key_file_}); })
        .add_option("FILE", key_file_, "Where to keep the key; nothing must be there")
        ->required();
  }

  void add_sign() {
    CLI::App& verb = add_verb(app_, "sign", "Sign what a deployment, or a host, is",
                              "titan sign deployment/prod --key ~/author.key\n"
                              "  titan sign host/tim-pi --key ~/author.key --yes",
                              [this] { return make_sign(); });
    add_kind_and_name(verb, "deployment or host");
    verb.add_option("--key", key_file_, "File with the author's key")->required();
    verb.add_flag("--yes", yes_, "Do not ask");
    add_connection(verb, true);
  }

  void add_status() {
    CLI::App& verb = add_verb(app_, "status", "Show how the server is", "titan status",
                              [this] { return Command(StatusCommand{connection_}); });
    add_connection(verb, false);
  }

  void add_version() {
    add_verb(app_, "version", "Show the version of this program", "titan version",
             [] { return Command(VersionCommand{}); });
  }

  void add_completion() {
    add_verb(app_, "completion", "Print a script that completes command lines",
             "titan completion fish >~/.config/fish/completions/titan.fish\n"
             "  source <(titan completion bash)",
             [this] { return make_completion(); })
        .add_option("SHELL", name_, "bash, zsh or fish")
        ->required();
  }

  // ---- from what was parsed to a command

  [[nodiscard]] OutputFlags output() const {
    return {.format = output_named(format_), .headers = !no_headers_};
  }

  [[nodiscard]] Result<void> check_workspace(Kind kind) const {
    if (!connection_.workspace || model::in_workspace(kind)) return {};
    return invalid("a " + std::string(model::singular_of(kind)) +
                   " is in no workspace; leave --workspace out");
  }

  Result<Command> make_write(WriteCommand::Mode mode, Kind kind) {
    if (file_) return invalid("-f with documents and a kind cannot stand together");
    TITAN_TRY(check_workspace(kind));
    TITAN_ASSIGN(const std::string name, one_name());
    if (name.empty()) {
      return invalid("the " + std::string(model::singular_of(kind)) + " needs a name");
    }
    if (kind == Kind::template_) TITAN_TRY(check_template_flags());
    return WriteCommand{mode, kind, name, entity_, allow_missing_, connection_, output()};
  }

  [[nodiscard]] Result<void> check_template_flags() const {
    if (entity_.directory.has_value() == entity_.repository.has_value()) {
      return invalid("expected -f FOLDER or --repo URL, one of the two");
    }
    if (!entity_.repository && (entity_.ref || entity_.path)) {
      return invalid("--ref and --path go with --repo");
    }
    return {};
  }

  Result<Command> make_sync() {
    TITAN_ASSIGN(auto what, make_named());
    if (what.kind != Kind::template_) {
      return invalid(std::string(model::plural_of(what.kind)) +
                     " are not read from Git: expected template");
    }
    return SyncCommand{what, connection_};
  }

  Result<Command> make_apply_files() {
    if (!file_) return invalid("expected -f PATH, or a kind and a name; see titan apply --help");
    return ApplyFilesCommand{*file_, allow_missing_, connection_, output()};
  }

  Result<Command> make_get() {
    if (kind_.empty()) return invalid("expected a kind; see titan get --help");
    if (kind_ == "changes") return make_get_changes();
    if (kind_ == "lobby") return make_get_lobby();
    if (since_ || change_kind_ || actor_ || follow_) {
      return invalid("--since, --kind, --actor and --follow are for titan get changes");
    }
    TITAN_ASSIGN(const auto what, make_what());
    if (all_workspaces_ && (!what.name.empty() || connection_.workspace)) {
      return invalid("--all-workspaces cannot stand beside a name or --workspace");
    }
    if (!what.name.empty() && (has_filter() || limit_ || watch_)) {
      return invalid("a name picks one; filters, --limit and --watch are for lists");
    }
    if (limit_ && *limit_ == 0) return invalid("--limit: expected 1 or more");
    if (limit_ && watch_) return invalid("--limit and --watch cannot stand together");
    return GetCommand{what, all_workspaces_, list_, limit_, watch_, connection_, output()};
  }

  [[nodiscard]] bool has_filter() const {
    return list_.selector || list_.statuses || list_.tags || list_.fields || list_.modified_after ||
           list_.modified_before;
  }

  Result<Command> make_get_changes() {
    if (!name_.empty() || all_workspaces_ || connection_.workspace) {
      return invalid("the change log has no names and no workspaces");
    }
    if (has_filter() || watch_) {
      return invalid(
          "the change log is picked from by --since, --kind, --actor and --limit, and goes on "
          "with --follow");
    }
    if (actor_ && actor_->empty()) return invalid("--actor: expected the name of an actor");
    GetChangesCommand command{.since = since_.value_or(""),
                              .limit = limit_,
                              .actor = actor_.value_or(""),
                              .follow = follow_,
                              .connection = connection_,
                              .output = output()};
    if (change_kind_) {
      TITAN_ASSIGN(command.kind, kind_of_word(*change_kind_));
    }
    return command;
  }

  Result<Command> make_get_lobby() {
    if (!name_.empty() || all_workspaces_ || connection_.workspace || has_filter() || limit_ ||
        watch_ || since_ || change_kind_ || actor_ || follow_) {
      return invalid("the lobby is shown whole: it takes -o and --no-headers alone");
    }
    return GetLobbyCommand{connection_, output()};
  }

  // The argument or --name; empty when there is neither.
  Result<std::string> one_name() const {
    if (!name_.empty() && name_flag_ && *name_flag_ != name_) {
      return invalid("two names are given, " + quote(name_) + " and " + quote(*name_flag_));
    }
    std::string name = name_flag_.value_or(name_);
    if (!name.empty()) TITAN_TRY(model::check_name("name", name));
    return name;
  }

  Result<std::optional<std::chrono::seconds>> life() const {
    if (!life_) return std::optional<std::chrono::seconds>();
    auto life = parse_duration(*life_);
    if (!life) return std::move(life).error().context("--ttl");
    return std::optional(*life);
  }

  Result<Command> make_create_token() {
    CreateTokenCommand command{.in_workspace = in_workspace_,
                               .description = entity_.description.value_or(""),
                               .connection = connection_,
                               .output = output()};
    TITAN_TRY(check_workspace(Kind::token));
    TITAN_ASSIGN(command.name, one_name());
    if (command.name.empty()) return invalid("the token needs a name");
    if (!in_workspace_.empty()) TITAN_TRY(model::check_name("--in-workspace", in_workspace_));
    auto role = model::parse_role(role_);
    if (!role) return std::move(role).error().context("--role");
    command.role = *role;
    TITAN_ASSIGN(command.life, life());
    return command;
  }

  Result<Command> make_create_enrollment() {
    CreateEnrollmentCommand command{.host = host_,
                                    .labels = entity_.labels,
                                    .server_url = server_url_,
                                    .connection = connection_,
                                    .output = output()};
    TITAN_TRY(check_workspace(Kind::enrollment));
    TITAN_ASSIGN(command.name, one_name());
    TITAN_TRY(model::check_name("--host", host_));
    TITAN_ASSIGN(const auto life, this->life());
    command.life = life.value_or(kEnrollmentLife);
    return command;
  }

  Result<Command> make_write_secret(WriteSecretCommand::Mode mode) {
    WriteSecretCommand command{.mode = mode,
                               .values = secret_,
                               .tags = entity_.tags,
                               .connection = connection_,
                               .output = output()};
    TITAN_ASSIGN(command.name, one_name());
    if (command.name.empty()) return invalid("the secret needs a name");
    return command;
  }

  Result<Command> make_can_i() {
    CanICommand command{.verb = verb_, .connection = connection_, .output = output()};
    TITAN_ASSIGN(command.kind, kind_of_word(kind_));
    if (command.kind != Kind::workspace) TITAN_TRY(check_workspace(command.kind));
    return command;
  }

  Result<Command> make_approve() {
    TITAN_TRY(model::check_name("--host", host_));
    return ApproveCommand{name_, host_, entity_.labels, connection_};
  }

  Result<Command> make_revoke() {
    TITAN_ASSIGN(auto what, make_named());
    if (what.kind != Kind::host && what.kind != Kind::device && what.kind != Kind::token) {
      return invalid(std::string(model::plural_of(what.kind)) +
                     " are not revoked: expected host or token");
    }
    return RevokeCommand{what, connection_};
  }

  Result<Command> make_sign() {
    TITAN_ASSIGN(auto what, make_named());
    if (what.kind != Kind::deployment && what.kind != Kind::host) {
      return invalid(std::string(model::plural_of(what.kind)) +
                     " are not signed: expected deployment or host");
    }
    return SignCommand{what, key_file_, yes_, connection_};
  }

  Result<Command> make_diff() {
    if (!file_) return invalid("expected -f PATH; see titan diff --help");
    DiffCommand command{.path = *file_,
                        .entities_alone = no_hosts_,
                        .all_hosts = all_hosts_,
                        .allow_missing = allow_missing_,
                        .no_colour = no_colour_,
                        .connection = connection_,
                        .output = output()};
    if (!kind_.empty()) {
      TITAN_ASSIGN(command.only, make_named());
    }
    return command;
  }

  Result<Command> make_render() {
    RenderCommand command{.host = host_,
                          .at = at_,
                          .file = path_,
                          .output_folder = output_folder_,
                          .connection = connection_,
                          .output = output()};
    TITAN_ASSIGN(command.what, make_named());
    if (command.what.kind == Kind::host) {
      if (!host_.empty() || !path_.empty()) {
        return invalid("a host is rendered whole; --host and --file go with a deployment");
      }
    } else if (command.what.kind != Kind::deployment) {
      return invalid(std::string(model::plural_of(command.what.kind)) +
                     " are not rendered: expected deployment or host");
    } else if (host_.empty()) {
      return invalid("expected --host NAME: the host that the deployment is rendered for");
    } else {
      TITAN_TRY(model::check_name("--host", host_));
    }
    if (output_folder_ && (!path_.empty() || is_document(command.output.format))) {
      return invalid("--output-dir writes all files; --file and -o cannot stand beside it");
    }
    return command;
  }

  Result<Command> make_why() {
    TITAN_ASSIGN(auto file, parse_file_on_host(name_));
    return WhyCommand{std::move(file), deployment_, at_, no_colour_, connection_, output()};
  }

  Result<KindAndName> make_deployment() {
    TITAN_ASSIGN(auto what, make_named());
    if (what.kind == Kind::deployment) return what;
    return invalid("expected a deployment, found " + std::string(model::singular_of(what.kind)) +
                   " " + quote(what.name));
  }

  Result<Command> make_trace() {
    TITAN_ASSIGN(auto what, make_deployment());
    return TraceCommand{what, no_colour_, connection_, output()};
  }

  Result<Command> make_report_stage() {
    TITAN_ASSIGN(auto what, make_deployment());
    return ReportStageCommand{what, stage_, connection_, output()};
  }

  Result<Command> make_completion() {
    TITAN_ASSIGN(std::string script, completion_script(app_, name_));
    return PrintCommand{std::move(script)};
  }

  Result<Command> make_edit() {
    TITAN_ASSIGN(auto what, make_named());
    if (what.kind == Kind::assignment) return invalid("assignments are written by the server");
    return EditCommand{what, allow_missing_, connection_};
  }

  // "a/x b/y", or "a x y".
  Result<std::vector<KindAndName>> make_several() const {
    std::vector<KindAndName> all;
    const bool kind_first = !names_.empty() && names_.front().find('/') == std::string::npos;
    for (std::size_t i = kind_first ? 1 : 0; i < names_.size(); ++i) {
      TITAN_ASSIGN(auto what, kind_first ? kind_and_name(names_.front(), names_[i])
                                         : kind_and_name(names_[i], ""));
      TITAN_TRY(check_workspace(what.kind));
      if (what.name.empty()) return invalid("expected KIND/NAME, found " + quote(names_[i]));
      all.push_back(std::move(what));
    }
    if (all.empty()) return invalid("expected KIND/NAME; see titan wait --help");
    if (all.size() > kWaitResourcesMax) {
      return invalid("at most " + std::to_string(kWaitResourcesMax) + " can be waited for");
    }
    return all;
  }

  Result<Command> make_wait() {
    WaitCommand command{.connection = connection_};
    TITAN_ASSIGN(command.what, make_several());
    TITAN_ASSIGN(command.options.until, parse_condition(condition_));
    if (timeout_) {
      TITAN_ASSIGN(command.options.timeout, parse_timeout(*timeout_));
    }
    return command;
  }

  // A kind, and a name if there is one.
  Result<KindAndName> make_what() {
    TITAN_ASSIGN(auto what, kind_and_name(kind_, name_));
    TITAN_TRY(check_workspace(what.kind));
    return what;
  }

  // A kind and a name, both needed.
  Result<KindAndName> make_named() {
    if (kind_.empty()) return invalid("expected a kind and a name");
    TITAN_ASSIGN(auto what, make_what());
    if (what.name.empty()) {
      return invalid("the " + std::string(model::singular_of(what.kind)) + " needs a name");
    }
    return what;
  }

  Result<Command> make_describe() {
    TITAN_ASSIGN(auto what, make_named());
    return DescribeCommand{what, connection_};
  }

  Result<Command> make_delete() {
    if (file_ && !kind_.empty()) return invalid("-f and a kind cannot stand together");
    if (timeout_ && !delete_.wait) return invalid("--timeout is for --wait");
    if (timeout_) {
      TITAN_ASSIGN(delete_.timeout, parse_timeout(*timeout_));
    }
    if (file_) return DeleteFilesCommand{*file_, delete_, connection_};
    TITAN_ASSIGN(auto what, make_named());
    return DeleteCommand{what, delete_, connection_};
  }

  CLI::App app_;
  std::map<const CLI::App*, Maker> makers_;
  ConnectionFlags connection_;
  EntityFlags entity_;
  SecretValueFlags secret_;
  StageFlags stage_;
  DeleteFlags delete_;
  std::string format_ = "table";
  std::string kind_;
  std::string name_;
  std::optional<std::string> name_flag_;
  std::optional<std::string> file_;
  std::optional<std::string> since_;
  std::optional<std::size_t> limit_;
  std::optional<std::string> change_kind_;
  std::optional<std::string> actor_;
  std::optional<std::string> life_;
  std::string context_;
  std::string host_;
  std::string in_workspace_;
  std::string key_file_;
  std::string role_;
  std::string organization_;
  std::string server_url_;
  std::string verb_;
  std::optional<std::string> timeout_;
  std::string condition_ = "ready";
  std::vector<std::string> names_;
  std::string at_;
  std::string deployment_;
  std::string path_;
  std::optional<std::string> output_folder_;
  bool no_hosts_ = false;
  bool all_hosts_ = false;
  bool no_colour_ = false;
  ListFlags list_;
  bool watch_ = false;
  bool yes_ = false;
  bool follow_ = false;
  bool no_headers_ = false;
  bool allow_missing_ = false;
  bool all_workspaces_ = false;
};

}  // namespace

Result<Arguments> parse_arguments(const std::vector<std::string>& arguments) {
  try {
    return Parser().parse(arguments);
  } catch (const std::exception& failure) {
    return internal(std::string("the command line could not be read: ") + failure.what());
  }
}

}  // namespace titan::cli
