#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/timestamp.hpp"
#include "cli/env.hpp"

namespace titan::cli {

// A server that a person works with, under a name.
struct Context {
  std::string name = {};
  std::string server = {};   // a URL
  std::string ca_file = {};  // an absolute path, of what to trust for https://; empty: the system
  std::string token = {};    // what to show to the server; empty: see token_file
  Timestamp token_expires = {};  // zero: never, or nobody knows
  std::string token_file = {};   // an absolute path, of a file with it; empty: none
  std::string workspace = {};    // empty: `default`
  bool operator==(const Context&) const = default;
};

// The configuration of the command line, a YAML file:
//
//   currentContext: lab
//   contexts:
//     - name: lab
//       server: https://titan.lab:7480
//       caFile: /etc/titan/lab.pem   # may be left out
//       token: titan_...             # may be left out; or in place of it
//       tokenExpires: 2026-03-01T12:00:00Z  # of a login; may be left out
//       tokenFile: /etc/titan/token  # the file that holds it
//       workspace: iot               # may be left out
//
// It stands at $TITAN_CONFIG, or else $XDG_CONFIG_HOME/titan/config.yaml, or else
// $HOME/.config/titan/config.yaml.
struct Config {
  std::string current_context = {};  // empty: none
  std::vector<Context> contexts = {};
  bool operator==(const Config&) const = default;

  // Null when there is none of that name.
  [[nodiscard]] const Context* find(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> names() const;
};

// invalid, at that field, when the path is not absolute: a context is used from every folder.
Result<void> check_path(const std::string& field, const std::string& path);

// not_found when none of the three variables is set.
Result<std::string> config_path(const Env& env);

// An empty Config when there is no file. invalid, with the path as subject and the field, when
// the file is not as above: unknown keys, two contexts of one name, a current one that is missing.
// denied when it holds a token, and others than its owner may read it.
Result<Config> load_config(const Env& env);

// Replaces the file in one step, mode 0600, and creates its folder when needed.
Result<void> save_config(const Env& env, const Config& config);

}  // namespace titan::cli
