#include "base/secret.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <type_traits>

#include "tests/support/seeded_random.hpp"

namespace titan {
namespace {

constexpr std::string_view kPattern = "a secret that is easy to find; ";

std::string pattern(std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += kPattern;
  return text;
}

constexpr std::size_t kTimes = 30;
constexpr std::size_t kBytes = kTimes * kPattern.size();

// Whether the bytes of the pattern are anywhere in this part of memory, which may be freed by now:
// it is read as a file, as another program would. Allocates nothing, which could write there.
bool holds_pattern(const char* from, std::size_t bytes) {
  static std::array<char, 4096> found;
  const int memory = ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  const auto place = static_cast<off_t>(reinterpret_cast<std::intptr_t>(from));
  const auto got = ::pread(memory, found.data(), std::min(bytes, found.size()), place);
  ::close(memory);
  EXPECT_EQ(got, static_cast<ssize_t>(bytes));
  return std::string_view(found.data(), bytes).find(kPattern.substr(0, 8)) !=
         std::string_view::npos;
}

static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(std::is_nothrow_move_constructible_v<Secret>);
static_assert(std::is_nothrow_move_assignable_v<Secret>);

TEST(Secret, HoldsTheBytesItIsGiven) {
  const std::string kept = "bytes";
  EXPECT_EQ(Secret::of(kept).bytes(), "bytes");
  EXPECT_EQ(kept, "bytes");
  EXPECT_EQ(Secret::of(std::string("\0\xff", 2)).bytes(), std::string_view("\0\xff", 2));
  EXPECT_TRUE(Secret::of("").empty());
  EXPECT_TRUE(Secret().empty());
  EXPECT_EQ(Secret().bytes(), "");
  EXPECT_EQ(Secret::zeros(3).bytes(), std::string_view("\0\0\0", 3));
}

TEST(Secret, WipesTheStringItTakes) {
  for (const std::size_t size :
       {std::size_t{1}, std::size_t{15}, std::size_t{16}, std::size_t{500}}) {
    std::string source = pattern(20).substr(0, size);
    const char* place = source.data();
    const Secret secret = Secret::of(std::move(source));
    EXPECT_EQ(secret.bytes(), pattern(20).substr(0, size));
    EXPECT_TRUE(source.empty());  // NOLINT: what is left of it is the point
    EXPECT_EQ(source.data(), place);
    for (std::size_t i = 0; i < size; ++i) EXPECT_EQ(place[i], '\0') << i << " of " << size;
  }
}

TEST(Secret, IsWipedWhenItIsDestroyed) {
  const char* unwiped = nullptr;
  {
    const std::string plain = pattern(kTimes);
    unwiped = plain.data();
  }
  if (!holds_pattern(unwiped, kBytes)) GTEST_SKIP() << "freed memory does not stay as it was";
  const char* place = nullptr;
  {
    const Secret secret = Secret::of(pattern(kTimes));
    place = secret.bytes().data();
    ASSERT_TRUE(holds_pattern(place, secret.size()));
  }
  EXPECT_FALSE(holds_pattern(place, kBytes));
}

TEST(Secret, IsWipedWhenItIsAssignedOver) {
  Secret secret = Secret::of(pattern(kTimes));
  const char* place = secret.bytes().data();
  secret = Secret::of("another");
  EXPECT_EQ(secret.bytes(), "another");
  EXPECT_FALSE(holds_pattern(place, kBytes));
}

TEST(Secret, LeavesNothingBehindWhenItIsMoved) {
  Secret from = Secret::of(pattern(1));
  const char* place = from.bytes().data();
  Secret to = std::move(from);
  EXPECT_TRUE(from.empty());  // NOLINT: what is left of it is the point
  EXPECT_EQ(from.bytes(), "");
  EXPECT_EQ(to.bytes().data(), place);
  EXPECT_EQ(to.bytes(), kPattern);

  Secret& same = to;
  to = std::move(same);
  EXPECT_EQ(to.bytes(), kPattern);
}

TEST(Secret, CopiesOnlyWhenAsked) {
  Secret first = Secret::of("bytes");
  const Secret second = first.copy();
  first.buffer()[0] = 'B';
  EXPECT_EQ(first.bytes(), "Bytes");
  EXPECT_EQ(second.bytes(), "bytes");
}

TEST(Secret, EqualsTheSameBytesOnly) {
  const Secret secret = Secret::of("bytes");
  EXPECT_TRUE(secret.equals("bytes"));
  for (const std::string_view other : {"", "byte", "bytes ", "bytez", "Bytes"}) {
    EXPECT_FALSE(secret.equals(other)) << other;
  }
  EXPECT_TRUE(Secret().equals(""));
  EXPECT_FALSE(Secret().equals("a"));
}

TEST(Secret, IsTheSameForTheSameSeed) {
  testing::SeededRandom one(42);
  testing::SeededRandom same(42);
  testing::SeededRandom other(43);
  const Secret first = Secret::random(one, 32);
  EXPECT_EQ(first.size(), 32U);
  EXPECT_TRUE(first.equals(Secret::random(same, 32).bytes()));
  EXPECT_FALSE(first.equals(Secret::random(other, 32).bytes()));
  EXPECT_FALSE(first.equals(Secret::random(one, 32).bytes()));
}

TEST(Wipe, CoversWhatTheStringDoesNotUseNow) {
  std::string text = pattern(4);
  const char* place = text.data();
  const std::size_t size = text.size();
  text.resize(3);
  wipe(text);
  EXPECT_TRUE(text.empty());
  EXPECT_FALSE(holds_pattern(place, size));
  for (std::size_t i = 0; i < size; ++i) EXPECT_EQ(place[i], '\0') << i;
}

}  // namespace
}  // namespace titan
