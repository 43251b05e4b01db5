#include "server-lite/front_door/listen_address.hpp"

#include <gtest/gtest.h>

namespace titan::front_door {
namespace {

TEST(ListenAddress, IsHostAndPortOrAUnixSocket) {
  for (const char* text : {"127.0.0.1:7480", "127.1.2.3:0", "[::1]:80", "localhost:65535",
                           "0.0.0.0:7480", "example.com:80", "unix:/run/titan.sock"}) {
    const auto address = ListenAddress::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->text(), text);
  }
  for (const char* text : {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", ":80",
                           "unix:", "unix:relative"}) {
    EXPECT_FALSE(ListenAddress::parse(text)) << text;
  }
  EXPECT_FALSE(ListenAddress::parse("unix:/" + std::string(107, 'x')));
}

TEST(ListenAddress, KnowsWhatOnlyThisMachineReaches) {
  for (const char* text : {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "localhost:1", "unix:/a"}) {
    EXPECT_TRUE(ListenAddress::parse(text)->is_local()) << text;
  }
  for (const char* text : {"0.0.0.0:1", "192.168.1.5:1", "[::]:1", "127.0.0.1.example.com:1"}) {
    EXPECT_FALSE(ListenAddress::parse(text)->is_local()) << text;
  }
}

TEST(ListenAddress, TakesAFreePortAndTellsWhich) {
  const auto listening = listen_on({.host = "127.0.0.1"}).value();
  EXPECT_GT(listening.address.port, 0);
  EXPECT_FALSE(listen_on(listening.address));
}

}  // namespace
}  // namespace titan::front_door
