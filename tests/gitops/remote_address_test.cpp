#include "gitops/remote_address.hpp"

#include <gtest/gtest.h>

namespace titan::gitops {
namespace {

TEST(RemoteAddress, GivesThePathOfAFileRemote) {
  struct Row {
    std::string remote, path;
  };
  const Row rows[] = {
      {"/srv/fleet.git", "/srv/fleet.git"},
      {"fleet.git", "fleet.git"},
      {"./with:colon", "./with:colon"},
      {"file:///srv/fleet.git", "/srv/fleet.git"},
      {"file://localhost/srv/fleet.git", "/srv/fleet.git"},
      {"file:///srv/my%20fleet.git", "/srv/my fleet.git"},
  };
  for (const Row& row : rows) EXPECT_EQ(path_of_remote(row.remote).value(), row.path);
}

TEST(RemoteAddress, RefusesOtherRemotesAndKeepsTheirCredentialsToItself) {
  for (const std::string remote :
       {"", "https://ada:s3cret@example.org/fleet.git", "ssh://s3cret@example.org/fleet.git",
        "ada:s3cret@example.org:fleet.git", "file://other/srv/fleet.git", "file://", "ftp://x/y",
        "file:///a%00b"}) {
    const auto path = path_of_remote(remote);
    ASSERT_FALSE(path.ok()) << remote;
    EXPECT_EQ(path.error().code, ErrorCode::invalid);
    EXPECT_EQ(path.error().message.find("s3cret"), std::string::npos) << path.error().message;
  }
}

TEST(RemoteAddress, IsShownWithoutCredentials) {
  struct Row {
    std::string remote, shown;
  };
  const Row rows[] = {
      {"https://example.org/a.git", "https://example.org/a.git"},
      {"https://ada@example.org/a.git", "https://example.org/a.git"},
      {"https://ada:s3cret@example.org:8443/a.git", "https://example.org:8443/a.git"},
      {"https://ada:p@ss@example.org/a.git", "https://example.org/a.git"},
      {"https://example.org/a.git?token=s3cret", "https://example.org/a.git"},
      {"https://example.org/a.git#s3cret", "https://example.org/a.git"},
      {"https://example.org/~ada@home/a.git", "https://example.org/~ada@home/a.git"},
      {"ada:s3cret@example.org:a.git", "example.org:a.git"},
      {"/srv/a@b.git?", "/srv/a@b.git?"},
  };
  for (const Row& row : rows) EXPECT_EQ(without_credentials(row.remote), row.shown);
}

}  // namespace
}  // namespace titan::gitops
