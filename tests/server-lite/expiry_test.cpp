// Tokens and enrollments that expired long ago are removed.
#include "server-lite/expiry.hpp"

#include <gtest/gtest.h>

#include "tests/server-lite/test_server.hpp"

namespace titan::server_lite {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

class Expiry : public ::testing::Test {
 protected:
  Timestamp in(std::chrono::microseconds time) {
    return Timestamp::from_micros(server_.clock().wall().micros() + time.count());
  }
  void put_token(const std::string& name, Timestamp expires) {
    server_.put(
        {.name = name,
         .spec = model::TokenSpec{
             .grants = {{model::Role::viewer}}, .digest = Digest::of(name), .expires = expires}});
  }
  void put_enrollment(const std::string& name, Timestamp expires) {
    server_.put({.name = name,
                 .spec = model::EnrollmentSpec{
                     .host = name, .digest = Digest::of(name), .expires = expires}});
  }
  std::vector<std::string> names(const std::string& plural) {
    std::vector<std::string> names;
    const nlohmann::json page = server_.json("GET", "/v1/" + plural);
    for (const auto& item : page["items"]) names.push_back(item["name"].get<std::string>());
    return names;
  }
  // Past the next look.
  void go_on(std::chrono::microseconds time) {
    server_.advance(time);
    server_.advance(kExpiryPause);
  }

  titan::testing::TestServer server_;
};

TEST_F(Expiry, RemovesWhatExpiredMoreThanADayAgo) {
  put_token("early", in(hours(1)));
  put_token("late", in(hours(30)));
  put_token("never", {});
  put_enrollment("early", in(hours(1)));
  put_enrollment("late", in(hours(30)));
  go_on(hours(24) + minutes(30));
  EXPECT_EQ(names("tokens"), (std::vector<std::string>{"admin", "early", "late", "never"}));
  EXPECT_EQ(names("enrollments"), (std::vector<std::string>{"early", "late"}));
  go_on(hours(1));
  EXPECT_EQ(names("tokens"), (std::vector<std::string>{"admin", "late", "never"}));
  EXPECT_EQ(names("enrollments"), (std::vector<std::string>{"late"}));
  const nlohmann::json changes = server_.json("GET", "/v1/changes?kind=token&actor=titan");
  EXPECT_EQ(changes["items"].back()["before"]["name"], "early");
  go_on(hours(48));
  EXPECT_EQ(names("tokens"), (std::vector<std::string>{"admin", "never"}));
  EXPECT_EQ(names("enrollments"), std::vector<std::string>());
}

TEST_F(Expiry, RemovesAsManyAsThereAre) {
  const Timestamp expires = in(hours(1));
  for (std::size_t i = 0; i < 2 * kExpiredRemoved + 1; ++i) {
    put_token("t" + std::to_string(i), expires);
  }
  go_on(hours(26));
  EXPECT_EQ(names("tokens"), std::vector<std::string>{"admin"});
}

TEST_F(Expiry, KeepsWhatWasGivenMoreTime) {
  put_token("a", in(hours(1)));
  server_.advance(hours(24));
  put_token("a", in(hours(100)));
  go_on(hours(30));
  EXPECT_EQ(names("tokens"), (std::vector<std::string>{"a", "admin"}));
}

TEST_F(Expiry, ComesBackWhenTheStoreFails) {
  put_token("a", in(hours(1)));
  server_.faults().fail_when([](const std::string& call) { return call.starts_with("commit"); },
                             unavailable("the disk is away"));
  go_on(hours(26));
  server_.faults().reset();
  EXPECT_EQ(names("tokens"), (std::vector<std::string>{"a", "admin"}));
  EXPECT_NE(server_.log_text().find("what has expired could not be removed"), std::string::npos);
  server_.advance(kExpiryPause);
  EXPECT_EQ(names("tokens"), std::vector<std::string>{"admin"});
}

}  // namespace
}  // namespace titan::server_lite
