#include "client/web_url.hpp"

#include <algorithm>
#include <charconv>

#include "base/text.hpp"
#include "client/limits.hpp"

namespace titan::client {
namespace {

constexpr std::string_view kHttps = "https://";
constexpr std::string_view kHttp = "http://";

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_name_character(char c) {
  return is_alphanumeric(c) || c == '-' || c == '.' || c == '_';
}

bool is_address_character(char c) {
  return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || (c >= '0' && c <= '9') || c == ':' ||
         c == '.';
}

// unreserved, pct-encoded, sub-delims, ":", "@", "/" and "?" of RFC 3986.
bool is_target_character(char c) {
  return is_alphanumeric(c) ||
         std::string_view("-._~%!$&'()*+,;=:@/?").find(c) != std::string_view::npos;
}

bool is_number(std::string_view text, unsigned max) {
  unsigned value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failure == std::errc{} && end == text.data() + text.size() && value <= max;
}

// 127.0.0.0/8 as four numbers, and no name that only begins like one.
bool is_loopback_v4(std::string_view host) {
  const auto parts = split(host, '.');
  return parts.size() == 4 && parts.front() == "127" &&
         std::ranges::all_of(parts, [](const std::string& part) { return is_number(part, 255); });
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "[::1]" || is_loopback_v4(host);
}

// The host of "HOST" or "HOST:PORT", with the brackets of an IPv6 address; "" when it is neither.
std::string_view host_of(std::string_view authority) {
  std::string_view host = authority.substr(0, authority.find(':'));
  bool plain = !host.empty() && std::ranges::all_of(host, is_name_character);
  if (authority.starts_with('[')) {
    const auto close = authority.find(']');
    if (close == std::string_view::npos) return {};
    host = authority.substr(0, close + 1);
    const std::string_view inner = host.substr(1, host.size() - 2);
    plain = !inner.empty() && std::ranges::all_of(inner, is_address_character);
  }
  const std::string_view port = authority.substr(host.size());
  const bool port_ok =
      port.empty() || (port.starts_with(':') && port != ":0" && is_number(port.substr(1), 65535));
  return plain && port_ok ? host : std::string_view();
}

}  // namespace

Result<WebUrl> WebUrl::parse(std::string_view text) {
  const auto refuse = [&](const std::string& what) {
    return invalid("the URL " + quote(text) + " " + what +
                   "; expected https://HOST/PATH, or http:// to this machine");
  };
  if (text.size() > kUrlBytesMax) return refuse("is too long");
  const bool encrypted = text.starts_with(kHttps);
  if (!encrypted && !text.starts_with(kHttp)) return refuse("is neither https nor http");
  const std::string_view scheme = encrypted ? kHttps : kHttp;
  const std::string_view rest = text.substr(scheme.size());
  const auto end = std::min(rest.find_first_of("/?#"), rest.size());
  const std::string_view host = host_of(rest.substr(0, end));
  if (host.empty()) return refuse("names no host that can be read");
  if (!encrypted && !is_loopback(host)) return refuse("is not encrypted");
  const std::string_view target = rest.substr(end);
  if (!std::ranges::all_of(target, is_target_character)) {
    return refuse("has a character that may not stand there");
  }
  WebUrl url{.origin = std::string(scheme) + std::string(rest.substr(0, end)),
             .target = std::string(target),
             .encrypted = encrypted};
  if (!target.starts_with('/')) url.target.insert(0, "/");
  return url;
}

}  // namespace titan::client
