#include "agent/doorbell.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>

#include <fstream>
#include <optional>

#include "tests/support/temporary_directory.hpp"

namespace titan::agent {
namespace {

using titan::testing::TemporaryDirectory;

bool is_readable(const Doorbell& doorbell) {
  pollfd entry{.fd = doorbell.descriptor(), .events = POLLIN, .revents = 0};
  return ::poll(&entry, 1, 0) == 1;
}

TEST(Doorbell, IsHeardByADaemonAloneAndOnlyWhileItIsThere) {
  const TemporaryDirectory run;
  EXPECT_FALSE(Doorbell::ring(run.path()).value()) << "nobody was ever there";
  std::optional<Doorbell> doorbell = Doorbell::open(run.path()).value();
  EXPECT_FALSE(is_readable(*doorbell));
  EXPECT_TRUE(Doorbell::ring(run.path()).value());
  EXPECT_TRUE(Doorbell::ring(run.path()).value());
  EXPECT_TRUE(is_readable(*doorbell)) << "though who rang has gone";
  doorbell->clear();
  EXPECT_FALSE(is_readable(*doorbell));
  struct stat found {};
  ASSERT_EQ(::stat((run.path() + "/wake").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 07777U, 0600U);
  doorbell.reset();
  EXPECT_FALSE(Doorbell::ring(run.path()).value());
  doorbell = Doorbell::open(run.path()).value();
  EXPECT_FALSE(is_readable(*doorbell));
}

TEST(Doorbell, TakesARingForGrantedThatDoesNotFit) {
  const TemporaryDirectory run;
  const Doorbell doorbell = Doorbell::open(run.path()).value();
  for (int i = 0; i < 70'000; ++i) ASSERT_TRUE(Doorbell::ring(run.path()).value());
  doorbell.clear();
  EXPECT_FALSE(is_readable(doorbell));
}

TEST(Doorbell, WritesToNothingButAPipe) {
  const TemporaryDirectory run;
  std::ofstream(run.path() + "/wake") << "mine";
  EXPECT_FALSE(Doorbell::ring(run.path()).value());
  EXPECT_EQ(Doorbell::open(run.path()).error().code, ErrorCode::conflict);
  std::string text;
  std::ifstream(run.path() + "/wake") >> text;
  EXPECT_EQ(text, "mine");
  EXPECT_FALSE(Doorbell::open(run.path() + "/missing"));
  EXPECT_FALSE(Doorbell::ring(run.path() + "/missing").value());
}

}  // namespace
}  // namespace titan::agent
