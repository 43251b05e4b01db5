#include "cli/commands/devices.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>

#include "base/text.hpp"
#include "cli/printer.hpp"
#include "cli/table.hpp"

namespace titan::cli {
namespace {

using client::WaitingDevice;
using nlohmann::json;

json json_of(const std::vector<WaitingDevice>& waiting) {
  json items = json::array();
  for (const WaitingDevice& device : waiting) {
    items.push_back({{"id", device.id},
                     {"key", device.key},
                     {"name", device.name},
                     {"address", device.address},
                     {"since", device.since.text()},
                     {"lastSeen", device.last_seen.text()}});
  }
  return {{"items", std::move(items)}};
}

void print(const std::vector<WaitingDevice>& waiting, const OutputFlags& output, const Env& env) {
  const Timestamp now = env.clock.wall();
  const bool wide = output.format == Output::wide;
  std::vector<std::string> headers = {"ID", "NAME", "ADDRESS", "SINCE", "SEEN"};
  if (wide) headers.emplace_back("KEY");
  Table table(headers);
  for (const WaitingDevice& device : waiting) {
    std::vector<std::string> cells = {device.id, device.name, device.address,
                                      age_text(device.since, now) + " ago",
                                      age_text(device.last_seen, now) + " ago"};
    if (wide) cells.push_back(device.key);
    table.add(cells);
  }
  table.print(env.out, {.headers = output.headers, .colour = use_colour(env)});
}

// None when it does not exist.
Result<std::optional<model::Entity>> find(client::Client& client, model::Kind kind,
                                          const std::string& name) {
  auto found = client.get({.kind = kind, .name = name});
  if (!found && found.error().code == ErrorCode::not_found) return std::optional<model::Entity>();
  if (!found) return std::move(found).error();
  return std::optional(*std::move(found));
}

Result<WaitingDevice> find_waiting(client::Client& client, const std::string& id) {
  TITAN_ASSIGN(const auto waiting, client.lobby());
  const auto found = std::ranges::find(waiting, id, &WaitingDevice::id);
  if (found != waiting.end()) return *found;
  std::vector<std::string> ids;
  for (const WaitingDevice& device : waiting) ids.push_back(device.id);
  return not_found("no device " + quote(id) + " waits in the lobby" + did_you_mean(id, ids) +
                   "; titan get lobby shows those that do");
}

// The host's device with the new key, unless it has one that counts.
Result<client::EntityWrite> device_write(client::Client& client, const std::string& host,
                                         const std::string& key) {
  using Operation = client::EntityWrite::Operation;
  const model::Entity device{.name = host, .spec = model::DeviceSpec{.public_key = key}};
  TITAN_ASSIGN(const auto known, find(client, model::Kind::device, host));
  if (!known) return client::EntityWrite{.operation = Operation::create, .entity = device};
  if (!std::get<model::DeviceSpec>(known->spec).revoked) {
    return conflict("host " + quote(host) + " has a device already; titan revoke host " + host +
                    " comes first");
  }
  return client::EntityWrite{
      .operation = Operation::update, .entity = device, .revision = known->revision};
}

Result<ExitCode> revoke_device(const std::string& host, client::Client& client, const Env& env) {
  TITAN_ASSIGN(auto device, client.get({.kind = model::Kind::device, .name = host}));
  auto& spec = std::get<model::DeviceSpec>(device.spec);
  if (spec.revoked) {
    env.out << "host/" << host << " was revoked already\n";
    return ExitCode::done;
  }
  spec.revoked = true;
  TITAN_TRY(client.put(device, {.if_match = device.revision}));
  env.out << "host/" << host << " revoked\n";
  return ExitCode::done;
}

}  // namespace

Result<ExitCode> run(const GetLobbyCommand& command, const Env& env) {
  TITAN_ASSIGN(auto session, Session::open(command.connection, env));
  TITAN_ASSIGN(const auto waiting, session.client().lobby());
  if (is_document(command.output.format)) {
    Printer(env, command.output).document(json_of(waiting));
  } else if (command.output.format == Output::name) {
    for (const WaitingDevice& device : waiting) env.out << device.id << '\n';
  } else if (waiting.empty()) {
    remark(env, "no device waits in the lobby");
  } else {
    print(waiting, command.output, env);
  }
  return ExitCode::done;
}

Result<ExitCode> run(const ApproveCommand& command, const Env& env) {
  model::Labels labels;
  if (command.labels) {
    auto parsed = model::parse_labels(*command.labels);
    if (!parsed) return report_usage(env, std::move(parsed).error().context("--labels"));
    labels = *std::move(parsed);
  }
  TITAN_ASSIGN(auto session, Session::open(command.connection, env));
  client::Client& client = session.client();
  TITAN_ASSIGN(const WaitingDevice waiting, find_waiting(client, command.id));
  TITAN_ASSIGN(const auto host, find(client, model::Kind::host, command.host));
  if (host && command.labels) {
    return conflict("host " + quote(command.host) +
                    " exists already; leave --labels out, and change it with titan edit host " +
                    command.host);
  }
  std::vector<client::BatchChange> changes;
  if (!host) {
    changes.push_back(client::EntityWrite{
        .operation = client::EntityWrite::Operation::create,
        .entity = {.name = command.host, .spec = model::HostSpec{.labels = std::move(labels)}}});
  }
  TITAN_ASSIGN(changes.emplace_back(), device_write(client, command.host, waiting.key));
  TITAN_TRY(client.change(changes));
  if (!host) env.out << "host/" << command.host << " created\n";
  env.out << "device/" << command.host << " approved\n";
  return ExitCode::done;
}

Result<ExitCode> run(const RevokeCommand& command, const Env& env) {
  TITAN_ASSIGN(auto session, Session::open(command.connection, env));
  if (command.what.kind != model::Kind::token) {
    return revoke_device(command.what.name, session.client(), env);
  }
  TITAN_TRY(session.client().remove({.kind = model::Kind::token, .name = command.what.name}));
  env.out << "token/" << command.what.name << " revoked\n";
  return ExitCode::done;
}

}  // namespace titan::cli
