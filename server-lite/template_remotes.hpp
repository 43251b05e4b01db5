#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "gitops/wire_template_source.hpp"

namespace titan::server_lite {

// Which repositories of other machines templates may be read from, and how the server gets in: the
// file of `titan-server --template-remotes FILE`, in YAML.
//
//   remotes:
//     - prefix: https://git.example.org/team/       # gitops/remote_prefix.hpp
//       tokenFile: /etc/titan/git_token             # mode 0600; without it nobody is logged in
//       user: titan                                 # beside the token; may be left out: titan
//       caFile: /etc/titan/git_ca.pem               # alone trusted; may be left out: the system's
//     - prefix: ssh://git@git.example.org/srv/git/
//       keyFile: /etc/titan/git_key                 # mode 0600
//       passphraseFile: /etc/titan/git_passphrase   # of that key, mode 0600; may be left out
//       knownHosts: /etc/titan/known_hosts          # may be left out: this one
//
// Files are named by absolute paths, and read when they are needed.
//
// `connect`: makes the ways to web servers that believe the certificates in a file.
using ConnectWith =
    std::function<decltype(gitops::RemoteOptions::connect)(const std::string& ca_file)>;
// invalid, with the field's path ("remotes[1].prefix"), when a field is missing, unknown, wrong or
// of no use with its prefix; two prefixes that mean the same; two documents, or none. exhausted:
// longer than kTemplateRemotesBytesMax.
Result<std::vector<gitops::WireTemplateSource::Allowed>> parse_template_remotes(
    std::string_view text, const ConnectWith& connect);

}  // namespace titan::server_lite
