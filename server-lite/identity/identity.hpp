#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mac.hpp"
#include "base/timestamp.hpp"
#include "model/grant.hpp"
#include "server-lite/identity/rate_limit.hpp"

namespace titan::server_lite {

// What a device and the server share while it is let in. Safe to share between threads.
struct Session {
  explicit Session(MacKey key) : mac_key(std::move(key)) {}

  const MacKey mac_key;
  std::atomic<bool> over = false;  // it counts no longer
};

// Who asks: a person or a program with a token, a device, or nobody that is known. Everything that
// it asks is about its own organization. A plain value, but for what is shared.
struct Identity {
  std::string actor = {};         // as the change log names it; empty: nobody that is known
  std::string organization = {};  // empty: nobody that is known
  std::vector<model::Grant> grants = {};
  std::string host = {};   // of a device: the host that it is
  Timestamp expires = {};  // by the server's clock; zero: never
  // Of a device; shared: it may end while the device's request runs.
  std::shared_ptr<const Session> session = {};
  // How often it may ask; of a device, shared by its sessions. null: as often as it likes.
  std::shared_ptr<RateLimit> rate = {};

  [[nodiscard]] bool is_known() const { return !actor.empty(); }
  // The greatest role that holds in the workspace; with "", in the whole organization.
  [[nodiscard]] std::optional<model::Role> role_in(std::string_view workspace) const;
  // The greatest role that holds anywhere.
  [[nodiscard]] std::optional<model::Role> role_anywhere() const;
  // The workspaces that it may see, sorted; empty: all.
  [[nodiscard]] std::vector<std::string> workspaces() const;
  [[nodiscard]] bool sees(std::string_view workspace) const {
    return workspace.empty() || role_in(workspace).has_value();
  }
};

}  // namespace titan::server_lite
