#include "server-lite/entity_cache.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "server-lite/limits.hpp"

namespace titan::server_lite {
namespace {

model::Key host(const std::string& name) {
  return {.kind = model::Kind::host, .name = name};
}

std::vector<model::Change> change_of(const std::string& name) {
  model::Change change;
  change.key = host(name);
  return {change};
}

TEST(EntityCache, KnowsWhatWasPut) {
  EntityCache cache;
  EXPECT_FALSE(cache.find(host("pi")));
  cache.put(host("pi"), {.body = "{}", .revision = 3}, cache.moment());
  ASSERT_TRUE(cache.find(host("pi")));
  EXPECT_EQ(cache.find(host("pi"))->body, "{}");
  EXPECT_EQ(cache.find(host("pi"))->revision, 3U);
  EXPECT_FALSE(cache.find({.kind = model::Kind::template_, .name = "pi"}));
  EXPECT_FALSE(cache.find({.organization = "other", .kind = model::Kind::host, .name = "pi"}));
}

TEST(EntityCache, ForgetsWhatIsChangedAndNothingElse) {
  EntityCache cache;
  cache.put(host("pi"), {.body = "1"}, cache.moment());
  cache.put(host("tim"), {.body = "2"}, cache.moment());
  cache.forget(change_of("pi"));
  EXPECT_FALSE(cache.find(host("pi")));
  EXPECT_TRUE(cache.find(host("tim")));
}

TEST(EntityCache, DoesNotKeepWhatWasReadBeforeAChange) {
  EntityCache cache;
  const EntityCache::Moment before = cache.moment();
  cache.forget(change_of("pi"));
  cache.put(host("pi"), {.body = "old"}, before);
  EXPECT_FALSE(cache.find(host("pi")));
  cache.put(host("pi"), {.body = "new"}, cache.moment());
  EXPECT_EQ(cache.find(host("pi"))->body, "new");
}

TEST(EntityCache, StaysWithinItsRoomAndKeepsWhatIsAskedForFirst) {
  EntityCache cache;
  const std::string body(64UL << 10U, 'x');
  const std::size_t fit = kEntityCacheBytesMax / body.size();
  cache.put(host("asked"), {.body = body}, cache.moment());
  for (std::size_t i = 0; i < 4 * fit; ++i) {
    cache.put(host("h" + std::to_string(i)), {.body = body}, cache.moment());
    ASSERT_TRUE(cache.find(host("asked"))) << i;
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < 4 * fit; ++i) {
    // Looking would move it, so what was kept last is looked at first.
    if (!cache.find(host("h" + std::to_string(4 * fit - 1 - i)))) break;
    ++kept;
  }
  EXPECT_GT(kept, 0U);
  EXPECT_LE(kept, fit);
}

TEST(EntityCache, DoesNotKeepWhatWouldTakeAllRoom) {
  EntityCache cache;
  cache.put(host("pi"), {.body = "small"}, cache.moment());
  cache.put(host("huge"), {.body = std::string(kEntityCacheBytesMax, 'x')}, cache.moment());
  EXPECT_FALSE(cache.find(host("huge")));
}

}  // namespace
}  // namespace titan::server_lite
