#include "reconciler/fleet.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/assert.hpp"
#include "base/json.hpp"
#include "model/secret_use.hpp"

namespace titan::reconciler {
namespace {

using model::Change;
using model::Entity;
using model::Key;
using model::Kind;

// The last of `history` whose seq is not later; null when all are.
template <class Version>
const Version* last_until(const std::vector<Version>& history, std::uint64_t seq) {
  // Most questions are about now.
  if (!history.empty() && history.back().seq <= seq) return &history.back();
  const auto later = std::upper_bound(
      history.begin(), history.end(), seq,
      [](std::uint64_t wanted, const Version& version) { return wanted < version.seq; });
  return later == history.begin() ? nullptr : &*std::prev(later);
}

bool says_gone(const Version& version) {
  return version.entity == nullptr;
}
bool says_gone(const HostVersion& version) {
  return !version.exists;
}

// Takes from `history` what nobody asks for when the earliest question is about `horizon`. The
// first version to keep is the one that held then, unless it says "gone".
template <class Version>
std::vector<Version> take_forgotten(std::vector<Version>& history, std::uint64_t horizon) {
  auto end = std::find_if(history.begin(), history.end(),
                          [&](const Version& version) { return version.seq > horizon; });
  if (end != history.begin() && !says_gone(*std::prev(end))) --end;
  std::vector<Version> forgotten(std::make_move_iterator(history.begin()),
                                 std::make_move_iterator(end));
  history.erase(history.begin(), end);
  return forgotten;
}

template <class Item>
void add_once(std::vector<Item*>& items, Item* item) {
  if (std::find(items.begin(), items.end(), item) == items.end()) items.push_back(item);
}

template <class Item>
void remove_one(std::vector<Item>& items, const Item& item) {
  const auto found = std::find(items.begin(), items.end(), item);
  TITAN_ASSERT(found != items.end());
  *found = items.back();
  items.pop_back();
}

void add(Hasher& hasher, const model::Values& values) {
  hasher.add(values.empty() ? std::string("{}") : canonical_json(values.json()));
}

Digest digest_of(const Entity& entity) {
  Hasher hasher;
  hasher.add(entity.key().text());
  if (const auto* deployment = std::get_if<model::DeploymentSpec>(&entity.spec)) {
    hasher.add(entity.version);
    add(hasher, deployment->values);
  } else if (const auto* workload = std::get_if<model::WorkloadSpec>(&entity.spec)) {
    hasher.add(workload->repo);
    add(hasher, workload->values);
  } else if (const auto* source = std::get_if<model::TemplateSpec>(&entity.spec)) {
    hasher.add(source->digest().text());
  } else if (const auto* secret = std::get_if<model::SecretSpec>(&entity.spec)) {
    for (const auto& [key, entry] : secret->data) hasher.add(key).add(entry.digest.hex());
  }
  return hasher.finish();
}

Key key_beside(const Entity& entity, Kind kind, const std::string& name) {
  return {.organization = entity.organization,
          .kind = kind,
          .workspace = model::in_workspace(kind) ? entity.workspace : std::string(),
          .name = name};
}

std::vector<EntityRecord*> referred(const Version& version) {
  std::vector<EntityRecord*> all = version.depends_on;
  for (EntityRecord* one :
       {version.workload, version.target, version.template_, version.deployment}) {
    if (one != nullptr) all.push_back(one);
  }
  for (const SecretLink& link : version.secrets) all.push_back(link.secret);
  return all;
}

bool names(const Version& version, const EntityRecord& other) {
  const auto all = referred(version);
  return std::find(all.begin(), all.end(), &other) != all.end();
}

bool still_names(const EntityRecord& record, const EntityRecord& other) {
  return std::any_of(record.history.begin(), record.history.end(),
                     [&](const Version& version) { return names(version, other); });
}

// Whether a deployment is surely for the hosts that it was for.
bool keeps_hosts(const Version* before, const Entity* after) {
  if (before == nullptr || after == nullptr) return false;
  const auto& old = std::get<model::DeploymentSpec>(before->entity->spec);
  const auto& now = std::get<model::DeploymentSpec>(after->spec);
  return old.target == now.target && !old.replicas && !now.replicas;
}

}  // namespace

const Version* EntityRecord::at(std::uint64_t seq) const {
  const Version* version = last_until(history, seq);
  return version == nullptr || version->entity == nullptr ? nullptr : version;
}

const HostVersion* HostRecord::at(std::uint64_t seq) const {
  const HostVersion* version = last_until(history, seq);
  return version == nullptr || !version->exists ? nullptr : version;
}

// ---- finding -----------------------------------------------------------------------------------

const EntityRecord* Fleet::find(const Key& key) const {
  const Records& records = of_kind(key.kind);
  const auto found = records.find(key);
  return found == records.end() ? nullptr : &found->second;
}

const HostRecord* Fleet::find_host(const Key& key) const {
  return hosts_by_name_.find(key.organization, key.name);
}

bool Fleet::exists(const Key& key) const {
  if (key.kind == Kind::host) {
    const HostRecord* host = find_host(key);
    return host != nullptr && host->now() != nullptr;
  }
  const EntityRecord* record = find(key);
  return record != nullptr && record->now() != nullptr;
}

std::vector<Key> Fleet::users_of(const Key& key) const {
  std::vector<Key> users;
  if (key.kind == Kind::workspace) {
    for (const Kind kind : model::kKinds) {
      if (!model::in_workspace(kind)) continue;
      const Key first{.organization = key.organization, .kind = kind, .workspace = key.name};
      for (auto at = of_kind(kind).lower_bound(first);
           at != of_kind(kind).end() && at->first.workspace == key.name; ++at) {
        if (at->second.now() != nullptr) users.push_back(at->first);
      }
    }
    return users;
  }
  if (key.kind == Kind::host) {
    const HostRecord* host = find_host(key);
    if (host == nullptr) return users;
    for (const EntityRecord* assignment : host->assignments) {
      const Version* now = assignment->now();
      if (now != nullptr && now->host == host) users.push_back(assignment->key);
    }
  } else if (const EntityRecord* record = find(key)) {
    for (const EntityRecord* user : record->users) {
      if (user->now() != nullptr && names(*user->now(), *record)) users.push_back(user->key);
    }
  }
  std::sort(users.begin(), users.end());
  return users;
}

void Fleet::for_each(Kind kind, const std::function<void(const EntityRecord&)>& visit) const {
  for (const auto& [key, record] : of_kind(kind)) {
    if (record.now() != nullptr) visit(record);
  }
}

void Fleet::for_each_host(const std::function<void(const HostRecord&)>& visit) const {
  for (const HostRecord& host : hosts_) {
    if (host.now() != nullptr) visit(host);
  }
}

Fleet::Counts Fleet::counts() const {
  Counts counts{.hosts = hosts_by_name_.size(), .labels = labels_.size(), .aged = aged_.size()};
  for (const Records& records : records_) counts.records += records.size();
  return counts;
}

// ---- matching ----------------------------------------------------------------------------------

const std::string* Fleet::label_of(const HostVersion& host, std::string_view key) const {
  for (const LabelNo number : host.labels) {
    if (labels_[number].key == key) return &labels_[number].value;
  }
  return nullptr;
}

model::Labels Fleet::labels_of(const HostVersion& host) const {
  model::Labels labels;
  for (const LabelNo number : host.labels) labels[labels_[number].key] = labels_[number].value;
  return labels;
}

bool Fleet::matches(const model::TargetSpec& target, const HostVersion& host) const {
  return target.matches([&](std::string_view key) { return label_of(host, key); });
}

std::size_t Fleet::for_each_match(std::string_view organization, const model::TargetSpec& target,
                                  const std::function<void(const HostRecord&)>& visit) const {
  const auto visit_if_matched = [&](const HostRecord& host) {
    if (host.key.organization == organization && matches(target, *host.now())) visit(host);
  };
  // Whoever matches has one of a few labels: the clause that fewest hosts fulfil is the way in.
  std::optional<std::vector<const LabelTable::Label*>> fewest;
  std::size_t fewest_hosts = 0;
  for (const model::LabelAlternatives& clause : target.required()) {
    std::vector<const LabelTable::Label*> labels;
    std::size_t hosts = 0;
    for (const std::string& value : std::set(clause.values.begin(), clause.values.end())) {
      if (const auto* label = labels_.find(clause.key, value)) {
        labels.push_back(label);
        hosts += label->hosts.size();
      }
    }
    if (fewest && hosts >= fewest_hosts) continue;
    fewest = std::move(labels);
    fewest_hosts = hosts;
  }
  if (!fewest) {
    for_each_host(visit_if_matched);
    return hosts_.size();
  }
  for (const LabelTable::Label* label : *fewest) {
    for (const HostNo number : label->hosts) visit_if_matched(hosts_[number]);
  }
  return fewest_hosts;
}

std::vector<const EntityRecord*> Fleet::targets_for(const HostVersion& host) const {
  std::vector<const EntityRecord*> targets(targets_of_all_.begin(), targets_of_all_.end());
  for (const LabelNo number : host.labels) {
    const auto& found = labels_[number].targets;
    targets.insert(targets.end(), found.begin(), found.end());
  }
  std::sort(targets.begin(), targets.end());
  targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
  return targets;
}

// ---- records and versions ----------------------------------------------------------------------

EntityRecord& Fleet::record(const Key& key) {
  EntityRecord& record = of_kind(key.kind)[key];
  if (record.key.name.empty()) record.key = key;
  return record;
}

HostRecord& Fleet::host_record(const Key& key) {
  if (HostRecord* found = hosts_by_name_.find(key.organization, key.name)) return *found;
  HostNo number = 0;
  if (free_hosts_.empty()) {
    number = static_cast<HostNo>(hosts_.size());
    hosts_.emplace_back();
  } else {
    number = free_hosts_.back();
    free_hosts_.pop_back();
  }
  HostRecord& host = hosts_[number];
  host.key = key;
  host.number = number;
  host.poll_slot = poll_slot_of(key);
  hosts_by_name_.insert(host);
  return host;
}

// A target is found through one label that all its hosts must have (or, of a list of values, one
// each): the one by which fewest targets are found already, so that no label leads to many.
void Fleet::look_up_by(const model::TargetSpec& spec, EntityRecord& record, Version& version) {
  std::optional<model::LabelAlternatives> best;
  std::pair<std::size_t, std::size_t> best_cost;
  for (model::LabelAlternatives& clause : spec.required()) {
    const std::set<std::string> values(clause.values.begin(), clause.values.end());
    std::pair<std::size_t, std::size_t> cost{values.size(), 0};
    for (const std::string& value : values) {
      if (const auto* label = labels_.find(clause.key, value)) {
        cost.first += label->targets.size();
        cost.second += label->hosts.size();
      }
    }
    if (best && cost >= best_cost) continue;
    best_cost = cost;
    best = model::LabelAlternatives{clause.key, {values.begin(), values.end()}};
  }
  if (!best) return targets_of_all_.push_back(&record);
  for (const std::string& value : best->values) {
    const LabelNo number = labels_.hold(best->key, value);
    labels_[number].targets.push_back(&record);
    version.looked_up_by.push_back(number);
  }
}

void Fleet::refer_to(EntityRecord& record, const Version& version) {
  for (EntityRecord* other : referred(version)) other->users.insert(&record);
  if (version.host != nullptr) add_once(version.host->assignments, &record);
}

Version Fleet::make_version(EntityRecord& record, std::uint64_t seq, Timestamp time,
                            const Entity* entity) {
  Version version{.seq = seq, .time = time};
  if (entity == nullptr) return version;
  version.entity = std::make_shared<const Entity>(*entity);
  version.digest = digest_of(*entity);
  if (const auto* source = std::get_if<model::TemplateSpec>(&entity->spec)) {
    version.template_digest = source->digest();
  }
  const auto named = [&](Kind kind, const std::string& name) {
    return name.empty() ? nullptr : &this->record(key_beside(*entity, kind, name));
  };
  // A reference that does not parse was refused when the values were written.
  const auto secrets_in = [&](const model::Values& values) {
    const auto references = model::secret_references(values);
    if (!references) return;
    for (const model::SecretReference& reference : *references) {
      version.secrets.push_back({named(Kind::secret, reference.name), reference.key});
    }
  };
  if (const auto* deployment = std::get_if<model::DeploymentSpec>(&entity->spec)) {
    version.workload = named(Kind::workload, deployment->workload);
    version.target = named(Kind::target, deployment->target);
    version.template_ = named(Kind::template_, deployment->template_name);
    for (const std::string& name : deployment->depends_on) {
      version.depends_on.push_back(named(Kind::deployment, name));
    }
    secrets_in(deployment->values);
  } else if (const auto* workload = std::get_if<model::WorkloadSpec>(&entity->spec)) {
    version.template_ = named(Kind::template_, workload->default_template);
    secrets_in(workload->values);
  } else if (const auto* assignment = std::get_if<model::AssignmentSpec>(&entity->spec)) {
    version.deployment = named(Kind::deployment, assignment->deployment);
    version.host = &host_record(key_beside(*entity, Kind::host, assignment->host));
  } else if (const auto* target = std::get_if<model::TargetSpec>(&entity->spec)) {
    look_up_by(*target, record, version);
  }
  refer_to(record, version);
  return version;
}

HostVersion Fleet::make_host_version(std::uint64_t seq, Timestamp time, const Entity* entity) {
  HostVersion version{.seq = seq, .time = time, .exists = entity != nullptr, .values = no_values_};
  if (entity == nullptr) return version;
  const auto& spec = std::get<model::HostSpec>(entity->spec);
  Hasher hasher;
  hasher.add(entity->name);
  version.labels.reserve(spec.labels.size());
  for (const auto& [key, value] : spec.labels) {
    version.labels.push_back(labels_.hold(key, value));
    hasher.add(key).add(value);
  }
  add(hasher, spec.values);
  if (!spec.values.empty()) version.values = spec.values;
  version.signatures = spec.signatures;
  version.digest = hasher.finish();
  return version;
}

void Fleet::show_labels(HostRecord& host, bool shown) {
  if (host.now() == nullptr) return;
  for (const LabelNo number : host.now()->labels) {
    auto& hosts = labels_[number].hosts;
    if (shown) {
      hosts.push_back(host.number);
    } else {
      remove_one(hosts, host.number);
    }
  }
}

void Fleet::note_facts(HostRecord& host, const Entity& entity) {
  const auto& spec = std::get<model::HostSpec>(entity.spec);
  host.status = entity.status;
  host.capacity = spec.capacity;
  host.lease = spec.lease;
  host.delivery = spec.delivery;
}

// ---- loading -----------------------------------------------------------------------------------

// A version is put down when the change that made it is read, and filled in by what comes next.
void Fleet::load_history(const Key& key, std::uint64_t seq, Timestamp time,
                         const std::optional<Entity>& before) {
  if (!model::is_for_hosts(key.kind)) return;
  const Entity* entity = model::desired_state(before);
  if (key.kind == Kind::host) {
    HostRecord& host = host_record(key);
    const HostVersion* last = host.history.empty() ? nullptr : &host.history.back();
    HostVersion version = make_host_version(last == nullptr ? 0 : last->seq,
                                            last == nullptr ? Timestamp() : last->time, entity);
    if (last != nullptr) host.history.pop_back();
    if (last != nullptr || entity != nullptr) host.history.push_back(std::move(version));
    host.history.push_back(make_host_version(seq, time, nullptr));
    aged_.push_back({seq, nullptr, &host});
    return;
  }
  EntityRecord& record = this->record(key);
  const Version* last = record.history.empty() ? nullptr : &record.history.back();
  Version version = make_version(record, last == nullptr ? 0 : last->seq,
                                 last == nullptr ? Timestamp() : last->time, entity);
  if (last != nullptr) record.history.pop_back();
  if (last != nullptr || entity != nullptr) record.history.push_back(std::move(version));
  record.history.push_back(make_version(record, seq, time, nullptr));
  aged_.push_back({seq, &record, nullptr});
}

void Fleet::load_entity(const Entity& entity) {
  const Key key = entity.key();
  if (entity.deleting || !model::is_for_hosts(key.kind)) return;
  if (key.kind == Kind::host) {
    HostRecord& host = host_record(key);
    if (host.history.empty()) host.history.emplace_back();
    HostVersion& version = host.history.back();
    version = make_host_version(version.seq, version.time, &entity);
    note_facts(host, entity);
    show_labels(host, true);
    return;
  }
  EntityRecord& record = this->record(key);
  if (record.history.empty()) record.history.emplace_back();
  Version& version = record.history.back();
  version = make_version(record, version.seq, version.time, &entity);
}

void Fleet::finish_loading(std::uint64_t head, std::uint64_t horizon) {
  head_ = head;
  horizon_ = horizon;
  // What mattered last to each host is not worked out here; its next query does.
  for (HostRecord& host : hosts_) host.relevant = head;
}

// ---- applying ----------------------------------------------------------------------------------

void Fleet::apply(const Change& change) {
  TITAN_ASSERT(change.seq > head_);
  head_ = change.seq;
  if (!model::is_for_hosts(change.key.kind)) return;
  const Entity* after = model::desired_state(change.after);
  const bool spec_changed = model::alters_desired_state(change);
  if (change.key.kind == Kind::host) {
    if (spec_changed) apply_to_host(change, after);
    if (after != nullptr) note_facts(host_record(change.key), *after);
  } else if (spec_changed) {
    apply_to_entity(change, after);
  } else if (after != nullptr) {
    record(change.key).history.back().entity = std::make_shared<const Entity>(*after);
  }
}

void Fleet::apply_to_host(const Change& change, const Entity* after) {
  HostRecord& host = host_record(change.key);
  HostVersion version = make_host_version(change.seq, change.time, after);
  show_labels(host, false);
  host.history.push_back(std::move(version));
  show_labels(host, true);
  if (host.history.size() > 1) aged_.push_back({change.seq, nullptr, &host});
  mark(host);
}

void Fleet::apply_to_entity(const Change& change, const Entity* after) {
  EntityRecord& record = this->record(change.key);
  if (change.key.kind == Kind::deployment && !keeps_hosts(record.now(), after)) {
    mark_hosts_of(record);
  }
  if (change.key.kind == Kind::assignment && record.now() != nullptr) mark(*record.now()->host);

  Version version = make_version(record, change.seq, change.time, after);
  record.history.push_back(std::move(version));
  if (record.history.size() > 1) aged_.push_back({change.seq, &record, nullptr});

  switch (change.key.kind) {
    case Kind::deployment:
      mark_hosts_of(record);
      break;
    case Kind::assignment:
      if (record.now() != nullptr) mark(*record.now()->host);
      break;
    case Kind::target:
      mark_moved(record, record.at(change.seq - 1), record.now());
      break;
    case Kind::workload:
    case Kind::template_:
    case Kind::secret:
      mark_users(record);
      break;
    default:
      break;
  }
}

void Fleet::mark(const HostRecord& host) const {
  host.relevant.store(head_, std::memory_order_release);
  host.same_as.store(HostRecord::kNoSeq, std::memory_order_release);
}

// Returns how many hosts it looked at.
std::size_t Fleet::mark_hosts_of(const EntityRecord& deployment) {
  const Version* now = deployment.now();
  if (now == nullptr) return 0;
  if (std::get<model::DeploymentSpec>(now->entity->spec).replicas) {
    for (const EntityRecord* user : deployment.users) {
      const Version* assignment = user->now();
      if (assignment != nullptr && assignment->deployment == &deployment) mark(*assignment->host);
    }
    return deployment.users.size();
  }
  if (now->target == nullptr || now->target->now() == nullptr) return 0;
  return for_each_match(deployment.key.organization,
                        std::get<model::TargetSpec>(now->target->now()->entity->spec),
                        [this](const HostRecord& host) { mark(host); });
}

// Of a workload, a template or a secret: all that use it, straight or through a workload. Where
// that leads to the same hosts again and again, marking every host is cheaper than finding out
// which.
void Fleet::mark_users(const EntityRecord& record) {
  std::set<const EntityRecord*> deployments;
  for (const EntityRecord* user : record.users) {
    if (user->key.kind == Kind::deployment) deployments.insert(user);
    if (user->key.kind != Kind::workload) continue;
    for (const EntityRecord* theirs : user->users) {
      if (theirs->key.kind == Kind::deployment) deployments.insert(theirs);
    }
  }
  std::set<const EntityRecord*> targets;
  std::size_t looked_at = 0;
  for (const EntityRecord* deployment : deployments) {
    const Version* now = deployment->now();
    if (now == nullptr) continue;
    const bool limited = std::get<model::DeploymentSpec>(now->entity->spec).replicas.has_value();
    if (limited || targets.insert(now->target).second) looked_at += mark_hosts_of(*deployment);
    if (looked_at > 2 * hosts_.size()) {
      return for_each_host([this](const HostRecord& host) { mark(host); });
    }
  }
}

// A target's new spec matters to the hosts that it gains and loses.
void Fleet::mark_moved(const EntityRecord& target, const Version* before, const Version* after) {
  const auto spec_of = [](const Version* version) {
    return version == nullptr ? nullptr : &std::get<model::TargetSpec>(version->entity->spec);
  };
  const model::TargetSpec* old_spec = spec_of(before);
  const model::TargetSpec* new_spec = spec_of(after);
  for (const auto& [spec, other] : {std::pair(old_spec, new_spec), std::pair(new_spec, old_spec)}) {
    if (spec == nullptr) continue;
    for_each_match(target.key.organization, *spec, [&, other = other](const HostRecord& host) {
      if (other == nullptr || !matches(*other, *host.now())) mark(host);
    });
  }
}

// ---- forgetting --------------------------------------------------------------------------------

void Fleet::forget_before(std::uint64_t horizon) {
  TITAN_ASSERT(horizon <= head_);
  if (horizon <= horizon_) return;
  horizon_ = horizon;
  // Each once: trimming may erase a record. One that has a later entry has a later version too.
  std::set<EntityRecord*> records;
  std::set<HostRecord*> hosts;
  while (!aged_.empty() && aged_.front().seq <= horizon) {
    if (aged_.front().record != nullptr) records.insert(aged_.front().record);
    if (aged_.front().host != nullptr) hosts.insert(aged_.front().host);
    aged_.pop_front();
  }
  std::set<EntityRecord*> touched = records;
  for (EntityRecord* record : records) trim(*record, touched);
  for (HostRecord* host : hosts) trim(*host);
  for (EntityRecord* record : touched) {
    if (record->history.empty() && record->users.empty())
      of_kind(record->key.kind).erase(record->key);
  }
}

void Fleet::trim(EntityRecord& record, std::set<EntityRecord*>& touched) {
  for (const Version& version : take_forgotten(record.history, horizon_)) {
    if (record.key.kind == Kind::target && version.entity != nullptr) {
      stop_looking_up(record, version);
    }
    for (EntityRecord* other : referred(version)) {
      if (still_names(record, *other)) continue;
      other->users.erase(&record);
      touched.insert(other);
    }
    HostRecord* host = version.host;
    const auto still = [&](const Version& kept) { return kept.host == host; };
    if (host != nullptr && std::none_of(record.history.begin(), record.history.end(), still)) {
      std::erase(host->assignments, &record);
      trim(*host);
    }
  }
}

void Fleet::stop_looking_up(EntityRecord& target, const Version& version) {
  if (version.looked_up_by.empty()) remove_one(targets_of_all_, &target);
  for (const LabelNo number : version.looked_up_by) {
    remove_one(labels_[number].targets, &target);
    labels_.release(number);
  }
}

void Fleet::trim(HostRecord& host) {
  for (const HostVersion& version : take_forgotten(host.history, horizon_)) {
    for (const LabelNo number : version.labels) labels_.release(number);
  }
  if (!host.history.empty() || !host.assignments.empty() || host.key.name.empty()) return;
  hosts_by_name_.erase(host);
  host.key.name.clear();
  free_hosts_.push_back(host.number);
}

}  // namespace titan::reconciler
