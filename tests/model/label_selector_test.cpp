#include "model/label_selector.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.hpp"
#include "model/limits.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan::model {
namespace {

using titan::testing::SeededRandom;

LabelSelector selector(std::string_view text) {
  return LabelSelector::parse(text).value();
}

TEST(LabelSelector, MatchesOnlyWhenEveryClauseHolds) {
  const auto both = selector("site=lab,tier!=db,gpu");
  EXPECT_TRUE(both.matches({{"site", "lab"}, {"gpu", ""}}));
  EXPECT_FALSE(both.matches({{"site", "lab"}, {"gpu", ""}, {"tier", "db"}}));
  EXPECT_FALSE(both.matches({{"site", "lab"}}));
  EXPECT_FALSE(both.matches({{"site", "office"}, {"gpu", ""}}));
}

TEST(LabelSelector, ReadsEachClauseAsKubernetesDoes) {
  struct Case {
    const char* text;
    Labels labels;
    bool matches;
  };
  const Labels eu = {{"region", "eu"}};
  const Case cases[] = {
      {"", {}, true},
      {"", eu, true},
      {"region", eu, true},
      {"region", {}, false},
      {"region", {{"region", ""}}, true},
      {"!region", eu, false},
      {"!region", {}, true},
      {"region=eu", eu, true},
      {"region==eu", eu, true},
      {"region=us", eu, false},
      {"region=eu", {}, false},
      {"region=EU", eu, false},
      {"region=", {{"region", ""}}, true},
      {"region=", {}, false},
      {"region=", eu, false},
      {"region!=", eu, true},
      {"region!=", {{"region", ""}}, false},
      {"region!=eu", eu, false},
      {"region!=us", eu, true},
      {"region!=eu", {}, true},
      {"region in (eu,us)", eu, true},
      {"region in (us)", eu, false},
      {"region in (eu)", {}, false},
      {"region in (,us)", {{"region", ""}}, true},
      {"region in (us,)", {{"region", ""}}, true},
      {"region notin (eu,us)", eu, false},
      {"region notin (us)", eu, true},
      {"region notin (eu)", {}, true},
      {"region=eu,region=us", eu, false},
      {"region,!region", eu, false},
  };
  for (const auto& [text, labels, matches] : cases) {
    EXPECT_EQ(selector(text).matches(labels), matches) << text << " on " << labels_text(labels);
  }
}

TEST(LabelSelector, TakesItsOwnWordsForLabels) {
  EXPECT_TRUE(selector("in").matches({{"in", "x"}}));
  EXPECT_TRUE(selector("!notin").matches({{"in", "x"}}));
  EXPECT_TRUE(selector("in=notin").matches({{"in", "notin"}}));
  EXPECT_TRUE(selector("in in (in,notin)").matches({{"in", "notin"}}));
  EXPECT_FALSE(selector("notin notin (in)").matches({{"notin", "in"}}));
  EXPECT_TRUE(selector("inside").matches({{"inside", ""}}));
  EXPECT_TRUE(selector("a,in").matches({{"a", ""}, {"in", ""}}));
}

TEST(LabelSelector, TakesWhiteSpaceBetweenItsParts) {
  const Labels labels = {{"region", "eu"}, {"tier", "web"}};
  for (const char* text :
       {"region in (eu,us),!gpu,tier!=db", "  region  in  ( eu , us ) , ! gpu , tier != db  ",
        "region in(eu),!gpu", "\tregion\tin\t(\teu\t)\t", "region in (eu),\n!gpu,\r\ntier = web\n",
        "region == eu", "region =eu", "region= eu"}) {
    EXPECT_TRUE(selector(text).matches(labels)) << text;
    EXPECT_FALSE(selector(text).matches({{"region", "asia"}, {"tier", "web"}})) << text;
  }
  EXPECT_TRUE(selector(" \t\r\n ").matches(Labels{}));
}

TEST(LabelSelector, KeepsItsTextAsItWasWritten) {
  EXPECT_EQ(selector("  a , b  ").text(), "a , b");
  EXPECT_EQ(selector(" ").text(), "");
  EXPECT_EQ(selector("a"), selector(" a"));
  EXPECT_FALSE(selector("a") == selector("b"));
}

TEST(LabelSelector, RefusesWithTheClauseAndTheColumn) {
  struct Case {
    const char *text, *clause;
    int column;
    const char* why;
  };
  const Case cases[] = {
      {",", "", 1, "expected a label key"},
      {"a,", "", 3, "expected a label key"},
      {"a,,b", "", 3, "expected a label key"},
      {"=b", "=b", 1, "expected a label key"},
      {"a, !", "!", 5, "expected a label key"},
      {"!!a", "!!a", 2, "expected a label key"},
      {"(a)", "(a)", 1, "expected a label key"},
      {"site=lab, _a=b", "_a=b", 11, "\"_a\" is not a label key"},
      {"a>1", "a>1", 1, "\"a>1\" is not a label key"},
      {"é=1", "é=1", 1, "\"é\" is not a label key"},
      {"a=b/c", "a=b/c", 3, "\"b/c\" is not a label value"},
      {"a in (b, c_)", "a in (b, c_)", 10, "\"c_\" is not a label value"},
      {"a b", "a b", 3, "expected a comma or the end"},
      {"a=b c", "a=b c", 5, "expected a comma or the end"},
      {"a=b=c", "a=b=c", 4, "expected a comma or the end"},
      {"a===b", "a===b", 4, "expected a comma or the end"},
      {"!a=b", "!a=b", 3, "expected a comma or the end"},
      {"a!b", "a!b", 2, "expected a comma or the end"},
      {"a IN (b)", "a IN (b)", 3, "expected a comma or the end"},
      {"a inside (b)", "a inside (b)", 3, "expected a comma or the end"},
      {"a notins (b)", "a notins (b)", 3, "expected a comma or the end"},
      {"a in (b) c", "a in (b) c", 10, "expected a comma or the end"},
      {"a in", "a in", 5, "expected \"(\" and the values"},
      {"a in b", "a in b", 6, "expected \"(\" and the values"},
      {"a in ()", "a in ()", 7, "expected at least one value"},
      {"a notin ( )", "a notin ( )", 11, "expected at least one value"},
      {"x,a in (b", "a in (b", 10, "expected a comma or \")\""},
      {"a in (b c)", "a in (b c)", 9, "expected a comma or \")\""},
      {"a in (b))", "a in (b))", 9, "expected a comma or the end"},
  };
  for (const auto& [text, clause, column, why] : cases) {
    const auto parsed = LabelSelector::parse(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::invalid);
    EXPECT_EQ(parsed.error().message, "selector clause \"" + std::string(clause) + "\", column " +
                                          std::to_string(column) + ": " + why);
  }
}

TEST(LabelSelector, RefusesANulCharacter) {
  EXPECT_FALSE(LabelSelector::parse(std::string("a\0", 2)).ok());
  EXPECT_FALSE(LabelSelector::parse(std::string("a=b\0,c", 6)).ok());
}

TEST(LabelSelector, HasALongestText) {
  std::string longest = "a=1";
  while (longest.size() + 4 <= kSelectorBytesMax) longest += ",a=1";
  longest.resize(kSelectorBytesMax, ' ');
  EXPECT_TRUE(selector(longest).matches({{"a", "1"}}));
  const auto longer = LabelSelector::parse(longest + " ");
  ASSERT_FALSE(longer.ok());
  EXPECT_EQ(longer.error().message, "the selector is 4097 bytes long, the limit is 4096");
}

// A clause with what it means, told without the parser.
struct Clause {
  std::string text;
  std::function<bool(const Labels&)> holds;
};

const std::vector<std::string> kKeys = {"a", "b", "in", "notin", "x.y/z"};
const std::vector<std::string> kValues = {"", "1", "2", "in"};

class RandomSelectors {
 public:
  explicit RandomSelectors(std::uint64_t seed) : random_(seed) {}

