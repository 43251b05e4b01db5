#include "model/key.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>

#include "model/limits.hpp"
#include "tests/model/random_model.hpp"

namespace titan::model {
namespace {

using titan::testing::RandomModel;

TEST(Key, IsWrittenInEachWayThatPeopleAndErrorsNeed) {
  const Key prod{.kind = Kind::deployment, .workspace = "iot", .name = "prod"};
  EXPECT_EQ(prod.text(), "default/deployment/iot/prod");
  EXPECT_EQ(prod.short_text(), "iot/prod");
  EXPECT_EQ(prod.subject(), "deployment iot/prod");
  const Key host{.organization = "acme", .kind = Kind::host, .name = "tim-pi"};
  EXPECT_EQ(host.text(), "acme/host/tim-pi");
  EXPECT_EQ(host.short_text(), "tim-pi");
  EXPECT_EQ(host.subject(), "host tim-pi");
}

TEST(Key, IsReadBackFromItsText) {
  constexpr std::uint64_t kSeed = 1;
  RandomModel random(kSeed);
  for (int i = 0; i < 2000; ++i) {
    const Kind kind = random.one_of(kKinds);
    const Key key{.organization = random.name(),
                  .kind = kind,
                  .workspace = in_workspace(kind) ? random.name() : "",
                  .name = random.name()};
    const auto parsed = Key::parse(key.text());
    ASSERT_TRUE(parsed.ok()) << "seed " << kSeed << ": " << parsed.error().text();
    EXPECT_EQ(*parsed, key) << "seed " << kSeed;
  }
}

TEST(Key, IsRefusedWhenItIsNotWhatTextGives) {
  for (const std::string& text : {
           std::string(),
           std::string("/"),
           std::string("///"),
           std::string("default"),
           std::string("default/host"),
           std::string("default/host/"),
           std::string("/host/a"),
           std::string("default//a"),
           std::string("default/hosts/a"),
           std::string("default/Host/a"),
           std::string("default/hots/a"),
           std::string("default/host/default/a"),
           std::string("default/deployment/a"),
           std::string("default/deployment//a"),
           std::string("default/deployment/default/a/b"),
           std::string("default/host/A"),
           std::string("default/host/é"),
           std::string("default/host/.."),
           std::string("default/host/a\0", 15),
           std::string(" default/host/a"),
           "default/host/" + std::string(kNameBytesMax + 1, 'a'),
           "default/host/" + std::string(1'000'000, '/'),
       }) {
    const auto key = Key::parse(text);
    ASSERT_FALSE(key.ok()) << text;
    EXPECT_EQ(key.error().code, ErrorCode::invalid);
    EXPECT_NE(key.error().message.find(" is not a key: expected ORGANIZATION/KIND/NAME"),
              std::string::npos);
    EXPECT_LT(key.error().message.size(), 200U);
  }
}

// The order of text() is another: "a/x" stands after "a-b/x" in it.
TEST(Key, IsOrderedByOrganizationKindWorkspaceAndName) {
  RandomModel random(2);
  std::vector<Key> keys;
  for (int i = 0; i < 300; ++i) {
    const Kind kind = random.one_of(kKinds);
    keys.push_back({.organization = random.one_of(std::vector{"a", "a-b", "a.b"}),
                    .kind = kind,
                    .workspace = in_workspace(kind) ? random.one_of(std::vector{"a", "a-b"}) : "",
                    .name = random.name()});
  }
  const auto parts = [](const Key& key) {
    return std::tuple(key.organization, std::size_t(key.kind), key.workspace, key.name);
  };
  auto by_parts = keys;
  std::sort(by_parts.begin(), by_parts.end(),
            [&](const Key& left, const Key& right) { return parts(left) < parts(right); });
  std::sort(keys.begin(), keys.end());
  EXPECT_EQ(keys, by_parts);

  const Key first{.kind = Kind::workload, .workspace = "a", .name = "x"};
  const Key second{.kind = Kind::workload, .workspace = "a-b", .name = "x"};
  EXPECT_LT(first, second);
  EXPECT_GT(first.text(), second.text());
}

TEST(Key, IsOrderedByTheNumberOfItsKindFirst) {
  for (std::size_t i = 0; i < kKinds.size(); ++i) EXPECT_EQ(std::size_t(kKinds[i]), i);
  const Key workload{.kind = Kind::workload, .workspace = "z", .name = "z"};
  const Key deployment{.kind = Kind::deployment, .workspace = "a", .name = "a"};
  EXPECT_LT(workload, deployment);
}

TEST(CheckName, TakesOneToSixtyThreeOfTheAllowedCharacters) {
  for (const std::string& name : {std::string("a"), std::string("0"), std::string("a.b-c.0"),
                                  std::string("a--b"), std::string(kNameBytesMax, 'a')}) {
    EXPECT_TRUE(check_name("name", name).ok()) << name;
  }
}

TEST(CheckName, RefusesAllElseAndNamesTheField) {
  for (const std::string& name :
       {std::string(), std::string("-a"), std::string("a-"), std::string(".a"), std::string("a."),
        std::string("."), std::string(".."), std::string("A"), std::string("a_b"),
        std::string("a/b"), std::string("a b"), std::string("é"), std::string("a\n"),
        std::string("a\0b", 3), std::string(kNameBytesMax + 1, 'a')}) {
    const auto checked = check_name("spec.workload", name);
    ASSERT_FALSE(checked.ok()) << name;
    EXPECT_EQ(checked.error().field, "spec.workload");
    EXPECT_NE(checked.error().message.find("is not a name: expected 1 to 63 of a-z, 0-9"),
              std::string::npos);
  }
}

}  // namespace
}  // namespace titan::model
