#include "model/regex.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <regex>
#include <string>

#include "model/limits.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan::model {
namespace {

using titan::testing::SeededRandom;

bool found(const Regex& regex, const std::string& text) {
  std::size_t steps = 1'000'000;
  const bool is_in = regex.is_in(text, steps);
  EXPECT_GT(steps, 0U) << text;
  return is_in;
}

bool found(const std::string& regex, const std::string& text) {
  const auto compiled = Regex::compile(regex);
  EXPECT_TRUE(compiled.ok()) << regex << ": " << compiled.error().text();
  return compiled && found(*compiled, text);
}

TEST(Regex, FindsWhatItSaysAnywhereInTheText) {
  EXPECT_TRUE(found("b", "abc"));
  EXPECT_FALSE(found("^b", "abc"));
  EXPECT_TRUE(found("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", "tim-pi"));
  EXPECT_FALSE(found("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", "tim-"));
  EXPECT_TRUE(found(R"(^\d{1,3}(\.\d{1,3}){3}$)", "192.168.0.1"));
  EXPECT_FALSE(found(R"(^\d{1,3}(\.\d{1,3}){3}$)", "192.168.0"));
  EXPECT_TRUE(found("^(?:http|mqtt)s?://", "mqtts://broker"));
  EXPECT_TRUE(found("", ""));
  EXPECT_TRUE(found("^$", ""));
  EXPECT_FALSE(found("^$", "a"));
  EXPECT_TRUE(found("a|", "b"));
  EXPECT_TRUE(found("^a??$", "a"));
}

TEST(Regex, KnowsTheClassesAndEscapesOfItsSyntax) {
  EXPECT_TRUE(found(R"(^\w+\s\S\W\D$)", "ab_9 x-y"));
  EXPECT_TRUE(found(R"(^[^\d\s]+$)", "abc"));
  EXPECT_FALSE(found(R"(^[^\d\s]+$)", "a c"));
  EXPECT_TRUE(found(R"(^\x41\u0042\u{43}\.\/\-$)", "ABC./-"));
  EXPECT_TRUE(found(R"(^[\]\-a]+$)", "]-a"));
  EXPECT_TRUE(found("^[a-]$", "-"));
  EXPECT_FALSE(found("^.$", "\n"));
}

TEST(Regex, CountsCharactersAndNotBytes) {
  EXPECT_TRUE(found("^.$", "é"));
  EXPECT_TRUE(found("^.{2}$", "é€"));
  EXPECT_TRUE(found("^[é€]+$", "€é"));
  EXPECT_TRUE(found("^[^a]$", "😀"));
  EXPECT_FALSE(found("^[a-z]+$", "é"));
}

TEST(Regex, RefusesWhatIsNoneOrWouldHaveToGoBack) {
  const auto refused = [](const std::string& text, const std::string& message) {
    const auto regex = Regex::compile(text);
    ASSERT_FALSE(regex.ok()) << text;
    EXPECT_NE(regex.error().message.find(message), std::string::npos) << regex.error().message;
  };
  refused("(a", "expected ')'");
  refused("a)", "a ')' without its '('");
  refused("*a", "column 1: \"*\" has nothing before it");
  refused("a**", "column 3");
  refused("[a", "expected ']'");
  refused("[b-a]", "the lower one first");
  refused("a{2,1}", "expected {3}, {3,} or {3,5}");
  refused("a{1001}", "numbers up to 1000");
  refused("a{x}", "expected {3}");
  refused("(?=a)", "nothing looks ahead or behind");
  refused("(?<!a)b", "nothing looks ahead or behind");
  refused(R"((a)\1)", R"("\1" is not known here)");
  refused(R"(\bword)", R"("\b" is not known here)");
  refused(R"(\p{L})", R"("\p" is not known here)");
  refused("a\\", "nothing behind it");
  refused(R"(\u12)", "expected 4 hex digits");
  refused(R"(\u{110000})", "expected the code of a character");
  refused("^*", "cannot be repeated");
}

TEST(Regex, HasLimitsOnLengthGroupsAndRepetitions) {
  EXPECT_EQ(Regex::compile(std::string(kRegexBytesMax + 1, 'a')).error().code,
            ErrorCode::exhausted);
  EXPECT_TRUE(Regex::compile(std::string(kRegexBytesMax, 'a')).ok());
  const std::string deep =
      std::string(kRegexGroupsMax + 1, '(') + "a" + std::string(kRegexGroupsMax + 1, ')');
  EXPECT_EQ(Regex::compile(deep).error().code, ErrorCode::exhausted);
  EXPECT_EQ(Regex::compile("((a{100}){100}){100}").error().code, ErrorCode::exhausted);
  EXPECT_TRUE(Regex::compile("((((){1000}){1000}){1000}){1000}").ok());
}

// Each of these takes a matcher that goes back longer than the world is old.
TEST(Regex, TakesTimeByTheLengthOfTheTextAlone) {
  const std::string text = std::string(20'000, 'a') + "b";
  for (const char* regex : {"^(a+)+$", "^(a|a)*$", "^(a*)*$", "(a*)*c", "^(a|aa)+$",
                            "^(.*)(.*)(.*)(.*)(.*)c$", "a{0,300}a{300}c"}) {
    const auto compiled = Regex::compile(regex);
    ASSERT_TRUE(compiled.ok()) << regex;
    std::size_t steps = 50'000'000;
    const auto start = std::chrono::steady_clock::now();
    EXPECT_FALSE(compiled->is_in(text, steps)) << regex;
    EXPECT_GT(steps, 0U) << regex;
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20)) << regex;
  }
}

