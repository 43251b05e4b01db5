#include "model/path_pattern.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "model/limits.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan::model {
namespace {

using titan::testing::SeededRandom;

bool matches(const std::string& pattern, const std::string& path, bool is_folder = false) {
  const auto parsed = PathPattern::parse(pattern);
  EXPECT_TRUE(parsed.ok()) << pattern;
  return parsed && parsed->matches(path, is_folder);
}

TEST(PathPattern, MatchesANameInAnyFolderAndAPathFromTheTop) {
  EXPECT_TRUE(matches("*.md", "README.md"));
  EXPECT_TRUE(matches("*.md", "docs/more/README.md"));
  EXPECT_FALSE(matches("*.md", "README.md.txt"));
  EXPECT_TRUE(matches("/README", "README"));
  EXPECT_FALSE(matches("/README", "docs/README"));
  EXPECT_TRUE(matches("root/etc/*.conf", "root/etc/a.conf"));
  EXPECT_FALSE(matches("root/etc/*.conf", "root/etc/b/a.conf"));
  EXPECT_FALSE(matches("etc/*.conf", "root/etc/a.conf"));
  EXPECT_TRUE(matches("root/etc/{{deployment.name}}.conf", "root/etc/{{deployment.name}}.conf"));
  EXPECT_TRUE(matches("?.conf", "a.conf"));
  EXPECT_FALSE(matches("?.conf", ".conf"));
}

TEST(PathPattern, TakesTwoStarsForAnyFolders) {
  EXPECT_TRUE(matches("root/**/x", "root/x"));
  EXPECT_TRUE(matches("root/**/x", "root/a/b/x"));
  EXPECT_FALSE(matches("root/**/x", "root/a/b/xy"));
  EXPECT_TRUE(matches("**/x", "x"));
  EXPECT_TRUE(matches("a/**", "a/b/c"));
}

TEST(PathPattern, KeepsToFoldersWithASlashAtItsEnd) {
  EXPECT_TRUE(matches("build/", "a/build", true));
  EXPECT_FALSE(matches("build/", "a/build", false));
  EXPECT_TRUE(PathPattern::parse("build/")->covers("a/build/b/c"));
  EXPECT_FALSE(PathPattern::parse("build/")->covers("a/build"));
  EXPECT_TRUE(PathPattern::parse("root/etc/")->covers("root/etc/x/y"));
  EXPECT_FALSE(PathPattern::parse("root/etc/")->covers("b/root/etc/x/y"));
  EXPECT_TRUE(PathPattern::parse("root/etc/x")->covers("root/etc/x"));
}

TEST(PathPattern, RefusesWhatItDoesNotKnow) {
  for (const char* text : {"", "/", "!a", "a[b]", "a\\b", "a//b", "../a", "a/./b"}) {
    EXPECT_EQ(PathPattern::parse(text).error().code, ErrorCode::invalid) << text;
  }
  EXPECT_EQ(PathPattern::parse(std::string(kPathPatternBytesMax + 1, 'a')).error().code,
            ErrorCode::exhausted);
}

// By its definition.
bool plainly(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern[0] == '*') {
    for (std::size_t i = 0; i <= name.size(); ++i) {
      if (plainly(pattern.substr(1), name.substr(i))) return true;
    }
    return false;
  }
  return !name.empty() && (pattern[0] == '?' || pattern[0] == name[0]) &&
         plainly(pattern.substr(1), name.substr(1));
}

TEST(PathPattern, MatchesAsItsDefinitionSays) {
  SeededRandom random(5);
  const auto word = [&](std::string_view letters, std::size_t length) {
    std::string text;
    for (std::size_t i = 1 + random.below(length); i > 0; --i) {
      text += letters[random.below(letters.size())];
    }
    return text;
  };
  int matched = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string pattern = word("ab*?", 5);
    const std::string name = word("ab", 5);
    if (pattern == "**") continue;
    const bool expected = plainly(pattern, name);
    ASSERT_EQ(matches("/" + pattern, name), expected) << pattern << " of " << name;
    matched += expected ? 1 : 0;
  }
  EXPECT_GT(matched, 1000);
}

TEST(PathPattern, IsQuickWhateverItIs) {
  std::string pattern = "a";
  std::string path = "b";
  for (int i = 0; i < 200; ++i) pattern += "/**";
  for (int i = 0; i < 1000; ++i) path += "/b";
  const std::string stars(500, '*');
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(matches(pattern + "/c", path));
  EXPECT_FALSE(matches("/" + stars + "x", std::string(5000, 'a')));
  std::string ab;
  for (int i = 0; i < 250; ++i) ab += "*a";
  EXPECT_FALSE(matches("/" + ab + "b", std::string(2000, 'a')));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

}  // namespace
}  // namespace titan::model
