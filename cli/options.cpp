#include "cli/options.hpp"

#include <CLI/CLI.hpp>

namespace titan::cli {
namespace {

using model::Kind;

void add_values(CLI::App& verb, EntityFlags& entity) {
  verb.add_option("--values", entity.values, "Values: a file, or YAML or JSON itself");
}

}  // namespace

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

}  // namespace titan::cli
