// What comes in place of a server's answer to a device: a status and headers, a line each, and the
// body, by a line of "=====". It is tried as the answer to every question of a device, under keys
// that no input knows: whatever it is, it is not believed, and it changes no trust.

#include <charconv>
#include <optional>
#include <string>

#include "base/base64.hpp"
#include "base/mac.hpp"
#include "base/text.hpp"
#include "client/device_channel.hpp"
#include "client/enrollment.hpp"
#include "fuzz/target.hpp"

namespace titan::fuzz {
namespace {

class Counting final : public Random {
 public:
  std::uint64_t next() override { return ++count_ * 0x9E3779B97F4A7C15U; }

 private:
  std::uint64_t count_ = 0;
};

class SameAnswer final : public Transport {
 public:
  explicit SameAnswer(HttpResponse response) : response_(std::move(response)) {}
  Result<HttpResponse> send(const HttpRequest&) override { return response_; }

 private:
  HttpResponse response_;
};

HttpResponse response_of(std::string_view head, std::string_view body) {
  HttpResponse response{.status = 200, .headers = {}, .body = std::string(body)};
  for (const std::string& line : split(head, '\n')) {
    const std::size_t colon = line.find(": ");
    if (colon == std::string::npos) {
      std::from_chars(line.data(), line.data() + line.size(), response.status);
    } else {
      response.headers[line.substr(0, colon)] = line.substr(colon + 2);
    }
  }
  return response;
}

const SigningKey& key_of(char letter) {
  static const SigningKey kServer =
      *SigningKey::parse("ed25519-secret:" + base64url(std::string(32, 's')));
  static const SigningKey kDevice =
      *SigningKey::parse("ed25519-secret:" + base64url(std::string(32, 'd')));
  return letter == 's' ? kServer : kDevice;
}

void check_talk(SameAnswer& transport, bool has_session) {
  Counting random;
  const client::TrustState trust{.key = key_of('s').public_key(),
                                 .root_key = key_of('d').public_key(),
                                 .epoch = "0123456789abcdef",
                                 .epoch_number = 1};
  client::DeviceChannel device({.transport = transport, .random = random},
                               {"pi", "default", key_of('d'), "AAAAAAAAAAAAAAAAAAAAAA"}, trust);
  if (has_session) {
    device.resume({Secret::of(std::string("token")), Secret::of(std::string(MacKey::kBytes, 'm'))});
  }
  require(!device.sync({}).ok(), "nothing made up is believed");
  require(device.trust() == trust, "nothing made up is followed");
  require(device.high_water().bookmark.seq == 0, "nothing made up counts as verified");
  require(!device.get_blob(Digest::of("wanted")).ok(), "nothing made up is a blob");
}

void check_enrollment(SameAnswer& transport) {
  Counting random;
  const model::EnrollmentString string{.url = "http://titan",
                                       .server = key_of('s').public_key(),
                                       .secret = Secret::of(std::string("secret"))};
  require(!client::enroll(transport, random, key_of('d'), string).ok(), "nobody is enrolled");
  require(!client::ask_lobby(transport, random, key_of('d'),
                             {key_of('s').public_key(), "default", "pi"})
               .ok(),
          "nobody gets in by the lobby");
  require(!client::identity_of_server(transport, random).ok(), "nobody is the server");
}

}  // namespace

void run(std::string_view input) {
  const auto parts = parts_of(input, 2);
  SameAnswer transport(response_of(parts[0], parts[1]));
  check_talk(transport, false);
  check_talk(transport, true);
  check_enrollment(transport);
}

}  // namespace titan::fuzz
