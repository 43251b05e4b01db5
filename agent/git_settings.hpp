#pragma once

#include <cstdint>
#include <string>

namespace titan::agent {

// Where the rendered state goes in Git, and how. A plain value, part of Configuration.
struct GitSettings {
  std::string git = {};  // a directory or a remote; empty: the repository in the state directory
  std::string git_user = {};
  std::string git_token_file = {};
  std::string git_ca_file = {};
  std::string git_http = "loopback";  // where http:// may go: loopback or anywhere
  std::string git_key_file = {};
  std::string git_passphrase_file = {};
  std::string git_known_hosts = "/etc/titan/known_hosts";
  std::string git_sign = "none";            // none, host, or the absolute path of a key file
  std::string git_on_rewrite = "recreate";  // or stop
  std::uint32_t git_depth = 0;              // commits that are kept here; 0: all
  bool operator==(const GitSettings&) const = default;

  [[nodiscard]] bool signs_as_host() const { return git_sign == "host"; }
  [[nodiscard]] bool signs_by_file() const { return git_sign != "none" && !signs_as_host(); }
};

}  // namespace titan::agent
