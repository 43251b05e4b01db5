#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.hpp"
#include "base/signing.hpp"
#include "base/transport.hpp"
#include "gitops/publisher.hpp"
#include "gitops/remote_options.hpp"

namespace titan::gitops {

// Where rendered state goes in Git, and how: what a program that commits can be told. A plain
// value.
struct GitSettings {
  std::string git = {};  // a directory or a remote; what it means to be empty is the program's
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

// One of the settings that mean the same to every program: all but `git` and `gitSign`.
struct GitSetting {
  std::string_view key;      // "gitUser"; base/setting_name.hpp has its other names
  std::string_view sort;     // "NAME", "FILE", "WHERE", "POLICY", "COUNT"
  std::string_view meaning;  // one sentence without its full stop
  std::variant<std::string GitSettings::*, std::uint32_t GitSettings::*> member;

  // Reads what stands behind the flag; an empty text changes nothing. invalid: it is no such value.
  Result<void> put(const std::string& text, GitSettings& into) const;
  // What it is in `settings`, as it could stand behind the flag.
  [[nodiscard]] std::string text_in(const GitSettings& settings) const;
};
std::span<const GitSetting> git_settings();

// A way to a web server, whose certificate is verified by the authorities of `ca_file` alone, or
// the system's when that is empty. Programs give theirs, since this folder knows none.
using ConnectToWeb = std::function<Result<std::unique_ptr<Transport>>(const std::string& url,
                                                                      const std::string& ca_file)>;

// How the remote is got at, and how commits are kept and pushed.
Publisher::Options publisher_options(const GitSettings& settings, ConnectToWeb connect);

// The key in a file, as `titan key new` makes one. denied: others than its owner may read it.
// invalid: it holds no such key. And the errors of read_secret_file().
Result<SigningKey> read_signing_key(const std::string& path);

}  // namespace titan::gitops