  Labels labels() {
    Labels labels;
    for (const auto& key : kKeys) {
      if (random_.below(2) == 0) labels[key] = value();
    }
    return labels;
  }

  Clause clause() {
    const std::string& key = kKeys[random_.below(kKeys.size())];
    const auto has = [key](const Labels& labels) { return labels.contains(key); };
    switch (random_.below(6)) {
      case 0:
        return {key, has};
      case 1:
        return {"!" + space() + key, [=](const Labels& labels) { return !has(labels); }};
      case 2:
      case 3: {
        const bool equal = random_.below(2) == 0;
        const std::string wanted = value();
        const std::string sign = equal ? (random_.below(2) == 0 ? "=" : "==") : "!=";
        return {key + space() + sign + space() + wanted, [=](const Labels& labels) {
                  return (has(labels) && labels.at(key) == wanted) == equal;
                }};
      }
      default: {
        const bool in = random_.below(2) == 0;
        std::vector<std::string> wanted(1 + random_.below(3));
        for (auto& one : wanted) one = value();
        // "()" would be no value at all, not the empty one.
        if (wanted.size() == 1 && wanted[0].empty()) wanted[0] = "1";
        const std::string list = space() + join(wanted, space() + "," + space()) + space();
        return {key + " " + space() + (in ? "in" : "notin") + space() + "(" + list + ")",
                [=](const Labels& labels) {
                  const bool listed = has(labels) && std::find(wanted.begin(), wanted.end(),
                                                               labels.at(key)) != wanted.end();
                  return listed == in;
                }};
      }
    }
  }

