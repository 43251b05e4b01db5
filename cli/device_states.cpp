#include "cli/device_states.hpp"

#include <variant>

namespace titan::cli {
namespace {

std::string state_of(const model::Entity& device) {
  if (std::get<model::DeviceSpec>(device.spec).revoked) return "REVOKED";
  // The only reason for which a device has this status.
  return device.status == model::Status::error ? "CLONED" : "ENROLLED";
}

}  // namespace

Result<DeviceStates> all_device_states(client::Client& client) {
  TITAN_ASSIGN(const client::EntityList listed, client.list({.kind = model::Kind::device}));
  DeviceStates states;
  for (const model::Entity& device : listed.items) states[device.name] = state_of(device);
  return states;
}

Result<DeviceStates> device_state_of(client::Client& client, const std::string& host) {
  const auto device = client.get({.kind = model::Kind::device, .name = host});
  if (device) return DeviceStates{{host, state_of(*device)}};
  if (device.error().code == ErrorCode::not_found) return DeviceStates();
  return device.error();
}

std::string_view state_in(const DeviceStates& states, std::string_view host) {
  const auto found = states.find(host);
  return found == states.end() ? std::string_view("NONE") : std::string_view(found->second);
}

}  // namespace titan::cli
