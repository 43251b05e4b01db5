// A public key is of one host alone, whoever writes devices, and in whatever order.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <thread>
#include <vector>

#include "tests/server-lite/test_device.hpp"

namespace titan::server_lite {
namespace {

using nlohmann::json;
using titan::testing::SeededRandom;
using titan::testing::TestDevice;
using titan::testing::TestServer;

class DeviceWrite : public ::testing::Test {
 protected:
  HttpResponse put_device(const std::string& host, const std::string& key) {
    return server_.call("PUT", "/v1/devices/" + host, json{{"spec", {{"publicKey", key}}}}.dump());
  }
  static json device(const std::string& host, const std::string& key) {
    return {{"operation", "APPLY"},
            {"entity", {{"kind", "Device"}, {"name", host}, {"spec", {{"publicKey", key}}}}}};
  }
  HttpResponse propose(const json& changes) {
    return server_.call("POST", "/v1/changes", json{{"changes", changes}}.dump());
  }
  static json error_of(const HttpResponse& response) {
    return parse_json(response.body).value()["error"];
  }

  TestServer server_;
  TestDevice pi_{server_, 1};
  TestDevice nuc_{server_, 2};
};

TEST_F(DeviceWrite, IsRefusedForAHostThatDoesNotExist) {
  const HttpResponse response = put_device("pi", pi_.key());
  EXPECT_EQ(response.status, 422);
  EXPECT_EQ(error_of(response)["field"], "name");
  const json host = {{"operation", "APPLY"},
                     {"entity", {{"kind", "Host"}, {"name", "pi"}, {"spec", json::object()}}}};
  EXPECT_EQ(propose({host, device("pi", pi_.key())}).status, 200) << "both at once";
}

TEST_F(DeviceWrite, IsRefusedForAKeyOfAnotherHost) {
  for (const char* host : {"pi", "nuc"}) server_.put_host(host, {});
  ASSERT_EQ(put_device("pi", pi_.key()).status, 201);
  const HttpResponse response = put_device("nuc", pi_.key());
  EXPECT_EQ(response.status, 409);
  EXPECT_EQ(error_of(response)["field"], "spec.publicKey");
  EXPECT_EQ(error_of(response)["message"], "the key is of host \"pi\"; a key is of one host alone");
  EXPECT_EQ(put_device("nuc", nuc_.key()).status, 201);
  EXPECT_EQ(propose({device("pi", nuc_.key()), device("nuc", pi_.key())}).status, 200)
      << "they may change places";
  EXPECT_EQ(propose({device("pi", pi_.key()), device("nuc", pi_.key())}).status, 409);
}

TEST_F(DeviceWrite, GivesAKeyFreeThatIsNoLongerUsed) {
  for (const char* host : {"pi", "nuc"}) server_.put_host(host, {});
  ASSERT_EQ(put_device("pi", pi_.key()).status, 201);
  ASSERT_EQ(server_.call("DELETE", "/v1/devices/pi").status, 200);
  EXPECT_EQ(put_device("nuc", pi_.key()).status, 201);
  ASSERT_EQ(put_device("nuc", nuc_.key()).status, 200);
  EXPECT_EQ(put_device("pi", pi_.key()).status, 201);
}

// Two requests at once: what each is answered, in rising order.
std::vector<int> at_once(TestServer& server, const HttpRequest& one, const HttpRequest& other) {
  std::vector<int> statuses(2);
  std::thread thread([&] { statuses[0] = server.server().handle(one).status; });
  statuses[1] = server.server().handle(other).status;
  thread.join();
  std::sort(statuses.begin(), statuses.end());
  return statuses;
}

HttpRequest enrolling(TestDevice& device, const std::string& secret) {
  return {.method = "POST", .target = "/v1/enroll", .body = device.enrollment(secret).dump()};
}

TEST_F(DeviceWrite, LetsOneOfTwoDevicesInThatShowOneSecretAtOnce) {
  for (int round = 0; round < 20; ++round) {
    server_.clock().advance(std::chrono::minutes(1));
    const std::string host = "host-" + std::to_string(round);
    const std::string secret = "a-secret-of-round-" + std::to_string(round);
    TestDevice one(server_, 1000 + static_cast<std::uint64_t>(round));
    TestDevice other(server_, 2000 + static_cast<std::uint64_t>(round));
    TestDevice::put_enrollment(server_, "for-" + host, host, secret);
    EXPECT_EQ(at_once(server_, enrolling(one, secret), enrolling(other, secret)),
              (std::vector<int>{200, 403}));
  }
}

TEST_F(DeviceWrite, GivesAKeyToOneOfTwoHostsThatWantItAtOnce) {
  for (int round = 0; round < 20; ++round) {
    server_.clock().advance(std::chrono::minutes(1));
    TestDevice device(server_, 3000 + static_cast<std::uint64_t>(round));
    std::vector<std::string> secrets;
    for (const char* side : {"left-", "right-"}) {
      const std::string host = side + std::to_string(round);
      secrets.push_back("a-secret-for-" + host);
      TestDevice::put_enrollment(server_, "for-" + host, host, secrets.back());
    }
    EXPECT_EQ(at_once(server_, enrolling(device, secrets[0]), enrolling(device, secrets[1])),
              (std::vector<int>{200, 409}));
  }
}

// Whatever people and devices do in whatever order: a key opens sessions of one host at most, and
// of the one whose Device names it.
TEST_F(DeviceWrite, LeavesEachKeyWithOneHostAtMostWhateverHappens) {
  constexpr std::uint64_t kSeed = 31;
  SeededRandom random(kSeed);
  const std::vector<std::string> hosts = {"a", "b", "c"};
  std::vector<std::unique_ptr<TestDevice>> devices;
  for (std::uint64_t i = 0; i < 4; ++i) {
    devices.push_back(
        std::make_unique<TestDevice>(server_, 100 + i, "192.0.2." + std::to_string(i)));
  }
  int enrolled = 0;
  for (int step = 0; step < 600; ++step) {
    const std::string& host = hosts[random.below(hosts.size())];
    TestDevice& device = *devices[random.below(devices.size())];
    const std::string secret = "a-secret-of-step-" + std::to_string(step);
    switch (random.below(7)) {
      case 0:
        server_.call("PUT", "/v1/hosts/" + host, "{}");
        break;
      case 1:
        server_.call("DELETE", "/v1/hosts/" + host);
        break;
      case 2:
        put_device(host, device.key());
        break;
      case 3:
        server_.call("DELETE", "/v1/devices/" + host);
        break;
      case 4:
        server_.call("PUT", "/v1/devices/" + host,
                     json{{"spec", {{"publicKey", device.key()}, {"revoked", true}}}}.dump());
        break;
      case 5:
        if (random.below(10) == 0) server_.stop_and_start();
        break;
      default:
        TestDevice::put_enrollment(server_, "for-" + host, host, secret);
        if (device.enroll(secret).status == 200) ++enrolled;
    }
    server_.clock().advance(std::chrono::minutes(1));  // so that no limit holds anybody up
    std::map<std::string, json> by_key;
    const json listed = server_.json("GET", "/v1/devices");
    for (const json& one : listed["items"]) {
      const std::string key = one["spec"]["publicKey"];
      ASSERT_TRUE(by_key.emplace(key, one).second) << "seed " << kSeed << ", step " << step;
      const int there = server_.call("GET", "/v1/hosts/" + one["name"].get<std::string>()).status;
      ASSERT_EQ(there, 200) << "seed " << kSeed << ", step " << step << ": no such host";
    }
    const HttpResponse opened = device.open_session();
    const auto found = by_key.find(device.key());
    const bool may = found != by_key.end() && !found->second["spec"].contains("revoked");
    ASSERT_EQ(opened.status, may ? 200 : 403)
        << "seed " << kSeed << ", step " << step << opened.body << json(by_key);
    if (may) {
      ASSERT_EQ(parse_json(opened.body).value()["host"], found->second["name"])
          << "seed " << kSeed << ", step " << step;
    }
  }
  EXPECT_GT(enrolled, 20) << "the steps do something";
}

}  // namespace
}  // namespace titan::server_lite
