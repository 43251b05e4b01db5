#include "base/random.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>

#include "tests/support/seeded_random.hpp"

namespace titan {
namespace {

class FixedRandom final : public Random {
 public:
  explicit FixedRandom(std::uint64_t value) : value_(value) {}
  std::uint64_t next() override { return value_; }

 private:
  std::uint64_t value_;
};

TEST(MakeUuid, SetsVersionAndVariantAndNothingElse) {
  FixedRandom zeros(0);
  FixedRandom ones(~0ULL);
  EXPECT_EQ(make_uuid(zeros), "00000000-0000-4000-8000-000000000000");
  EXPECT_EQ(make_uuid(ones), "ffffffff-ffff-4fff-bfff-ffffffffffff");
}

TEST(MakeUuid, TakesItsDigitsFromTheRandomNumbersInOrder) {
  FixedRandom random(0x0123456789abcdefULL);
  EXPECT_EQ(make_uuid(random), "01234567-89ab-4def-8123-456789abcdef");
}

TEST(MakeToken, IsSixteenHexDigits) {
  FixedRandom random(0x0123456789abcdefULL);
  EXPECT_EQ(make_token(random), "0123456789abcdef");
  FixedRandom small(7);
  EXPECT_EQ(make_token(small), "0000000000000007");
}

TEST(Fill, TakesEightBytesOfEachNumberTheLowestFirst) {
  FixedRandom random(0x0807060504030201ULL);
  std::array<std::uint8_t, 11> bytes{};
  fill(random, bytes);
  EXPECT_EQ(bytes, (std::array<std::uint8_t, 11>{1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3}));
  fill(random, {});
}

TEST(SystemRandom, DoesNotRepeatItself) {
  SystemRandom random;
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(make_uuid(random));
  EXPECT_EQ(seen.size(), 1000U);
}

TEST(SeededRandom, RepeatsItselfForTheSameSeed) {
  testing::SeededRandom one(42);
  testing::SeededRandom same(42);
  testing::SeededRandom other(43);
  const std::string first = make_uuid(one);
  EXPECT_EQ(first, make_uuid(same));
  EXPECT_NE(first, make_uuid(other));
}

}  // namespace
}  // namespace titan
