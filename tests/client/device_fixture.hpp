#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "client/device_channel.hpp"
#include "client/enrollment.hpp"
#include "model/manifest.hpp"
#include "tests/client/signing_server.hpp"
#include "tests/support/fake_transport.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan::client::testing {

// A device beside an honest server, with somebody between the two who may change every answer.
class DeviceTest : public ::testing::Test {
 protected:
  static constexpr const char* kEpoch = "0123456789abcdef";

  DeviceTest() { server_.bind(device_.public_key(), "pi"); }

  // The server's sync, without proofs.
  HttpResponse tell(const HttpRequest& request) {
    if (request.path().starts_with("/v1/blobs/")) return {200, {}, blob_};
    HttpResponse response;
    response.headers["Titan-Bookmark"] = bookmark_;
    response.headers["Titan-Poll-After"] = "60";
    if (report_wanted_) response.headers["Titan-Report-Wanted"] = "true";
    response.status = news_ ? 200 : 204;
    if (news_) response.body = canonical_json(model::json_of(manifest_));
    return response;
  }
  HttpResponse pass(const HttpRequest& request) {
    HttpResponse response = server_.handle(request);
    if (tamper_) tamper_(request, response);
    return response;
  }
  [[nodiscard]] TrustState trust() {
    return pin(server_.key.public_key(), server_.identity()).value();
  }
  DeviceChannel channel(const TrustState& trust) {
    return DeviceChannel({.transport = transport_,
                          .random = random_,
                          .keep_trust =
                              [this](const TrustState& followed) {
                                kept_.push_back(followed);
                                return Result<void>();
                              }},
                         {.host = "pi",
                          .organization = "default",
                          .key = device_,
                          .instance = "AAAAAAAAAAAAAAAAAAAAAA"},
                         trust);
  }
  DeviceChannel channel() { return channel(trust()); }
  void tell_bookmark(std::uint64_t seq, const std::string& epoch = kEpoch) {
    manifest_.bookmark = {epoch, seq};
    bookmark_ = manifest_.bookmark.text();
  }
  std::size_t requests_to(const std::string& target) {
    std::size_t count = 0;
    for (const HttpRequest& request : transport_.requests()) count += request.target == target;
    return count;
  }

  titan::testing::SeededRandom random_{5};
  SigningKey device_ = SigningKey::make(random_);
  std::string bookmark_ = std::string(kEpoch) + ".42";
  bool news_ = true;
  bool report_wanted_ = false;
  std::string blob_ = "content";
  model::Manifest manifest_{.host = "pi",
                            .bookmark = {kEpoch, 42},
                            .full = true,
                            .digest = model::digest_of_desired({}),
                            .poll_after = std::chrono::seconds(60)};
  titan::testing::SigningServer server_{
      random_, kEpoch, [this](const HttpRequest& request) { return tell(request); }};
  std::function<void(const HttpRequest&, HttpResponse&)> tamper_;
  titan::testing::FakeTransport transport_{
      [this](const HttpRequest& request) { return pass(request); }};
  std::vector<TrustState> kept_;
};

// Each way to change a header or the body of an answer a little, by a name.
struct Tampering {
  std::string name;
  std::function<void(HttpResponse&)> apply;
};
inline std::vector<Tampering> tamperings(const HttpResponse& sample) {
  std::vector<Tampering> all;
  for (const auto& [name, value] : sample.headers) {
    if (!name.starts_with("Titan-")) continue;
    const std::string header = name;
    all.push_back({header + " left out", [header](HttpResponse& response) {
                     HttpHeaders left;
                     for (const auto& [other, text] : response.headers) {
                       if (other != header) left.emplace(other, text);
                     }
                     response.headers = left;
                   }});
    all.push_back(
        {header + " emptied", [header](HttpResponse& response) { response.headers[header] = ""; }});
    for (std::size_t i = 0; i < value.size(); ++i) {
      all.push_back({header + " at " + std::to_string(i), [header, i](HttpResponse& response) {
                       char& letter = response.headers[header].at(i);
                       letter = letter == '1' ? '2' : '1';
                     }});
    }
    all.push_back({header + " longer",
                   [header](HttpResponse& response) { response.headers[header] += "0"; }});
  }
  for (std::size_t i = 0; i < sample.body.size(); ++i) {
    all.push_back({"body at " + std::to_string(i),
                   [i](HttpResponse& response) { response.body.at(i) ^= 1; }});
  }
  all.push_back({"body longer", [](HttpResponse& response) { response.body += " "; }});
  if (!sample.body.empty()) {
    all.push_back({"body shorter", [](HttpResponse& response) { response.body.pop_back(); }});
    all.push_back({"body gone", [](HttpResponse& response) { response.body.clear(); }});
  }
  return all;
}

}  // namespace titan::client::testing