  std::string space() { return std::string(random_.below(3) == 0 ? 1 : 0, ' '); }
  std::size_t below(std::size_t end) { return random_.below(end); }

 private:
  std::string value() { return kValues[random_.below(kValues.size())]; }

  SeededRandom random_;
};

bool satisfies(const Labels& labels, const std::vector<LabelAlternatives>& required) {
  return std::all_of(required.begin(), required.end(), [&](const LabelAlternatives& one) {
    const auto label = labels.find(one.key);
    return label != labels.end() &&
           std::find(one.values.begin(), one.values.end(), label->second) != one.values.end();
  });
}

TEST(LabelSelector, RequiresTheValuesThatItsClausesName) {
  const std::vector<LabelAlternatives> expected = {
      {"region", {"eu", "us"}}, {"site", {"lab"}}, {"site", {"office"}}, {"rack", {""}}};
  EXPECT_EQ(selector("region in (eu,us),site=lab,gpu,!old,tier!=db,a notin (b),site==office,rack=")
                .required(),
            expected);
  EXPECT_TRUE(selector("").required().empty());
}

TEST(LabelSelector, MeansWhatItsClausesMeanOneByOne) {
  constexpr std::uint64_t kSeed = 4;
  RandomSelectors random(kSeed);
  int matched = 0;
  constexpr int kCases = 5000;
  for (int i = 0; i < kCases; ++i) {
    std::vector<Clause> clauses(random.below(4));
    std::vector<std::string> texts;
    for (Clause& clause : clauses) {
      clause = random.clause();
      texts.push_back(random.space() + clause.text + random.space());
    }
    const std::string text = join(texts, ",");
    const auto parsed = LabelSelector::parse(text);
    ASSERT_TRUE(parsed.ok()) << "seed " << kSeed << ", " << text << ": " << parsed.error().text();
    const Labels labels = random.labels();
    const bool expected = std::all_of(clauses.begin(), clauses.end(),
                                      [&](const Clause& clause) { return clause.holds(labels); });
    ASSERT_EQ(parsed->matches(labels), expected)
        << "seed " << kSeed << ", " << text << " on " << labels_text(labels);
    EXPECT_EQ(selector(parsed->text()).matches(labels), expected);
    if (expected) {
      EXPECT_TRUE(satisfies(labels, parsed->required())) << "seed " << kSeed << ", " << text;
    }
    matched += expected ? 1 : 0;
  }
  // The cases are worth something: neither nearly all nor nearly none match.
  EXPECT_GT(matched, kCases / 5);
  EXPECT_LT(matched, kCases * 4 / 5);
}

}  // namespace
}  // namespace titan::model
