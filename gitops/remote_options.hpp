#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "base/transport.hpp"
#include "gitops/limits.hpp"

namespace titan::gitops {

// How to get at remotes. A plain value. Secrets stand in files, which are read when they are needed
// and have to be their owner's alone (mode 0600); none of them is in an error, a log or Git.
struct RemoteOptions {
  // Whom to log in as, where the remote's own text names nobody; empty: "git" for ssh, and "titan"
  // beside a token, where most servers take any name.
  std::string user = {};
  std::string token_file = {};       // of https:// and http://: the password
  bool allow_plain_http = false;     // http:// to other machines than this one
  std::string key_file = {};         // of ssh: a secret key as ssh-keygen makes it
  std::string passphrase_file = {};  // of that key; empty: it has none
  // Of ssh: what the server's key is looked up in (known_hosts.hpp), always.
  std::string known_hosts_file = "/etc/titan/known_hosts";
  // How long an SSH server may send nothing while it is waited for.
  std::chrono::milliseconds silence_max = kSilenceMax;
  // How long one conversation may take, and how many bytes a remote may send in it; of https://
  // what `connect` makes has limits of its own as well, since it takes answers whole.
  std::chrono::milliseconds conversation_max = kConversationMax;
  std::size_t answer_bytes_max = kFetchBytesMax;
  // A way to a web server, by "https://HOST:PORT"; how its certificate is verified is decided
  // there. Without one, such remotes are refused as invalid.
  std::function<Result<std::unique_ptr<Transport>>(const std::string& url)> connect = {};
};

}  // namespace titan::gitops
