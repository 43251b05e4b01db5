#include "server-lite/template_remotes.hpp"

#include <gtest/gtest.h>

#include "gitops/limits.hpp"
#include "server-lite/limits.hpp"

namespace titan::server_lite {
namespace {

Result<std::vector<gitops::WireTemplateSource::Allowed>> parse(const std::string& text,
                                                               std::string* ca_file = nullptr) {
  return parse_template_remotes(text, [ca_file](const std::string& file) {
    if (ca_file != nullptr) *ca_file += file;
    return [](const std::string&) -> Result<std::unique_ptr<Transport>> {
      return unavailable("by nobody");
    };
  });
}

TEST(TemplateRemotesFile, NamesPlacesAndHowToGetIn) {
  std::string ca_file;
  const auto remotes = parse(
      "remotes:\n"
      "  - prefix: https://git.example.org/team/\n"
      "    tokenFile: /etc/titan/git_token\n"
      "    user: oauth2\n"
      "    caFile: /etc/titan/git_ca.pem\n"
      "  - prefix: ssh://git@git.example.org/srv/git/\n"
      "    keyFile: /etc/titan/git_key\n"
      "    passphraseFile: /etc/titan/git_passphrase\n"
      "    knownHosts: /etc/titan/git_hosts\n"
      "  - {prefix: \"git@git.example.org:team/\", keyFile: /etc/titan/git_key}\n",
      &ca_file);
  ASSERT_TRUE(remotes.ok()) << remotes.error().text();
  ASSERT_EQ(remotes->size(), 3U);
  const auto& web = remotes->at(0);
  EXPECT_EQ(web.prefix.text(), "https://git.example.org/team/");
  EXPECT_EQ(web.access.token_file, "/etc/titan/git_token");
  EXPECT_EQ(web.access.user, "oauth2");
  EXPECT_EQ(ca_file, "/etc/titan/git_ca.pem");
  EXPECT_EQ(web.access.connect("https://git.example.org").error().message, "by nobody");
  EXPECT_FALSE(web.access.allow_plain_http);
  const auto& ssh = remotes->at(1).access;
  EXPECT_EQ(ssh.key_file, "/etc/titan/git_key");
  EXPECT_EQ(ssh.passphrase_file, "/etc/titan/git_passphrase");
  EXPECT_EQ(ssh.known_hosts_file, "/etc/titan/git_hosts");
  EXPECT_EQ(remotes->at(2).access.known_hosts_file, "/etc/titan/known_hosts");
}

TEST(TemplateRemotesFile, IsRefusedWithTheFieldThatIsNoGood) {
  struct Row {
    std::string text, field, says;
  };
  const Row rows[] = {
      {"remotes:\n  - {tokenFile: /x}", "remotes[0].prefix", ""},
      {"remotes:\n  - {prefix: /srv/git/}", "remotes[0].prefix", "on this machine"},
      {"remotes:\n  - {prefix: 'http://git.example.org/'}", "remotes[0].prefix", "https://"},
      {"remotes:\n  - {prefix: 'https://a/x/../'}", "remotes[0].prefix", "\"..\""},
      {"remotes:\n  - {prefix: 'https://a/', token: x}", "remotes[0].token", "unknown field"},
      {"remotes:\n  - {prefix: 'https://a/', tokenFile: x}", "remotes[0].tokenFile", "absolute"},
      {"remotes:\n  - {prefix: 'https://a/', keyFile: /x}", "remotes[0].keyFile", "goes with ssh"},
      {"remotes:\n  - {prefix: 'ssh://a/', keyFile: /x, tokenFile: /x}", "remotes[0].tokenFile",
       "goes with https://"},
      {"remotes:\n  - {prefix: 'ssh://a/', keyFile: /x, user: ada}", "remotes[0].user",
       "in the prefix"},
      {"remotes:\n  - {prefix: 'ssh://a/'}", "remotes[0].keyFile", ""},
      {"remotes:\n  - {prefix: 'https://a/'}\n  - {prefix: 'https://A:443/'}", "remotes[1].prefix",
       "same place as https://a/"},
      {"{}", "remotes", "missing"},
      {"remote: []", "remote", "remotes"},
      {"remotes: []\n---\nremotes: []", "", "2 documents"},
      {std::string(kTemplateRemotesBytesMax + 1, '#'), "", "bytes"},
  };
  for (const Row& row : rows) {
    const auto parsed = parse(row.text);
    ASSERT_FALSE(parsed.ok()) << row.text;
    EXPECT_EQ(parsed.error().field, row.field) << parsed.error().text();
    EXPECT_NE(parsed.error().text().find(row.says), std::string::npos) << parsed.error().text();
  }
  std::string many = "remotes:\n";
  for (std::size_t i = 0; i <= gitops::kSourceRemotesMax; ++i) {
    many += "  - {prefix: 'https://a/" + std::to_string(i) + "/'}\n";
  }
  EXPECT_EQ(parse(many).error().field, "remotes");
}

}  // namespace
}  // namespace titan::server_lite
