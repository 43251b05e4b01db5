// A FlatMap is a std::map, but for its cost: random histories of both must agree.
#include "base/flat_map.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>

#include "base/http.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan {
namespace {

using Plain = std::map<std::string, std::string, HeaderNameLess>;

Plain plain_of(const HttpHeaders& map) {
  return {map.begin(), map.end()};
}

TEST(FlatMap, DoesWhatAStandardMapDoes) {
  testing::SeededRandom random(7);
  for (int history = 0; history < 300; ++history) {
    HttpHeaders map;
    Plain plain;
    for (int step = 0; step < 60; ++step) {
      // Two names in three letters, in either case.
      std::string name(1 + random.next() % 2, static_cast<char>('a' + random.next() % 6));
      if (random.next() % 2 == 0) name[0] = static_cast<char>(name[0] - 'a' + 'A');
      const std::string value = std::to_string(random.next() % 100);
      switch (random.next() % 3) {
        case 0:
          map[name] = value;
          plain[name] = value;
          break;
        case 1:
          ASSERT_EQ(map.emplace(name, value).second, plain.emplace(name, value).second);
          break;
        default:
          ASSERT_EQ(map.contains(name), plain.contains(name));
          if (plain.contains(name)) {
            ASSERT_EQ(map.at(name), plain.at(name));
          }
          break;
      }
      ASSERT_EQ(plain_of(map), plain) << "history " << history << ", step " << step;
      ASSERT_EQ(map.size(), plain.size());
      ASSERT_EQ(map.empty(), plain.empty());
    }
  }
}

TEST(FlatMap, TakesTheFirstOfEntriesWithOneKey) {
  const HttpHeaders map = {{"B", "1"}, {"a", "2"}, {"b", "3"}};
  EXPECT_EQ(map.size(), 2U);
  EXPECT_EQ(map.begin()->first, "a");
  EXPECT_EQ(map.at("b"), "1");
}

TEST(FlatMap, EndsTheProgramWhenAKeyThatMustBeThereIsNot) {
  const HttpHeaders map = {{"a", "1"}};
  EXPECT_DEATH(static_cast<void>(map.at("b")), "");
}

}  // namespace
}  // namespace titan
