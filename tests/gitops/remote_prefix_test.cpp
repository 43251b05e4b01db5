#include "gitops/remote_prefix.hpp"

#include <gtest/gtest.h>

namespace titan::gitops {
namespace {

// Whether an address is below a prefix. An address that is none is below nothing.
bool holds(const std::string& prefix, const std::string& remote) {
  const auto address = RemoteAddress::parse(remote);
  return address && RemotePrefix::parse(prefix).value().holds(*address);
}

TEST(RemotePrefix, HoldsWhatIsBelowItNameByName) {
  struct Row {
    std::string prefix, remote;
  };
  const Row rows[] = {
      {"https://git.example.org/team/", "https://git.example.org/team/x.git"},
      {"https://git.example.org/team/", "https://git.example.org/team/deep/x.git/"},
      {"https://git.example.org/team", "https://git.example.org/team/x.git"},
      {"https://git.example.org/team/x.git", "https://git.example.org/team/x.git"},
      {"https://git.example.org/", "https://git.example.org/x.git"},
      {"https://git.example.org/team/", "https://GIT.Example.org:443/team/x.git"},
      {"https://git.example.org:443/team/", "https://git.example.org/team/x.git"},
      {"https://git.example.org/a%20team/", "https://git.example.org/a%20team/x.git"},
      {"https://git.example.org/team/", "https://git.example.org/%74eam/x.git"},
      {"https://[::1]:8443/", "https://[::1]:8443/x.git"},
      {"http://127.0.0.1:3000/team/", "http://127.0.0.1:3000/team/x.git"},
      {"ssh://git@git.example.org/srv/", "ssh://git@git.example.org/srv/x.git"},
      {"ssh://git@git.example.org/srv/", "ssh://git.example.org:22/srv/x.git"},
      {"ssh://git.example.org/srv/", "git@git.example.org:/srv/x.git"},
      {"ssh://git@git.example.org:2222/", "ssh://git@git.example.org:2222/x.git"},
      {"git@git.example.org:team/", "git@git.example.org:team/x.git"},
      {"git@git.example.org:", "git.example.org:team/x.git"},
  };
  for (const Row& row : rows) {
    EXPECT_TRUE(holds(row.prefix, row.remote)) << row.prefix << " " << row.remote;
  }
}

TEST(RemotePrefix, HoldsNothingElse) {
  const std::string web = "https://git.example.org/team/";
  for (const std::string& remote : std::vector<std::string>{
           "https://git.example.org/teams/x.git",
           "https://git.example.org/x.git",
           "https://git.example.org/Team/x.git",
           "https://git.example.org/",
           // Another way, machine or user.
           "http://git.example.org/team/x.git",
           "ssh://git.example.org/team/x.git",
           "git.example.org:team/x.git",
           "https://git.example.org:8443/team/x.git",
           "https://git.example.org./team/x.git",
           "https://git.example.org.evil.example/team/x.git",
           "https://evil.example/git.example.org/team/x.git",
           "https://git.example.org@evil.example/team/x.git",
           "https://evil.example#@git.example.org/team/x.git",
           "https://evil.example\\@git.example.org/team/x.git",
           "https://ada@git.example.org/team/x.git",
           "https://git.example.org:443@evil.example/team/x.git",
           // A path that leads out, or that somebody may read so.
           "https://git.example.org/team/../other/x.git",
           "https://git.example.org/team/..",
           "https://git.example.org/team/%2e%2e/other/x.git",
           "https://git.example.org/team/.%2E/other/x.git",
           "https://git.example.org/team/%252e%252e/other/x.git",
           "https://git.example.org/team/..%2fother/x.git",
           "https://git.example.org/team/..%5cother/x.git",
           "https://git.example.org/team/..\\other/x.git",
           "https://git.example.org/team/..;/other/x.git",
           "https://git.example.org/team/./x.git",
           "https://git.example.org/team//x.git",
           "https://git.example.org//team/x.git",
           "https://git.example.org/team/%00/x.git",
           "https://git.example.org/team/x.git?a=b",
       }) {
    EXPECT_FALSE(holds(web, remote)) << remote;
  }
  const std::string shell = "ssh://git@git.example.org/srv/git/";
  for (const std::string& remote : std::vector<std::string>{
           "ssh://root@git.example.org/srv/git/x.git",
           "ssh://git@git.example.org:2222/srv/git/x.git",
           "ssh://git@git.example.org/srv/git/../x.git",
           "ssh://git@git.example.org/srv/git/%2e%2e/x.git",
           "git@git.example.org:srv/git/x.git",
           "git@git.example.org:../srv/git/x.git",
           "git@git.example.org:/srv/git/../../etc",
           "https://git.example.org/srv/git/x.git",
           "/srv/git/x.git",
           "file:///srv/git/x.git",
       }) {
    EXPECT_FALSE(holds(shell, remote)) << remote;
  }
  const std::string home = "git@git.example.org:";
  for (const std::string& remote : std::vector<std::string>{
           "git@git.example.org:~ada/x.git", "git@git.example.org:~/x.git",
           "ssh://git@git.example.org/~ada/x.git", "git@git.example.org:/srv/x.git",
           "git@git.example.org:--strict", "git@git.example.org:../x.git"}) {
    EXPECT_FALSE(holds(home, remote)) << remote;
  }
}

TEST(RemotePrefix, IsRefusedWhenItIsOfNoUse) {
  struct Row {
    std::string prefix, says;
  };
  const Row rows[] = {
      {"/srv/git/", "is on this machine"},
      {"file:///srv/git/", "is on this machine"},
      {"", "is not supported"},
      {"http://git.example.org/team/", "expected https://"},
      {"https://git.example.org/team/../", "\"..\" in its path"},
      {"https://git.example.org/%2e%2e/", "\"..\" in its path"},
      {"https://git.example.org//", "\"\" in its path"},
      {"https://git.example.org./", "ends in a dot"},
      {"git@git.example.org:~ada/", "begins with \"~\""},
      {"https://", "names no path"},
      {"https://:80/", "names no host"},
      {"ftp://git.example.org/", "is not supported"},
      {"https://ada:s3cret@git.example.org/", "holds a password"},
  };
  for (const Row& row : rows) {
    const auto parsed = RemotePrefix::parse(row.prefix);
    ASSERT_FALSE(parsed.ok()) << row.prefix;
    EXPECT_EQ(parsed.error().code, ErrorCode::invalid);
    EXPECT_NE(parsed.error().message.find(row.says), std::string::npos) << parsed.error().message;
    EXPECT_EQ(parsed.error().message.find("s3cret"), std::string::npos) << parsed.error().message;
  }
}

TEST(RemotePrefix, KnowsTheSamePlaceInOtherWords) {
  const auto prefix = RemotePrefix::parse("https://git.example.org/team/").value();
  EXPECT_TRUE(prefix.is_same_as(RemotePrefix::parse("https://GIT.example.org:443/team").value()));
  EXPECT_FALSE(prefix.is_same_as(RemotePrefix::parse("https://git.example.org/").value()));
  EXPECT_EQ(prefix.depth(), 1U);
  EXPECT_EQ(prefix.text(), "https://git.example.org/team/");
}

}  // namespace
}  // namespace titan::gitops
