#include "gitops/remote_address.hpp"

#include <algorithm>

#include "base/http.hpp"
#include "base/text.hpp"

namespace titan::gitops {
namespace {

constexpr std::string_view kSchemeEnd = "://";

// Git's own rule: a ":" before the first "/" makes "host:path" of a text without a scheme.
bool is_scp_like(std::string_view remote) {
  const std::size_t colon = remote.find(':');
  return colon != std::string_view::npos && colon < remote.find('/');
}

}  // namespace

Result<std::string> path_of_remote(std::string_view remote) {
  const auto unsupported = [&] {
    return invalid("the remote " + quote(without_credentials(remote)) +
                   " is not supported; expected a path or a file:// URL");
  };
  if (remote.empty() || remote.find('\0') != std::string_view::npos) return unsupported();
  const std::size_t scheme_end = remote.find(kSchemeEnd);
  if (scheme_end == std::string_view::npos) {
    if (is_scp_like(remote)) return unsupported();
    return std::string(remote);
  }
  if (remote.substr(0, scheme_end) != "file") return unsupported();
  std::string_view rest = remote.substr(scheme_end + kSchemeEnd.size());
  constexpr std::string_view kThisMachine = "localhost";
  if (rest.starts_with(kThisMachine)) rest.remove_prefix(kThisMachine.size());
  if (!rest.starts_with('/')) return unsupported();
  const std::string path = percent_decode(rest);
  if (path.find('\0') != std::string::npos) return unsupported();
  return path;
}

std::string without_credentials(std::string_view remote) {
  const std::size_t scheme_end = remote.find(kSchemeEnd);
  const bool is_url = scheme_end != std::string_view::npos;
  if (!is_url && !is_scp_like(remote)) return std::string(remote);

  const std::size_t start = is_url ? scheme_end + kSchemeEnd.size() : 0;
  std::string_view rest = remote.substr(start);
  rest = rest.substr(0, rest.find_first_of("?#"));
  const std::string_view authority = rest.substr(0, rest.find('/'));
  // The last "@" ends the credentials: a password may hold one that is not encoded.
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    rest.remove_prefix(at + 1);
  }
  return std::string(remote.substr(0, start)) + std::string(rest);
}

}  // namespace titan::gitops
