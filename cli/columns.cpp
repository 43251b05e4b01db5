#include "cli/columns.hpp"

#include <functional>
#include <variant>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "cli/limits.hpp"

namespace titan::cli {
namespace {

using model::Entity;

struct Column {
  const char* header;
  std::function<std::string(const Entity&)> cell;
};

template <class Spec>
Column of_spec(const char* header, std::string (*cell)(const Spec&)) {
  return {header, [cell](const Entity& entity) { return cell(std::get<Spec>(entity.spec)); }};
}

template <class Spec>
Column of_spec(const char* header, std::string Spec::*field) {
  return {header, [field](const Entity& entity) { return std::get<Spec>(entity.spec).*field; }};
}

std::string labels_of_host(const model::HostSpec& spec) {
  return model::labels_text(spec.labels);
}
std::string drivers_of_host(const model::HostSpec& spec) {
  return join(spec.drivers, ",");
}
std::string delivery_of_host(const model::HostSpec& spec) {
  return spec.delivery == model::Delivery::agent ? "agent" : "gitops";
}
std::string capacity_of_host(const model::HostSpec& spec) {
  return spec.capacity ? std::to_string(*spec.capacity) : std::string();
}
std::string lease_of_host(const model::HostSpec& spec) {
  return spec.lease.count() > 0 ? duration_text(spec.lease) : std::string();
}
std::string files_of_template(const model::TemplateSpec& spec) {
  return std::to_string(spec.files.size());
}
std::string labels_of_target(const model::TargetSpec& spec) {
  return model::labels_text(spec.labels);
}
std::string selector_of_target(const model::TargetSpec& spec) {
  return spec.selector.text();
}
std::string replicas_of_deployment(const model::DeploymentSpec& spec) {
  return spec.replicas ? std::to_string(*spec.replicas) : std::string("all");
}

std::string roles_of_token(const model::TokenSpec& spec) {
  std::vector<std::string> roles;
  for (const model::Grant& grant : spec.grants) roles.push_back(model::text_of(grant));
  return join(roles, ", ");
}
std::string expiry_text(Timestamp expires) {
  return expires == Timestamp() ? "never" : expires.text();
}
std::string expiry_of_token(const model::TokenSpec& spec) {
  return expiry_text(spec.expires);
}
std::string expiry_of_enrollment(const model::EnrollmentSpec& spec) {
  return expiry_text(spec.expires);
}
std::string state_of_device(const model::DeviceSpec& spec) {
  return spec.revoked ? "yes" : "no";
}

std::string keys_of_secret(const model::SecretSpec& spec) {
  return std::to_string(spec.data.size());
}
std::string key_names_of_secret(const model::SecretSpec& spec) {
  std::vector<std::string> names;
  for (const auto& [key, entry] : spec.data) names.push_back(key);
  return join(names, ",");
}

// "file:///srv/git/sensor.git@main:deploy"
std::string source_of_template(const model::TemplateSpec& spec) {
  if (!spec.git) return {};
  const model::TemplateGit& git = *spec.git;
  return git.repository + (git.ref.empty() ? "" : "@" + git.ref) +
         (git.path.empty() ? "" : ":" + git.path);
}
std::string commit_of_template(const model::TemplateSpec& spec) {
  return spec.git ? spec.git->commit.substr(0, kCommitShown) : std::string();
}

std::vector<Column> columns_of_kind(model::Kind kind) {
  switch (kind) {
    case model::Kind::workspace:
      return {};
    case model::Kind::host:
      return {of_spec("LABELS", &labels_of_host)};
    case model::Kind::template_:
      return {of_spec("DRIVER", &model::TemplateSpec::driver),
              of_spec("FILES", &files_of_template)};
    case model::Kind::workload:
      return {of_spec("REPO", &model::WorkloadSpec::repo),
              of_spec("TEMPLATE", &model::WorkloadSpec::default_template)};
    case model::Kind::target:
      return {of_spec("LABELS", &labels_of_target), of_spec("SELECTOR", &selector_of_target)};
    case model::Kind::deployment:
      return {of_spec("WORKLOAD", &model::DeploymentSpec::workload),
              of_spec("TEMPLATE", &model::DeploymentSpec::template_name),
              of_spec("TARGET", &model::DeploymentSpec::target)};
    case model::Kind::assignment:
      return {of_spec("DEPLOYMENT", &model::AssignmentSpec::deployment),
              of_spec("HOST", &model::AssignmentSpec::host)};
    case model::Kind::token:
      return {of_spec("ROLES", &roles_of_token), of_spec("EXPIRES", &expiry_of_token)};
    case model::Kind::enrollment:
      return {of_spec("HOST", &model::EnrollmentSpec::host),
              of_spec("EXPIRES", &expiry_of_enrollment)};
    case model::Kind::device:
      return {of_spec("KEY", &model::DeviceSpec::public_key), of_spec("REVOKED", &state_of_device)};
    case model::Kind::secret:
      return {of_spec("KEYS", &keys_of_secret)};
  }
  return {};
}

std::vector<Column> wide_columns_of_kind(model::Kind kind) {
  switch (kind) {
    case model::Kind::workspace:
      return {of_spec("DESCRIPTION", &model::WorkspaceSpec::description)};
    case model::Kind::host:
      return {of_spec("DELIVERY", &delivery_of_host), of_spec("DRIVERS", &drivers_of_host),
              of_spec("CAPACITY", &capacity_of_host), of_spec("LEASE", &lease_of_host)};
    case model::Kind::template_:
      return {of_spec("SOURCE", &source_of_template), of_spec("COMMIT", &commit_of_template)};
    case model::Kind::deployment:
      return {of_spec("REPLICAS", &replicas_of_deployment)};
    case model::Kind::token:
      return {of_spec("DESCRIPTION", &model::TokenSpec::description)};
    case model::Kind::secret:
      return {of_spec("KEY-NAMES", &key_names_of_secret)};
    default:
      return {};
  }
}

Column workspace_column() {
  return {"WORKSPACE", [](const Entity& entity) { return entity.workspace; }};
}

Column age_column(const ColumnOptions& options, Timestamp now) {
  if (options.deleted) {
    return {"DELETED",
            [now](const Entity& entity) { return age_text(entity.deleted_time, now) + " ago"; }};
  }
  return {"AGE", [now](const Entity& entity) { return age_text(entity.created_time, now); }};
}

Column device_column(const DeviceStates& states) {
  return {"DEVICE",
          [&states](const Entity& host) { return std::string(state_in(states, host.name)); }};
}

void append(std::vector<Column>& columns, std::vector<Column> more) {
  columns.insert(columns.end(), more.begin(), more.end());
}

std::vector<Column> columns_of(model::Kind kind, const ColumnOptions& options, Timestamp now) {
  const bool in_workspace = model::in_workspace(kind);
  const bool workspace_first = options.workspace && in_workspace;
  std::vector<Column> columns;
  if (workspace_first) columns.push_back(workspace_column());
  append(columns,
         {{"NAME", [](const Entity& entity) { return entity.name; }},
          {"STATUS", [](const Entity& entity) { return std::string(name_of(entity.status)); }}});
  append(columns, columns_of_kind(kind));
  columns.push_back(age_column(options, now));
  if (!options.wide) return columns;
  if (in_workspace && !workspace_first) columns.push_back(workspace_column());
  append(columns, wide_columns_of_kind(kind));
  if (kind == model::Kind::host && options.devices != nullptr) {
    columns.push_back(device_column(*options.devices));
  }
  append(columns,
         {{"VERSION", [](const Entity& entity) { return std::to_string(entity.version); }},
          {"REVISION", [](const Entity& entity) { return std::to_string(entity.revision); }},
          {"REASON", [](const Entity& entity) { return join(entity.reason, "; "); }}});
  return columns;
}

}  // namespace

std::vector<std::string> headers_of(model::Kind kind, const ColumnOptions& options) {
  std::vector<std::string> headers;
  for (const Column& column : columns_of(kind, options, {})) headers.emplace_back(column.header);
  return headers;
}

std::vector<std::string> cells_of(const Entity& entity, const ColumnOptions& options,
                                  Timestamp now) {
  std::vector<std::string> cells;
  for (const Column& column : columns_of(entity.kind(), options, now)) {
    cells.push_back(column.cell(entity));
  }
  return cells;
}

}  // namespace titan::cli
