#include "model/enrollment_string.hpp"

#include "base/base64.hpp"
#include "base/text.hpp"
#include "model/limits.hpp"

namespace titan::model {
namespace {

constexpr std::string_view kStart = "titan1";
constexpr std::string_view kKeyPrefix = "ed25519:";

Error bad(std::string_view what) {
  return invalid("the enrollment string " + std::string(what) +
                 "; expected titan1.<URL>.<server key>.<secret>, whole, as it was printed");
}

}  // namespace

Secret EnrollmentString::text() const {
  std::string text(kStart);
  text += '.';
  text += base64url(url);
  text += '.';
  text += server.text().substr(kKeyPrefix.size());
  text += '.';
  text += secret.bytes();
  return Secret::of(std::move(text));
}

Result<EnrollmentString> EnrollmentString::parse(std::string_view text) {
  if (text.size() > kEnrollmentBytesMax) return bad("is too long");
  const auto parts = split(text, '.');
  if (parts.size() != 4 || parts[0] != kStart) return bad("has another form");
  auto url = parse_base64url(parts[1]);
  const auto server = PublicKey::parse(std::string(kKeyPrefix) + parts[2]);
  if (!url || url->empty()) return bad("has no URL that can be read");
  if (!server) return bad("has no server key that can be read");
  if (const auto secret = parse_base64url(parts[3]); !secret || secret->size() < kSecretBytesMin) {
    return bad("has no secret that can be read");
  }
  return EnrollmentString{
      .url = *std::move(url), .server = *server, .secret = Secret::of(parts[3])};
}

}  // namespace titan::model
