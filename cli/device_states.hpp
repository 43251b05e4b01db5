#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "client/client.hpp"
#include "model/entity.hpp"

namespace titan::cli {

// What tables say of the devices of hosts, by the hosts' names: REVOKED (its key opens nothing any
// more), CLONED (two devices were seen to hold its key), else ENROLLED. A plain value.
using DeviceStates = std::map<std::string, std::string, std::less<>>;

// Of all that there are. Errors: those of Client::list().
Result<DeviceStates> all_device_states(client::Client& client);
// Of one host; empty when it has no device. Errors: those of Client::get() but not_found.
Result<DeviceStates> device_state_of(client::Client& client, const std::string& host);
// NONE when it has no device.
std::string_view state_in(const DeviceStates& states, std::string_view host);

}  // namespace titan::cli
