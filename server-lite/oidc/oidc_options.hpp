#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace titan::oidc {

// What the members of a group of the provider may do here.
struct Grant {
  std::string role = {};          // viewer, developer, platform or admin
  std::string workspace = {};     // "": every workspace
  std::string organization = {};  // "": the default one
  bool operator==(const Grant&) const = default;
};

// How people log in through an identity provider: the file of `titan-server --oidc FILE`, in YAML.
//
//   issuer: https://id.example.org     # byte by byte as in the provider's tokens
//   clientId: titan                    # a public client with the device grant
//   scopes: [openid, profile, groups]  # what `titan login` asks for; may be left out: openid
//   groupsClaim: groups                # where a token lists groups; may be left out: groups
//   rules:
//     - group: titan-admins
//       role: admin
//     - group: iot-developers
//       role: developer
//       workspace: iot                 # may be left out: every one
//       organization: default          # may be left out: the default one
//
// A person who is in no group of a rule may log in, and do nothing. Several rules may name one
// group; all that fit count.
struct OidcOptions {
  struct Rule {
    std::string group = {};
    Grant grant = {};
    bool operator==(const Rule&) const = default;
  };
  std::string issuer = {};
  std::string client_id = {};
  std::vector<std::string> scopes = {"openid"};
  std::string groups_claim = "groups";
  std::vector<Rule> rules = {};

  // What members of these groups may do: the grants of all rules that fit, in the order of the
  // file, each once. Groups are compared byte by byte.
  [[nodiscard]] std::vector<Grant> grants_of(const std::vector<std::string>& groups) const;
};

// invalid, with the field's path ("rules[2].role"), when a field is missing, unknown or wrong; two
// documents, or none; no scope `openid`. exhausted: longer than kOptionsBytesMax.
Result<OidcOptions> parse_oidc_options(std::string_view text);

}  // namespace titan::oidc
