#include "model/labels.hpp"

#include <gtest/gtest.h>

#include "model/limits.hpp"
#include "tests/model/random_model.hpp"

namespace titan::model {
namespace {

using titan::testing::RandomModel;

TEST(Labels, AreReadBackFromTheirText) {
  RandomModel random(3);
  for (int i = 0; i < 500; ++i) {
    const Labels labels = random.labels();
    EXPECT_EQ(parse_labels(labels_text(labels)).value(), labels);
  }
}

TEST(Labels, MayBeTypedWithWhiteSpace) {
  EXPECT_EQ(parse_labels(" name = tim-pi , gpu= ").value(),
            (Labels{{"name", "tim-pi"}, {"gpu", ""}}));
  EXPECT_EQ(parse_labels(" \t").value(), Labels());
  EXPECT_EQ(parse_labels("query=a=b").value(), (Labels{{"query", "a=b"}}));
}

TEST(Labels, AreRefusedWithTheWrongPartQuoted) {
  const std::pair<const char*, const char*> cases[] = {
      {"gpu", "the label \"gpu\" is not of the form key=value"},
      {"a=1,", "the label \"\" is not of the form key=value"},
      {",a=1", "the label \"\" is not of the form key=value"},
      {"a=1, =2", "the label \" =2\" is not of the form key=value"},
      {"=", "the label \"=\" is not of the form key=value"},
      {"a=1,b=2, a =1", "the label \"a\" is given twice"},
  };
  for (const auto& [text, message] : cases) {
    const auto labels = parse_labels(text);
    ASSERT_FALSE(labels.ok()) << text;
    EXPECT_EQ(labels.error().code, ErrorCode::invalid);
    EXPECT_EQ(labels.error().message, message);
  }
}

TEST(Labels, HaveKeysAndValuesOfTheirForm) {
  const std::string longest(kLabelKeyBytesMax, 'k');
  for (const std::string& both :
       {std::string("a"), std::string("Z"), std::string("0"), std::string("a-b_c.d"), longest}) {
    EXPECT_TRUE(is_label_key(both)) << both;
    EXPECT_TRUE(is_label_value(both)) << both;
  }
  for (const std::string& neither :
       {std::string("-a"), std::string("a-"), std::string("_"), std::string("a b"),
        std::string("a,b"), std::string("a=b"), std::string("ä"), std::string("a\0b", 3),
        std::string("a\n"), longest + "k"}) {
    EXPECT_FALSE(is_label_key(neither)) << neither;
    EXPECT_FALSE(is_label_value(neither)) << neither;
  }
  EXPECT_FALSE(is_label_key(""));
  EXPECT_TRUE(is_label_value(""));
  EXPECT_TRUE(is_label_key("example.com/gpu"));
  EXPECT_FALSE(is_label_value("example.com/gpu"));
}

Labels many(std::size_t count) {
  Labels labels;
  for (std::size_t i = 0; i < count; ++i) labels["k" + std::to_string(i)] = "v";
  return labels;
}

TEST(CheckLabels, NamesTheFieldAndWhatWasExpected) {
  EXPECT_TRUE(check_labels("spec.labels", many(kLabelsMax)).ok());
  struct Case {
    Labels labels;
    std::string field, message;
  };
  const Case cases[] = {
      {many(kLabelsMax + 1), "spec.labels", "has 65 entries, the limit is 64"},
      {{{"a b", "c"}}, "spec.labels", "\"a b\" is not a label key: expected 1 to 63 of"},
      {{{"", "c"}}, "spec.labels", "\"\" is not a label key"},
      {{{"site", "a/b"}}, "spec.labels.site", "\"a/b\" is not a label value: expected at most 63"},
  };
  for (const auto& [labels, field, message] : cases) {
    const auto checked = check_labels("spec.labels", labels);
    ASSERT_FALSE(checked.ok()) << message;
    EXPECT_EQ(checked.error().field, field);
    EXPECT_EQ(checked.error().message.substr(0, message.size()), message);
  }
}

TEST(CheckTags, TakesAnyTextUpToTheLimitAsAValue) {
  EXPECT_TRUE(check_tags("tags", {{"note", "any, text = fine\n日本"}}).ok());
  EXPECT_TRUE(check_tags("tags", {{"note", std::string(kTagValueBytesMax, 'x')}}).ok());
  EXPECT_TRUE(check_tags("tags", many(kLabelsMax)).ok());
}

TEST(CheckTags, NamesTheFieldAndWhatWasExpected) {
  struct Case {
    Tags tags;
    std::string field, message;
  };
  const Case cases[] = {
      {many(kLabelsMax + 1), "tags", "has 65 entries, the limit is 64"},
      {{{"ä", ""}}, "tags", "\"ä\" is not a label key"},
      {{{"note", std::string(kTagValueBytesMax + 1, 'x')}},
       "tags.note",
       "is 1025 bytes long, the limit is 1024"},
      {{{"note", std::string("a\0", 2)}}, "tags.note", "holds a NUL character"},
  };
  for (const auto& [tags, field, message] : cases) {
    const auto checked = check_tags("tags", tags);
    ASSERT_FALSE(checked.ok()) << message;
    EXPECT_EQ(checked.error().field, field);
    EXPECT_EQ(checked.error().message.substr(0, message.size()), message);
  }
}

}  // namespace
}  // namespace titan::model