TEST(Regex, StopsWhenItHasDoneTheWorkThatItMay) {
  const auto regex = Regex::compile("(a|b)*c");
  std::size_t steps = 100;
  EXPECT_FALSE(regex->is_in(std::string(10'000, 'a') + "c", steps));
  EXPECT_EQ(steps, 0U);
}

// Random expressions over two letters, which the standard library's can be asked about.
class Expressions {
 public:
  explicit Expressions(std::uint64_t seed) : random_(seed) {}

  std::string text(std::size_t length_max) {
    std::string text;
    for (std::size_t i = random_.below(length_max + 1); i > 0; --i) text += letter();
    return text;
  }
  std::string regex(int levels) {
    switch (random_.below(levels > 0 ? 8 : 3)) {
      case 0:
        return std::string(1, letter());
      case 1:
        return random_.below(2) == 0 ? "[ab]" : "[^a]";
      case 2:
        return random_.below(3) == 0 ? (random_.below(2) == 0 ? "^" : "$") : ".";
      case 3:
        return "(" + regex(levels - 1) + "|" + regex(levels - 1) + ")";
      case 4:
        return "(?:" + regex(levels - 1) + ")" + repetition();
      default:
        return regex(levels - 1) + regex(levels - 1);
    }
  }

 private:
  char letter() { return random_.below(2) == 0 ? 'a' : 'b'; }
  std::string repetition() {
    constexpr const char* kAll[] = {"*", "+", "?", "{2}", "{1,2}", "{1,}", "{0,3}"};
    return kAll[random_.below(std::size(kAll))];
  }
  SeededRandom random_;
};

TEST(Regex, FindsWhatTheStandardLibraryFinds) {
  Expressions expressions(11);
  int found_some = 0;
  constexpr int kExpressions = 1500;
  for (int i = 0; i < kExpressions; ++i) {
    const std::string text = expressions.regex(3);
    const auto regex = Regex::compile(text);
    ASSERT_TRUE(regex.ok()) << text;
    const std::regex other(text, std::regex::ECMAScript);
    for (int j = 0; j < 5; ++j) {
      const std::string in = expressions.text(6);
      const bool expected = std::regex_search(in, other);
      ASSERT_EQ(found(*regex, in), expected) << text << " in \"" << in << '"';
      found_some += expected ? 1 : 0;
    }
  }
  EXPECT_GT(found_some, kExpressions);
}

}  // namespace
}  // namespace titan::model
