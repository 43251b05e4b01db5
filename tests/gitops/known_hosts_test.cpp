#include "gitops/known_hosts.hpp"

#include <gtest/gtest.h>

#include "gitops/base64.hpp"
#include "gitops/hashes.hpp"

namespace titan::gitops {
namespace {

using Verdict = KnownHosts::Verdict;
using Types = std::vector<std::string>;

const std::string kOne = "the first key";
const std::string kTwo = "the second key";

std::string line(const std::string& names, const std::string& key,
                 const std::string& type = "ssh-ed25519") {
  return names + " " + type + " " + base64(key) + "\n";
}

std::string hashed(const std::string& name) {
  const std::string salt = "01234567890123456789";
  return "|1|" + base64(salt) + "|" + base64(hmac_sha1(salt, name));
}

TEST(Hashes, AreThoseOfTheStandards) {
  const auto hex = [](const std::string& bytes) {
    std::string text;
    for (const char c : bytes) {
      constexpr const char* kDigits = "0123456789abcdef";
      text += kDigits[static_cast<unsigned char>(c) >> 4U];
      text += kDigits[static_cast<unsigned char>(c) & 15U];
    }
    return text;
  };
  EXPECT_EQ(hex(sha1("")), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  EXPECT_EQ(hex(sha1("abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(hex(sha1(std::string(1'000'000, 'a'))), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
  // RFC 2202, cases 2 and 6.
  EXPECT_EQ(hex(hmac_sha1("Jefe", "what do ya want for nothing?")),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  EXPECT_EQ(hex(hmac_sha1(std::string(80, '\xaa'),
                          "Test Using Larger Than Block-Size Key - Hash Key First")),
            "aa4ae5e15272d00e95705637ce8a3b55ed402112");
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(KnownHosts, JudgesAKeyByTheLinesAboutItsHost) {
  struct Row {
    std::string what, file, host;
    std::uint16_t port;
    Verdict verdict;
  };
  const Row rows[] = {
      {"nothing", "", "git.example.org", 22, Verdict::unknown},
      {"plain", line("git.example.org", kOne), "git.example.org", 22, Verdict::known},
      {"in capitals", line("Git.Example.org", kOne), "GIT.example.ORG", 22, Verdict::known},
      {"one of several", line("a,git.example.org,10.0.0.1", kOne), "10.0.0.1", 22, Verdict::known},
      {"another host", line("git.example.org", kOne), "example.org", 22, Verdict::unknown},
      {"another key", line("git.example.org", kTwo), "git.example.org", 22, Verdict::changed},
      {"one of two keys", line("h", kTwo) + line("h", kOne), "h", 22, Verdict::known},
      {"another port", line("h", kOne), "h", 2222, Verdict::unknown},
      {"with a port", line("[h]:2222", kOne), "h", 2222, Verdict::known},
      {"the usual port", line("[h]:2222", kOne), "h", 22, Verdict::unknown},
      {"hashed", line(hashed("h"), kOne), "h", 22, Verdict::known},
      {"hashed with a port", line(hashed("[h]:2222"), kOne), "h", 2222, Verdict::known},
      {"hashed, another", line(hashed("i"), kOne), "h", 22, Verdict::unknown},
      {"hashed badly", line("|1|x", kOne) + line("|1|a|b|c", kOne), "h", 22, Verdict::unknown},
      {"a star", line("*.example.org", kOne), "git.example.org", 22, Verdict::known},
      {"two stars", line("g*t.*.org", kOne), "git.git.example.org", 22, Verdict::known},
      {"a star too short", line("*.example.org", kOne), "example.org", 22, Verdict::unknown},
      {"a question mark", line("h?", kOne), "h1", 22, Verdict::known},
      {"no question mark", line("h?", kOne), "h", 22, Verdict::unknown},
      {"denied", line("*.example.org,!git.example.org", kOne), "git.example.org", 22,
       Verdict::unknown},
      {"revoked", line("h", kOne) + "@revoked " + line("*", kOne), "h", 22, Verdict::revoked},
      {"another revoked", line("h", kOne) + "@revoked " + line("*", kTwo), "h", 22, Verdict::known},
      {"an authority", "@cert-authority " + line("*", kOne), "h", 22, Verdict::unknown},
      {"a comment", "# " + line("h", kOne), "h", 22, Verdict::unknown},
      {"what is no line", "h\nh ssh-ed25519\n\n", "h", 22, Verdict::unknown},
      {"carriage returns", "h ssh-ed25519 " + base64(kOne) + "\r\n", "h", 22, Verdict::known},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(KnownHosts::parse(row.file).judge(row.host, row.port, kOne), row.verdict) << row.what;
  }
}

TEST(KnownHosts, NamesTheTypesOfKeysThatAHostHas) {
  const auto hosts =
      KnownHosts::parse(line("h", kOne, "ecdsa-sha2-nistp256") + line("h,i", kTwo) +
                        line("i", kOne, "ssh-rsa") + "@revoked " + line("h", kOne, "ssh-dss"));
  EXPECT_EQ(hosts.key_types("h", 22), (Types{"ecdsa-sha2-nistp256", "ssh-ed25519"}));
  EXPECT_EQ(hosts.key_types("x", 22), Types());
}

}  // namespace
}  // namespace titan::gitops
