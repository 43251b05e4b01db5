#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace titan::gitops {

// "SHA256:<base64>" of a key's blob, as ssh-keygen -l shows it.
std::string ssh_fingerprint(std::string_view key_blob);

// The keys of SSH servers, in the form of known_hosts in sshd(8): plain and hashed ("|1|…") names,
// "[host]:port", the patterns "*", "?" and "!", and the marker @revoked. Lines with
// @cert-authority, and those that cannot be read, count for nothing. Immutable, so safe to share.
class KnownHosts {
 public:
  enum class Verdict {
    known,
    unknown,  // no line is about this host and port
    changed,  // there are keys for it, and this is none of them
    revoked,  // a line says that the key must not be used any more
  };

  KnownHosts() = default;  // knows no host
  static KnownHosts parse(std::string_view text);

  // `key_blob` is the key as the protocol has it (RFC 4253, section 6.6).
  [[nodiscard]] Verdict judge(std::string_view host, std::uint16_t port,
                              std::string_view key_blob) const;
  // The types of the keys that this host may have, in the order of the file: what to ask it for.
  [[nodiscard]] std::vector<std::string> key_types(std::string_view host, std::uint16_t port) const;

 private:
  struct Line {
    bool is_revoked = false;
    std::vector<std::string> names;
    std::string type;
    std::string key;  // base64, as it stands there
  };
  [[nodiscard]] static bool is_about(const Line& line, std::string_view name);

  std::vector<Line> lines_;
};

}  // namespace titan::gitops
