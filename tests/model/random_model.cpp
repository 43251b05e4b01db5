#include "tests/model/random_model.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/base64.hpp"
#include "base/signing.hpp"

namespace titan::testing {

using model::Kind;
using nlohmann::json;

std::string RandomModel::name() {
  constexpr std::string_view kEdge = "az09";
  constexpr std::string_view kInside = "az09-.";
  std::string name(1, one_of(kEdge));
  if (chance(4)) return name;
  const std::size_t inside = chance(5) ? 61 : below(8);
  for (std::size_t i = 0; i < inside; ++i) name += one_of(kInside);
  return name + one_of(kEdge);
}

std::string RandomModel::text() {
  static const std::vector<std::string> kPieces = {"a",    "B",  "0",     " ",    "\"",   "\\",
                                                   "/",    "\n", "\t",    "\x01", "\x7f", "é",
                                                   "日本", "😀",  "{{x}}", "'"};
  std::string text;
  for (std::size_t i = below(6); i > 0; --i) text += one_of(kPieces);
  return text;
}

json RandomModel::json_value(std::size_t levels) {
  switch (below(levels == 0 ? 7 : 9)) {
    case 0:
      return nullptr;
    case 1:
      return chance(2);
    case 2:
      return static_cast<std::int64_t>(random_.next());
    case 3:
      return random_.next();
    case 4:
      return one_of(std::vector{0.0, -0.0, 1.0, 0.1, 1e300, -5e-324});
    case 5:
      return text();
    case 6:
      return text() + std::string(1, '\0');
    case 7: {
      json list = json::array();
      for (std::size_t i = below(4); i > 0; --i) list.push_back(json_value(levels - 1));
      return list;
    }
    default: {
      json object = json::object();
      for (std::size_t i = below(4); i > 0; --i) object[text()] = json_value(levels - 1);
      return object;
    }
  }
}

model::Values RandomModel::values() {
  json object = json::object();
  for (std::size_t i = below(4); i > 0; --i) object[text()] = json_value(3);
  return model::Values::from(std::move(object)).value();
}

model::Values RandomModel::values_with_secrets() {
  json object = values().json();
  for (std::size_t i = below(3); i > 0; --i) {
    const json reference = {{"$secret", name()}, {"key", secret_key()}};
    object[text()] = chance(2) ? reference : json{{text(), {1, reference}}};
  }
  return model::Values::from(std::move(object)).value();
}

std::string RandomModel::secret_key() {
  return one_of(std::vector<std::string>{"password", "tls.key", "A", "0_b-C"});
}

std::map<std::string, model::SecretEntry> RandomModel::secret_data() {
  std::map<std::string, model::SecretEntry> data;
  for (std::size_t i = 1 + below(3); i > 0; --i) {
    model::SecretEntry& entry = data[secret_key()];
    entry = chance(3) ? model::SecretEntry{.sealed = base64url(text() + "x")}
                      : model::SecretEntry{.digest = digest(), .blob = digest()};
  }
  return data;
}

std::vector<model::SecretUse> RandomModel::secret_uses() {
  std::map<std::pair<std::string, std::string>, model::SecretUse> uses;
  for (std::size_t i = chance(2) ? 0 : below(4); i > 0; --i) {
    model::SecretUse use{.name = name(),
                         .key = secret_key(),
                         .digest = digest(),
                         .sealed = chance(2) ? "" : base64url(text())};
    uses[{use.name, use.key}] = use;
  }
  std::vector<model::SecretUse> list;
  for (const auto& [names, use] : uses) list.push_back(use);
  return list;
}

model::Labels RandomModel::labels() {
  static const std::vector<std::string> kKeys = {"site", "in", "a/b.c_d-e", "Z", "9"};
  static const std::vector<std::string> kValues = {"", "lab", "A.b_c-D", "0"};
  model::Labels labels;
  for (std::size_t i = below(4); i > 0; --i) labels[one_of(kKeys)] = one_of(kValues);
  return labels;
}

std::vector<std::string> RandomModel::names(std::size_t count_max) {
  std::set<std::string> names;
  for (std::size_t i = below(count_max + 1); i > 0; --i) names.insert(name());
  return {names.rbegin(), names.rend()};
}

std::vector<model::Key> RandomModel::deployment_keys() {
  std::set<model::Key> keys;
  for (std::size_t i = below(4); i > 0; --i) {
    keys.insert({.kind = Kind::deployment, .workspace = name(), .name = name()});
  }
  return {keys.begin(), keys.end()};
}

std::vector<model::TemplateFile> RandomModel::template_files() {
  std::vector<model::TemplateFile> files;
  for (const char* path : {"root/etc/x.conf", "root/{{deployment.name}}", "root/é"}) {
    if (chance(2)) continue;
    files.push_back({.path = path,
                     .mode = static_cast<std::uint32_t>(below(01000)),
                     .digest = digest(),
                     .size = below(10'000),
                     .owner = one_of(std::vector<std::string>{"", "", "root", "_x-1:0"}),
                     .escape = chance(2) ? "" : std::string(one_of(model::kEscapeNames))});
  }
  return files;
}

model::Hooks RandomModel::hooks() {
  const auto rule = [this] {
    model::HookRule made;
    if (chance(4)) made.file = one_of(std::vector<std::string>{"hooks/a", "hooks/b/é"});
    if (chance(4)) made.timeout = std::chrono::seconds(1 + below(3600));
    return made;
  };
  return {.pre_apply = rule(), .post_apply = rule(), .pre_remove = rule()};
}

std::optional<model::TemplateGit> RandomModel::template_git() {
  if (chance(2)) return std::nullopt;
  return model::TemplateGit{
      .repository = one_of(std::vector<std::string>{"/srv/x.git", "https://example.org/x"}),
      .ref = one_of(std::vector<std::string>{"", "main", "refs/tags/v1"}),
      .path = one_of(std::vector<std::string>{"", "deploy", "a/é"}),
      .commit = chance(2) ? "" : std::string(40, 'a')};
}

model::Health RandomModel::health() {
  using Check = model::HealthCheck;
  model::Health health;
  for (std::size_t i = chance(2) ? 0 : below(4); i > 0; --i) {
    Check check{.kind = static_cast<Check::Kind>(below(4))};
    switch (check.kind) {
      case Check::Kind::exec:
        check.command = {"/bin/" + name(), text()};
        break;
      case Check::Kind::http:
        check.url = one_of(std::vector<std::string>{"http://localhost:80/x", "{{values.url}}"});
        check.status = chance(2) ? 0 : static_cast<std::uint32_t>(100 + below(500));
        break;
      case Check::Kind::tcp:
        check.address = one_of(std::vector<std::string>{"[::1]:1", "{{host.name}}:65535"});
        break;
      case Check::Kind::systemd:
        check.unit = name() + ".service";
        break;
    }
    health.checks.push_back(std::move(check));
  }
  if (health.checks.empty() || chance(2)) return health;
  const auto seconds = [&](std::size_t least) {
    return std::chrono::seconds(least + below(3601 - least));
  };
  health.start_period = chance(2) ? std::chrono::seconds(0) : seconds(0);
  health.interval = seconds(1);
  health.timeout = seconds(1);
  health.window = seconds(0);
  return health;
}

model::Spec RandomModel::spec(Kind kind) {
  const auto number = [&](std::uint64_t most) {
    return chance(2) ? std::nullopt : std::optional(1 + random_.below(most));
  };
  const auto maybe_name = [&] { return chance(2) ? name() : std::string(); };
  switch (kind) {
    case Kind::workspace:
      return model::WorkspaceSpec{.description = text()};
    case Kind::host:
      return model::HostSpec{
          .labels = labels(),
          .drivers = names(3),
          .delivery = chance(2) ? model::Delivery::agent : model::Delivery::gitops,
          .values = values(),
          .capacity = number(std::numeric_limits<std::int64_t>::max()),
          .lease = duration(),
          .signatures = signatures()};
    case Kind::template_:
      return model::TemplateSpec{.driver = name(),
                                 .defaults = values(),
                                 .files = template_files(),
                                 .health = health(),
                                 .hooks = hooks(),
                                 .values_schema = values(),
                                 .git = template_git()};
    case Kind::workload:
      return model::WorkloadSpec{
          .repo = text(), .default_template = maybe_name(), .values = values_with_secrets()};
    case Kind::target: {
      model::TargetSpec target{.labels = labels()};
      if (target.labels.empty() || chance(2)) {
        target.selector = model::LabelSelector::parse(" a in (b, c) ,!d ").value();
      }
      return target;
    }
    case Kind::deployment: {
      model::DeploymentSpec deployment{.workload = name(),
                                       .template_name = maybe_name(),
                                       .target = name(),
                                       .values = values_with_secrets(),
                                       .replicas = number(1'000'000),
                                       .depends_on = names(3),
                                       .suspend = chance(2),
                                       .drift_policy = drift_policy(),
                                       .signatures = signatures()};
      if (deployment.replicas) {
        deployment.spread_by = chance(2) ? "" : "a/b.c_d-e";
        deployment.reschedule_after = duration();
      }
      return deployment;
    }
    case Kind::assignment:
      return model::AssignmentSpec{.deployment = name(), .host = name()};
    case Kind::token:
      return model::TokenSpec{.grants = std::vector<model::Grant>(
                                  1 + below(3), {.role = static_cast<model::Role>(below(4)),
                                                 .workspace = maybe_name()}),
                              .digest = Digest::of(text()),
                              .expires = chance(2) ? Timestamp() : timestamp(),
                              .description = text()};
    case Kind::enrollment:
      return model::EnrollmentSpec{
          .host = name(), .labels = labels(), .digest = Digest::of(text()), .expires = timestamp()};
    case Kind::secret:
      return model::SecretSpec{.data = secret_data()};
    case Kind::device:
      break;
  }
  return model::DeviceSpec{.public_key = SigningKey::make(random_).public_key().text(),
                           .revoked = chance(2)};
}

std::chrono::seconds RandomModel::duration() {
  if (chance(2)) return {};
  const std::int64_t unit = one_of(std::vector{1, 60, 3'600, 86'400});
  return std::chrono::seconds(1 + static_cast<std::int64_t>(below(3'000)) * unit);
}

Timestamp RandomModel::timestamp() {
  return Timestamp::from_micros(static_cast<std::int64_t>(random_.below(253'402'300'800'000'000)));
}

model::Bookmark RandomModel::bookmark() {
  return {.epoch = chance(2) ? "0123456789abcdef" : "ffffffffffffffff",
          .seq = chance(4) ? 0 : random_.next() >> 1U};
}

model::Entity RandomModel::entity(Kind kind) {
  model::Entity entity{
      .id = text(),
      .name = name(),
      .organization = name(),
      .workspace = model::in_workspace(kind) ? name() : "",
      .created_time = timestamp(),
      .modified_time = timestamp(),
      .revision = random_.next() >> 1U,
      .version = below(5),
      .spec = spec(kind),
      .status = static_cast<model::Status>(below(8)),
      .deleting = chance(2),
  };
  if (entity.status == model::Status::deleted) entity.deleted_time = timestamp();
  for (std::size_t i = below(3); i > 0; --i) entity.reason.push_back(text());
  for (std::size_t i = below(3); i > 0; --i) entity.tags[name()] = text();
  if (kind == model::Kind::deployment) {
    for (std::size_t i = below(3); i > 0; --i) entity.stages.push_back(stage());
  }
  return entity;
}

model::Stage RandomModel::stage() {
  constexpr std::string_view kNames[] = {"source", "build", "smoke-test"};
  return {.name = std::string(one_of(kNames)),
          .version = 1 + below(5),
          .time = timestamp(),
          .outcome = static_cast<model::Stage::Outcome>(below(2)),
          .revision = chance(2) ? "" : text(),
          .url = chance(2) ? "" : "https://ci.example.com/" + name(),
          .actor = text()};
}

model::Change RandomModel::change() {
  const auto operation = static_cast<model::Operation>(below(3));
  const model::Entity after = entity();
  model::Change change{.seq = 1 + below(1000),
                       .time = timestamp(),
                       .key = after.key(),
                       .operation = operation,
                       .actor = text(),
                       .request_id = text()};
  if (operation != model::Operation::deleted) change.after = after;
  if (operation != model::Operation::created) change.before = entity(after.kind());
  return change;
}

model::AuthorSignatures RandomModel::signatures() {
  model::AuthorSignatures signatures;
  if (!chance(3)) return signatures;
  for (std::size_t i = below(9); i > 0; --i) {
    const SigningKey key = SigningKey::make(random_);
    signatures.push_back(
        {key.public_key(), 1 + below(9), chance(4) ? Signature() : key.sign(text())});
  }
  return signatures;
}

model::DesiredDeployment RandomModel::desired(model::Key key) {
  model::DesiredDeployment desired{.key = std::move(key),
                                   .version = below(9),
                                   .template_name = name(),
                                   .template_digest = digest(),
                                   .driver = name(),
                                   .files = template_files(),
                                   .inputs = values(),
                                   .desired_digest = digest()};
  if (chance(3)) {
    desired.error = "cannot be rendered: " + text();
    if (chance(2)) {
      desired.template_name.clear();
      desired.template_digest = {};
      desired.driver.clear();
    }
  } else {
    desired.rendered_digest = digest();
  }
  desired.secrets = secret_uses();
  desired.health = health();
  desired.hooks = hooks();
  desired.depends_on = names(3);
  std::ranges::sort(desired.depends_on);
  desired.drift_policy = drift_policy();
  for (auto* given : {&desired.author, &desired.host}) {
    auto signatures = this->signatures();
    if (!signatures.empty()) *given = {std::move(signatures), values()};
  }
  return desired;
}

model::Manifest RandomModel::manifest() {
  model::Manifest manifest{.host = name(),
                           .bookmark = bookmark(),
                           .full = chance(2),
                           .digest = digest(),
                           .poll_after = std::chrono::seconds(below(1000)),
                           .time = timestamp()};
  for (const model::Key& key : deployment_keys()) {
    if (chance(2)) {
      manifest.deployments.push_back(desired(key));
    } else {
      manifest.tombstones.push_back({key, timestamp()});
    }
  }
  return manifest;
}

model::HostReport RandomModel::report() {
  model::HostReport report{.agent_version = text(), .drivers = names(3)};
  std::ranges::sort(report.drivers);
  if (chance(2)) report.clock_skew_seconds = static_cast<std::int64_t>(random_.next());
  constexpr model::Status kStatuses[] = {model::Status::ready, model::Status::updating,
                                         model::Status::error};
  for (const model::Key& key : deployment_keys()) {
    const model::Status status = one_of(kStatuses);
    const bool fails = status != model::Status::ready;
    report.deployments.push_back({.key = key,
                                  .version = below(9),
                                  .rendered_digest = chance(4) ? Digest() : digest(),
                                  .desired_digest = chance(4) ? Digest() : digest(),
                                  .status = status,
                                  .reason = (fails ? "fails: " : "") + text(),
                                  .output = chance(2) ? "" : text(),
                                  .attempts = static_cast<std::uint32_t>(chance(2) ? 0 : below(4)),
                                  .stalled = chance(3),
                                  .drift = chance(2) ? std::vector<std::string>() : names(3),
                                  .healed = chance(2) ? 0 : below(9),
                                  .commit = text(),
                                  .since = chance(2) ? Timestamp() : timestamp(),
                                  .delivered = chance(2) ? Timestamp() : timestamp(),
                                  .committed = chance(2) ? Timestamp() : timestamp(),
                                  .deployed = chance(2) ? Timestamp() : timestamp()});
  }
  return report;
}

model::SyncRequest RandomModel::sync_request() {
  model::SyncRequest request;
  if (chance(2)) request.bookmark = bookmark();
  if (chance(2)) request.report = report();
  return request;
}

}  // namespace titan::testing
