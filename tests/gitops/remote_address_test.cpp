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

TEST(RemoteAddress, SaysWhereARemoteIs) {
  using Kind = RemoteAddress::Kind;
  struct Row {
    std::string remote;
    Kind kind;
    std::string path, server, user, host;
    std::uint16_t port;
  };
  const Row rows[] = {
      {"https://example.org/a/b.git", Kind::http, "/a/b.git", "https://example.org", "",
       "example.org", 0},
      {"http://ada@[::1]:8080/a%20b/", Kind::http, "/a%20b", "http://[::1]:8080", "ada", "::1",
       8080},
      {"ssh://example.org/srv/a.git", Kind::ssh, "/srv/a.git", "", "", "example.org", 22},
      {"ssh://git@example.org:2222/srv/a%20b", Kind::ssh, "/srv/a b", "", "git", "example.org",
       2222},
      {"ssh://git@example.org/~ada/a.git", Kind::ssh, "~ada/a.git", "", "git", "example.org", 22},
      {"git@example.org:a/b.git", Kind::ssh, "a/b.git", "", "git", "example.org", 22},
      {"example.org:/srv/a.git", Kind::ssh, "/srv/a.git", "", "", "example.org", 22},
  };
  for (const Row& row : rows) {
    const auto read = RemoteAddress::parse(row.remote);
    ASSERT_TRUE(read.ok()) << read.error().text();
    EXPECT_EQ(read->kind, row.kind) << row.remote;
    EXPECT_EQ(read->path, row.path) << row.remote;
    EXPECT_EQ(read->server, row.server) << row.remote;
    EXPECT_EQ(read->user, row.user) << row.remote;
    EXPECT_EQ(read->host, row.host) << row.remote;
    EXPECT_EQ(read->port, row.port) << row.remote;
    EXPECT_TRUE(is_remote_url(row.remote));
  }
  EXPECT_FALSE(is_remote_url("/srv/a.git"));
  EXPECT_FALSE(is_remote_url("./with:colon"));
}

TEST(RemoteAddress, RefusesWhatIsNoPlaceAndNeverSaysThePassword) {
  for (const std::string remote : {"https://ada:s3cret@example.org/a.git",
                                   "ssh://git:s3cret@example.org/a",
                                   "https://example.org",
                                   "https:///a",
                                   "https://exa mple/a",
                                   "https://example.org:0/a",
                                   "https://example.org:65536/a",
                                   "https://example.org:8x/a",
                                   "https://[::1/a",
                                   "https://example.org/a?token=s3cret",
                                   "https://example.org/a#s3cret",
                                   "ssh://example.org",
                                   "ssh://-oProxyCommand=x/a",
                                   "ssh://@example.org/a",
                                   "-x:a",
                                   "ada@:a",
                                   "example.org:",
                                   "ada:s3cret@example.org:a",
                                   "git://example.org/a",
                                   "https://example.org/a\nb"}) {
    const auto read = RemoteAddress::parse(remote);
    ASSERT_FALSE(read.ok()) << remote;
    EXPECT_EQ(read.error().code, ErrorCode::invalid);
    EXPECT_EQ(read.error().text().find("s3cret"), std::string::npos) << read.error().text();
  }
}

TEST(RemoteAddress, KnowsThisMachine) {
  const auto is_here = [](const std::string& remote) {
    return RemoteAddress::parse(remote).value().is_loopback();
  };
  for (const char* remote :
       {"http://localhost/a", "http://127.0.0.1/a", "http://127.9.9.9:1/a", "http://[::1]/a"}) {
    EXPECT_TRUE(is_here(remote)) << remote;
  }
  for (const char* remote : {"http://127.0.0.1.example.org/a", "http://10.0.0.1/a",
                             "http://localhost.example.org/a", "http://[::2]/a"}) {
    EXPECT_FALSE(is_here(remote)) << remote;
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
      {"ada:s3cret@https://example.org/a", "https://example.org/a"},
      {"/srv/a@b.git?", "/srv/a@b.git?"},
  };
  for (const Row& row : rows) EXPECT_EQ(without_credentials(row.remote), row.shown);
}

}  // namespace
}  // namespace titan::gitops
