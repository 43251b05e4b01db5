#include "client/web_url.hpp"

#include <gtest/gtest.h>

#include "client/limits.hpp"

namespace titan::client {
namespace {

TEST(WebUrl, ComesApartIntoOriginAndTarget) {
  struct Row {
    const char* text;
    const char* origin;
    const char* target;
    bool encrypted;
  };
  const Row kRows[] = {
      {"https://id.example.org", "https://id.example.org", "/", true},
      {"https://id.example.org/a/b?c=d&e", "https://id.example.org", "/a/b?c=d&e", true},
      {"https://id.example.org:8443?c=d", "https://id.example.org:8443", "/?c=d", true},
      {"https://[2001:db8::1]:8443/a", "https://[2001:db8::1]:8443", "/a", true},
      {"http://127.0.0.1:3000/a%20b", "http://127.0.0.1:3000", "/a%20b", false},
      {"http://127.1.2.3/", "http://127.1.2.3", "/", false},
      {"http://[::1]:3000/", "http://[::1]:3000", "/", false},
      {"http://localhost/", "http://localhost", "/", false},
  };
  for (const Row& row : kRows) {
    const auto url = WebUrl::parse(row.text);
    ASSERT_TRUE(url.ok()) << row.text;
    EXPECT_EQ(url->origin, row.origin);
    EXPECT_EQ(url->target, row.target);
    EXPECT_EQ(url->encrypted, row.encrypted);
  }
}

TEST(WebUrl, RefusesWhatASecretMustNotBeSentTo) {
  for (const char* text : {"",
                           "https://",
                           "https:///a",
                           "https:/a",
                           "id.example.org",
                           "HTTPS://id.example.org",
                           "ftp://id.example.org",
                           "javascript:alert(1)",
                           "file:///etc/passwd",
                           "http://id.example.org",
                           "http://127.0.0.1.example.org",
                           "http://127.example.org",
                           "http://127.0.0.256",
                           "http://127.0.0",
                           "http://127.0.0.1@example.org/",
                           "http://localhost.example.org",
                           "http://[::2]",
                           "http://0.0.0.0",
                           "http://10.0.0.1",
                           "https://user@example.org",
                           "https://user:x@example.org",
                           "https://a.org#b",
                           "https://a.org/b#c",
                           "https://a.org:0",
                           "https://a.org:65536",
                           "https://a.org:x",
                           "https://a.org:",
                           "https://a.org:8443x",
                           "https://[::1",
                           "https://[]",
                           "https://a b.org",
                           "https://a.org/a b",
                           "https://a.org/a\nb",
                           "https://a.org/\x1b[2J",
                           "https://a.org\\b",
                           "https://a.org/\"",
                           "https://ä.org"}) {
    const auto url = WebUrl::parse(text);
    ASSERT_FALSE(url.ok()) << text;
    EXPECT_EQ(url.error().code, ErrorCode::invalid) << text;
  }
  EXPECT_FALSE(WebUrl::parse("https://a.org/" + std::string(kUrlBytesMax, 'a')).ok());
}

}  // namespace
}  // namespace titan::client
