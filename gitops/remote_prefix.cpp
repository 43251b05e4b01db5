#include "gitops/remote_prefix.hpp"

#include <algorithm>
#include <utility>

#include "base/http.hpp"
#include "base/text.hpp"

namespace titan::gitops {
namespace {

constexpr std::uint16_t kHttpsPort = 443;
constexpr std::uint16_t kHttpPort = 80;

bool is_misleading(char c) {
  constexpr std::string_view kNever = "/\\;%";
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F || kNever.find(c) != kNever.npos;
}

// One name of a path.
Result<std::string> plain_name(std::string name, bool is_encoded) {
  if (is_encoded) name = percent_decode(name);
  if (name.empty() || name == "." || name == ".." || std::ranges::any_of(name, is_misleading)) {
    return invalid("has " + quote(name) + " in its path; expected plain names");
  }
  return name;
}

char small(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

Result<RemotePrefix::Place> RemotePrefix::place_of(const RemoteAddress& address) {
  const bool is_http = address.kind == RemoteAddress::Kind::http;
  Place place{.kind = address.kind,
              .is_plain = address.is_plain,
              .user = address.user,
              .host = address.host,
              .port = address.port};
  std::ranges::transform(place.host, place.host.begin(), small);
  if (place.host.ends_with('.')) return invalid("has a host that ends in a dot");
  if (place.port == 0) place.port = address.is_plain ? kHttpPort : kHttpsPort;
  if (place.user.empty() && !is_http) place.user = kStandardSshUser;
  std::string_view path = address.path;
  place.is_from_root = path.starts_with('/');
  if (place.is_from_root) path.remove_prefix(1);
  // Somebody else's home, or an option of the program at the other end.
  if (path.starts_with('~') || (!place.is_from_root && path.starts_with('-'))) {
    return invalid("has a path that begins with " + quote(path.substr(0, 1)) +
                   "; expected a plain one");
  }
  for (std::string& name : split(path, '/')) {
    TITAN_ASSIGN(place.path.emplace_back(), plain_name(std::move(name), is_http));
  }
  return place;
}

Result<RemotePrefix> RemotePrefix::parse(std::string_view text) {
  RemotePrefix made;
  made.text_ = text;
  // All that is below a folder, or a home: what stands for it is a name that it does not need.
  const bool is_folder = text.ends_with('/') || text.ends_with(':');
  TITAN_ASSIGN(const RemoteAddress address,
               RemoteAddress::parse(is_folder ? made.text_ + "x" : made.text_));
  if (address.kind == RemoteAddress::Kind::file) {
    return invalid("the remote " + quote(text) + " is on this machine; expected one of another");
  }
  if (address.is_plain && !address.is_loopback()) {
    return invalid("the remote " + quote(without_credentials(text)) +
                   " is http:// to another machine, where everybody on the way could read the "
                   "token and change what comes; expected https://");
  }
  auto place = place_of(address);
  if (!place) {
    return invalid("the remote " + quote(without_credentials(text)) + " " + place.error().message);
  }
  made.place_ = *std::move(place);
  if (is_folder) made.place_.path.pop_back();
  return made;
}

bool RemotePrefix::holds(const RemoteAddress& address) const {
  if (address.kind == RemoteAddress::Kind::file) return false;
  const auto found = place_of(address);
  if (!found || found->path.size() < place_.path.size()) return false;
  Place top = *found;
  top.path.resize(place_.path.size());
  return top == place_;
}

}  // namespace titan::gitops
