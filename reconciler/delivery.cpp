#include "reconciler/delivery.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "model/author_statement.hpp"
#include "model/limits.hpp"
#include "model/secret_use.hpp"

namespace titan::reconciler {
namespace {

using model::Key;
using model::Kind;
using nlohmann::json;

const model::DeploymentSpec& deployment_spec(const Version& version) {
  return std::get<model::DeploymentSpec>(version.entity->spec);
}

// The deployment's own template, or its workload's default.
const EntityRecord* template_record(const Version& deployment, const Version* workload) {
  if (deployment.template_ != nullptr) return deployment.template_;
  return workload == nullptr ? nullptr : workload->template_;
}

Delivery delivery_at(const EntityRecord& deployment, const Version& version, const HostRecord& host,
                     const HostVersion& host_version, std::uint64_t seq) {
  Delivery delivery{.deployment = &deployment,
                    .version = &version,
                    .workload = version.workload == nullptr ? nullptr : version.workload->at(seq),
                    .host = &host,
                    .host_version = &host_version,
                    .seq = seq};
  const EntityRecord* source = template_record(version, delivery.workload);
  if (source != nullptr) delivery.template_ = source->at(seq);
  return delivery;
}

// The closed set of names that a template may refer to. `author`: all but what is the host's.
model::Values inputs_of(const Fleet& fleet, const Delivery& delivery, const model::Values& author) {
  json inputs = author.json();
  const model::Values& host_values = delivery.host_version->values;
  if (!host_values.empty()) {
    inputs["values"] =
        model::Values::from_trusted(inputs["values"]).overlaid_with(host_values).json();
  }
  inputs["host"]["name"] = delivery.host->key.name;
  inputs["host"]["labels"] = fleet.labels_of(*delivery.host_version);
  return model::Values::from_trusted(std::move(inputs));
}

// What the host is told of who signed the form, when somebody did.
void show_signatures(const Delivery& delivery, const model::Values& author,
                     model::DesiredDeployment& desired) {
  const model::AuthorSignatures& signatures = deployment_spec(*delivery.version).signatures;
  if (signatures.empty()) return;
  desired.author = {signatures, model::Values::from_trusted(author.json().at("values"))};
  const HostVersion& host = *delivery.host_version;
  if (!host.signatures.empty()) desired.host = {host.signatures, host.values};
}

std::string name_of_template(const Delivery& delivery) {
  const std::string& own = deployment_spec(*delivery.version).template_name;
  if (!own.empty() || delivery.workload == nullptr) return own;
  return std::get<model::WorkloadSpec>(delivery.workload->entity->spec).default_template;
}

const model::SecretSpec& secret_spec(const Version& version) {
  return std::get<model::SecretSpec>(version.entity->spec);
}

// What the link leads to; null: there is no such secret, or it has no such key.
const model::SecretEntry* entry_at(const SecretLink& link, std::uint64_t seq) {
  const Version* version = link.secret->at(seq);
  if (version == nullptr) return nullptr;
  const auto& data = secret_spec(*version).data;
  const auto found = data.find(link.key);
  return found == data.end() ? nullptr : &found->second;
}

// The links of the deployment, and of its workload if there is one.
template <class Visit>
void for_each_secret(const Version& deployment, const Version* workload, const Visit& visit) {
  for (const SecretLink& link : deployment.secrets) visit(link);
  if (workload == nullptr) return;
  for (const SecretLink& link : workload->secrets) visit(link);
}

// `secret`: as it is; null: it is not there.
std::string no_value_text(const std::string& name, const Version* secret, const std::string& key) {
  return "secret " + quote(name) +
         (secret == nullptr ? std::string(" does not exist") : " has no key " + quote(key));
}

// A sentence for each value of a secret that is not there.
std::set<std::string> missing_secrets(const Version& deployment, const Version* workload,
                                      std::uint64_t seq) {
  std::set<std::string> missing;
  for_each_secret(deployment, workload, [&](const SecretLink& link) {
    if (entry_at(link, seq) != nullptr) return;
    missing.insert(no_value_text(link.secret->key.name, link.secret->at(seq), link.key));
  });
  return missing;
}

// The same of what is there now. Values that do not parse were refused when they were written.
void add_missing_secrets(const Fleet& fleet, const model::Entity& user, const model::Values& values,
                         std::set<std::string>& missing) {
  const auto references = model::secret_references(values);
  if (!references) return;
  for (const model::SecretReference& reference : *references) {
    const EntityRecord* record = fleet.find({.organization = user.organization,
                                             .kind = Kind::secret,
                                             .workspace = user.workspace,
                                             .name = reference.name});
    const Version* now = record == nullptr ? nullptr : record->now();
    if (now != nullptr && secret_spec(*now).data.contains(reference.key)) continue;
    missing.insert(no_value_text(reference.name, now, reference.key));
  }
}

// The values of secrets that the merged inputs refer to. REQUIRES: none is missing.
std::vector<model::SecretUse> secrets_used(const Delivery& delivery, const model::Values& inputs) {
  std::map<std::pair<std::string, std::string>, Digest> known;
  for_each_secret(*delivery.version, delivery.workload, [&](const SecretLink& link) {
    known[{link.secret->key.name, link.key}] = entry_at(link, delivery.seq)->digest;
  });
  std::vector<model::SecretUse> uses;
  if (known.empty()) return uses;
  const auto references = model::secret_references(inputs, model::kSecretUsesMax);
  if (!references) return uses;  // whoever renders it finds what is wrong
  for (const model::SecretReference& reference : *references) {
    const auto found = known.find({reference.name, reference.key});
    if (found == known.end()) continue;
    uses.push_back({.name = reference.name, .key = reference.key, .digest = found->second});
  }
  return uses;
}

// Whether the template has anything to give: one from Git may be known, and not read yet.
bool is_there(const Version& template_) {
  return std::get<model::TemplateSpec>(template_.entity->spec).is_there();
}

bool is_complete(const Delivery& delivery) {
  if (delivery.workload == nullptr || delivery.template_ == nullptr) return false;
  if (!is_there(*delivery.template_)) return false;
  bool complete = true;
  for_each_secret(*delivery.version, delivery.workload, [&](const SecretLink& link) {
    complete = complete && entry_at(link, delivery.seq) != nullptr;
  });
  return complete;
}

// Why a delivery that is not complete cannot be rendered.
std::string held_reason(const Delivery& delivery) {
  std::vector<std::string> missing;
  const auto need = [&](Kind kind, const std::string& name, bool exists) {
    if (exists) return;
    missing.push_back(std::string(singular_of(kind)) + " " + quote(name) + " does not exist");
  };
  const auto& spec = deployment_spec(*delivery.version);
  need(Kind::workload, spec.workload, delivery.workload != nullptr);
  const std::string template_name = name_of_template(delivery);
  if (!template_name.empty()) {
    need(Kind::template_, template_name, delivery.template_ != nullptr);
    if (delivery.template_ != nullptr && !is_there(*delivery.template_)) {
      missing.push_back("template " + quote(template_name) + " was not read from Git yet");
    }
  } else if (delivery.workload != nullptr) {
    missing.push_back("neither the deployment nor its workload " + quote(spec.workload) +
                      " names a template");
  }
  for (const std::string& one :
       missing_secrets(*delivery.version, delivery.workload, delivery.seq)) {
    missing.push_back(one);
  }
  return join(missing, "; ");
}

// Every deployment that reached the host at `seq`.
void add_deployments_of(const Fleet& fleet, const HostRecord& host, std::uint64_t seq,
                        std::set<Key>& keys) {
  for (const Delivery& delivery : deliveries_to(fleet, host, seq)) {
    keys.insert(delivery.deployment->key);
  }
}

}  // namespace

std::vector<Delivery> deliveries_to(const Fleet& fleet, const HostRecord& host, std::uint64_t seq) {
  std::vector<Delivery> deliveries;
  const HostVersion* host_version = host.at(seq);
  if (host_version == nullptr) return deliveries;
  const auto add = [&](const EntityRecord& deployment, const Version& version) {
    deliveries.push_back(delivery_at(deployment, version, host, *host_version, seq));
  };
  for (const EntityRecord* target : fleet.targets_for(*host_version)) {
    if (target->key.organization != host.key.organization) continue;
    const Version* target_version = target->at(seq);
    if (target_version == nullptr || target->users.empty()) continue;
    const auto& target_spec = std::get<model::TargetSpec>(target_version->entity->spec);
    if (!fleet.matches(target_spec, *host_version)) continue;
    for (const EntityRecord* user : target->users) {
      const Version* version = user->at(seq);
      if (version == nullptr || version->target != target) continue;
      if (!deployment_spec(*version).replicas) add(*user, *version);
    }
  }
  for (const EntityRecord* assignment : host.assignments) {
    const Version* assigned = assignment->at(seq);
    if (assigned == nullptr || assigned->host != &host) continue;
    const Version* version = assigned->deployment->at(seq);
    if (version == nullptr || !deployment_spec(*version).replicas) continue;
    add(*assigned->deployment, *version);
  }
  std::sort(deliveries.begin(), deliveries.end(), [](const Delivery& one, const Delivery& other) {
    return one.deployment->key < other.deployment->key;
  });
  // Two assignments may bring one deployment.
  const auto same = [](const Delivery& one, const Delivery& other) {
    return one.deployment == other.deployment;
  };
  deliveries.erase(std::unique(deliveries.begin(), deliveries.end(), same), deliveries.end());
  return deliveries;
}

bool reaches(const Fleet& fleet, const EntityRecord& deployment, const HostRecord& host,
             std::uint64_t seq) {
  const Version* version = deployment.at(seq);
  const HostVersion* host_version = host.at(seq);
  if (version == nullptr || host_version == nullptr) return false;
  if (deployment_spec(*version).replicas) {
    return std::any_of(host.assignments.begin(), host.assignments.end(),
                       [&](const EntityRecord* assignment) {
                         const Version* assigned = assignment->at(seq);
                         return assigned != nullptr && assigned->host == &host &&
                                assigned->deployment == &deployment;
                       });
  }
  const Version* target = version->target == nullptr ? nullptr : version->target->at(seq);
  return target != nullptr && deployment.key.organization == host.key.organization &&
         fleet.matches(std::get<model::TargetSpec>(target->entity->spec), *host_version);
}

Delivery delivery_now(const EntityRecord& deployment, const HostRecord& host) {
  return delivery_at(deployment, *deployment.now(), host, *host.now(),
                     std::numeric_limits<std::uint64_t>::max());
}

void for_each_host_of(const Fleet& fleet, const EntityRecord& deployment,
                      const std::function<void(const HostRecord&)>& visit) {
  const Version* now = deployment.now();
  if (now == nullptr) return;
  if (deployment_spec(*now).replicas) {
    std::set<const HostRecord*> hosts;
    for (const EntityRecord* user : deployment.users) {
      const Version* assignment = user->now();
      if (assignment == nullptr || assignment->deployment != &deployment) continue;
      if (assignment->host->now() != nullptr) hosts.insert(assignment->host);
    }
    for (const HostRecord* host : hosts) visit(*host);
  } else if (const Version* target = now->target == nullptr ? nullptr : now->target->now()) {
    fleet.for_each_match(deployment.key.organization,
                         std::get<model::TargetSpec>(target->entity->spec), visit);
  }
}

Digest desired_digest(const Delivery& delivery) {
  Hasher hasher;
  if (!is_complete(delivery)) {
    // Of such a form this is all that the host is told.
    hasher.add("held").add(delivery.deployment->key.text()).add(delivery.version->entity->version);
    return hasher.add(name_of_template(delivery)).add(held_reason(delivery)).finish();
  }
  hasher.add(delivery.version->digest.hex()).add(delivery.workload->digest.hex());
  hasher.add(delivery.template_->digest.hex()).add(delivery.host_version->digest.hex());
  for_each_secret(*delivery.version, delivery.workload, [&](const SecretLink& link) {
    hasher.add(entry_at(link, delivery.seq)->digest.hex());
  });
  // Those of the deployment are new with each of its versions.
  if (!deployment_spec(*delivery.version).signatures.empty()) {
    for (const model::AuthorSignature& signature : delivery.host_version->signatures) {
      hasher.add(signature.key.bytes()).add(signature.serial).add(signature.signature.bytes());
    }
  }
  return hasher.finish();
}

model::DesiredDeployment desired_form(const Fleet& fleet, const Delivery& delivery,
                                      const Digest& digest) {
  model::DesiredDeployment desired{.key = delivery.deployment->key,
                                   .version = delivery.version->entity->version,
                                   .template_name = name_of_template(delivery),
                                   .desired_digest = digest};
  if (!is_complete(delivery)) {
    desired.error = held_reason(delivery);
    return desired;
  }
  const auto& spec = std::get<model::TemplateSpec>(delivery.template_->entity->spec);
  desired.template_digest = delivery.template_->template_digest;
  desired.driver = spec.driver;
  desired.files = spec.files;
  const model::Values author = model::author_inputs(
      *delivery.template_->entity, *delivery.workload->entity, *delivery.version->entity);
  desired.inputs = inputs_of(fleet, delivery, author);
  desired.health = spec.health;
  desired.hooks = spec.hooks;
  desired.values_schema = spec.values_schema;
  const auto& deployment = deployment_spec(*delivery.version);
  desired.depends_on = deployment.depends_on;
  std::ranges::sort(desired.depends_on);
  desired.drift_policy = deployment.drift_policy;
  desired.secrets = secrets_used(delivery, desired.inputs);
  show_signatures(delivery, author, desired);
  return desired;
}

std::vector<Key> deployments_affected(const Fleet& fleet, const model::Change& change) {
  std::set<Key> affected;
  const Key& key = change.key;
  if (key.kind == Kind::deployment) affected.insert(key);
  if (key.kind == Kind::host) {
    if (const HostRecord* host = fleet.find_host(key)) {
      add_deployments_of(fleet, *host, change.seq - 1, affected);
      add_deployments_of(fleet, *host, change.seq, affected);
    }
  } else if (key.kind == Kind::assignment) {
    for (const auto& state : {change.before, change.after}) {
      if (!state) continue;
      const auto& spec = std::get<model::AssignmentSpec>(state->spec);
      affected.insert({.organization = key.organization,
                       .kind = Kind::deployment,
                       .workspace = key.workspace,
                       .name = spec.deployment});
    }
  } else if (const EntityRecord* record = fleet.find(key)) {
    for (const EntityRecord* user : record->users) {
      if (user->key.kind == Kind::deployment) affected.insert(user->key);
      if (user->key.kind != Kind::workload) continue;
      for (const EntityRecord* theirs : user->users) {
        if (theirs->key.kind == Kind::deployment) affected.insert(theirs->key);
      }
    }
  }
  return {affected.begin(), affected.end()};
}

std::vector<std::string> missing_references(const Fleet& fleet, const model::Entity& deployment) {
  const auto& spec = std::get<model::DeploymentSpec>(deployment.spec);
  std::vector<std::string> missing;
  const auto need = [&](Kind kind, const std::string& name) {
    const Key key{.organization = deployment.organization,
                  .kind = kind,
                  .workspace = model::in_workspace(kind) ? deployment.workspace : std::string(),
                  .name = name};
    if (!fleet.exists(key)) {
      missing.push_back(std::string(singular_of(kind)) + " " + quote(name) + " does not exist");
    }
    const EntityRecord* record = fleet.find(key);
    return record == nullptr ? nullptr : record->now();
  };
  const Version* workload = need(Kind::workload, spec.workload);
  need(Kind::target, spec.target);
  if (!spec.template_name.empty()) {
    need(Kind::template_, spec.template_name);
  } else if (workload != nullptr) {
    const auto& theirs = std::get<model::WorkloadSpec>(workload->entity->spec).default_template;
    if (!theirs.empty()) {
      need(Kind::template_, theirs);
    } else {
      missing.push_back("neither the deployment nor its workload " + quote(spec.workload) +
                        " names a template");
    }
  }
  for (const std::string& name : spec.depends_on) need(Kind::deployment, name);
  std::set<std::string> secrets;
  add_missing_secrets(fleet, deployment, spec.values, secrets);
  if (workload != nullptr) {
    const auto& theirs = std::get<model::WorkloadSpec>(workload->entity->spec).values;
    add_missing_secrets(fleet, deployment, theirs, secrets);
  }
  missing.insert(missing.end(), secrets.begin(), secrets.end());
  return missing;
}

}  // namespace titan::reconciler
