#include "cli/options.hpp"

#include <CLI/CLI.hpp>

namespace titan::cli {
namespace {

using model::Kind;

void add_values(CLI::App& verb, EntityFlags& entity) {
  verb.add_option("--values", entity.values, "Values: a file, or YAML or JSON itself");
}

}  // namespace

void add_connection_options(CLI::App& verb, bool with_workspace, ConnectionFlags& connection) {
  verb.add_option("--server", connection.server,
                  "URL of the server (else TITAN_SERVER, the current context, or "
                  "http://127.0.0.1:7480)");
  verb.add_option("--ca-file", connection.ca_file,
                  "Certificates (PEM) to trust for https://, and no others (else TITAN_CA_FILE, "
                  "the context's, or the system's)");
  verb.add_option("--token-file", connection.token_file,
                  "File with the token (else TITAN_TOKEN, TITAN_TOKEN_FILE, or the context's)");
  if (!with_workspace) return;
  verb.add_option("-w,--workspace", connection.workspace,
                  "Workspace (else the current context's, or default)");
}

void add_spec_options(CLI::App& verb, model::Kind kind, EntityFlags& entity) {
  switch (kind) {
    case Kind::workspace:
      verb.add_option("--description", entity.description, "What it is for");
      break;
    case Kind::host:
      verb.add_option("--labels", entity.labels, "What targets match: KEY=VALUE,…");
      add_values(verb, entity);
      verb.add_option("--delivery", entity.delivery, "agent or gitops");
      verb.add_option("--drivers", entity.drivers, "What it can apply: files,systemd,…");
      verb.add_option("--capacity", entity.capacity, "How many deployments it takes");
      verb.add_option("--lease", entity.lease, "Silent for longer it is MISSING: 15m");
      break;
    case Kind::template_:
      verb.add_option("-f,--file", entity.directory, "Folder of the template");
      verb.add_option("--repo", entity.repository,
                      "Or the Git repository that the server reads it from, and follows");
      verb.add_option("--ref", entity.ref, "Branch or tag there (else the remote's HEAD)");
      verb.add_option("--path", entity.path, "Folder of the template there (else the top)");
      break;
    case Kind::workload:
      verb.add_option("--repo", entity.repo, "Where its source lives");
      verb.add_option("--template", entity.template_name, "Template of deployments that name none");
      add_values(verb, entity);
      break;
    case Kind::target:
      verb.add_option("--labels", entity.labels, "Labels that must all match: KEY=VALUE,…");
      verb.add_option("--selector", entity.selector, "Rules such as: region in (eu,us),!gpu");
      break;
    default:
      verb.add_option("--workload", entity.workload, "What is deployed")->required();
      verb.add_option("--target", entity.target, "Where to")->required();
      verb.add_option("--template", entity.template_name, "Template, when not the workload's");
      add_values(verb, entity);
      verb.add_option("--replicas", entity.replicas, "On how many hosts (else on all)");
      verb.add_option("--spread-by", entity.spread_by,
                      "Label of hosts over whose values replicas are spread");
      verb.add_option("--reschedule-after", entity.reschedule_after,
                      "How long a replica stays on a host that is MISSING: 10m");
      verb.add_option("--depends-on", entity.depends_on, "Deployments that go first: a,b,…");
      verb.add_option("--drift-policy", entity.drift_policy,
                      "What others change is put back (heal) or reported (report)");
  }
}

void add_filter_options(CLI::App& verb, ListFlags& list) {
  verb.add_option("-l,--selector", list.selector, "Of hosts, by labels: region=eu,!gpu");
  verb.add_option("--status", list.statuses, "By status: READY,MISSING; or DELETED");
  verb.add_option("--tags", list.tags, "By tags: KEY=VALUE,…");
  verb.add_option("--field-selector,--field", list.fields, "By fields: spec.workload=sensor,…");
  verb.add_option("--modified-after", list.modified_after,
                  "Written last at this time or later: a time, or how long ago (10m)");
  verb.add_option("--modified-before", list.modified_before, "Written last before this time");
}

void add_value_options(CLI::App& verb, SecretValueFlags& secret) {
  const auto add = [&verb](const char* flag, std::vector<std::string>& to, const char* what) {
    verb.add_option(flag, to, what)
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  };
  add("--from-literal", secret.literals, "KEY=VALUE, which others on this machine may see");
  add("--from-file", secret.files, "KEY=PATH, to the last byte; - is standard input");
  add("--generate", secret.generated, "KEY or KEY=LENGTH: random letters and digits (else 32)");
}

void add_stage_options(CLI::App& verb, StageFlags& stage) {
  verb.add_option("--version", stage.version, "Of the deployment (else the next one)");
  verb.add_flag("--current", stage.current, "Of its current version");
  verb.add_option("--time", stage.time,
                  "When it happened: a time, or how long ago (10m); else now");
  verb.add_option("--outcome", stage.outcome, "succeeded (when left out) or failed");
  verb.add_option("--revision", stage.revision, "Of the source, such as a commit's id");
  verb.add_option("--url", stage.url, "Where more is told, such as the page of the build");
}

}  // namespace titan::cli
