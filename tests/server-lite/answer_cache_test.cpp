#include "server-lite/answer_cache.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace titan::server_lite {
namespace {

using Cache = TextCache<std::string>;
using Keys = std::vector<std::string>;

constexpr std::size_t kRoom = 1UL << 20U;

TEST(TextCache, KnowsWhatWasPut) {
  Cache cache(kRoom);
  EXPECT_FALSE(cache.find("pi"));
  cache.put("pi", {.body = "{}", .revision = 3}, cache.moment());
  ASSERT_TRUE(cache.find("pi"));
  EXPECT_EQ(cache.find("pi")->body, "{}");
  EXPECT_EQ(cache.find("pi")->revision, 3U);
  EXPECT_FALSE(cache.find("tim"));
}

TEST(TextCache, ForgetsWhatIsChangedAndNothingElse) {
  Cache cache(kRoom);
  cache.put("pi", {.body = "1"}, cache.moment());
  cache.put("tim", {.body = "2"}, cache.moment());
  cache.forget(Keys{"pi"});
  EXPECT_FALSE(cache.find("pi"));
  EXPECT_TRUE(cache.find("tim"));
}

TEST(TextCache, ForgetsAll) {
  Cache cache(kRoom);
  cache.put("old", {.body = std::string(kRoom / 3, 'x')}, cache.moment());
  cache.put("new", {.body = std::string(kRoom / 3, 'x')}, cache.moment());
  const Cache::Moment before = cache.moment();
  cache.forget_all();
  EXPECT_FALSE(cache.find("old"));
  EXPECT_FALSE(cache.find("new"));
  cache.put("new", {.body = "1"}, before);
  EXPECT_FALSE(cache.find("new"));
}

TEST(TextCache, DoesNotKeepWhatWasReadBeforeAChange) {
  Cache cache(kRoom);
  const Cache::Moment before = cache.moment();
  cache.forget(Keys{"pi"});
  cache.put("pi", {.body = "old"}, before);
  EXPECT_FALSE(cache.find("pi"));
  cache.put("pi", {.body = "new"}, cache.moment());
  EXPECT_EQ(cache.find("pi")->body, "new");
}

TEST(TextCache, StaysWithinItsRoomAndKeepsWhatIsAskedForFirst) {
  Cache cache(kRoom);
  const std::string body(4UL << 10U, 'x');
  const std::size_t fit = kRoom / body.size();
  cache.put("asked", {.body = body}, cache.moment());
  for (std::size_t i = 0; i < 4 * fit; ++i) {
    cache.put("h" + std::to_string(i), {.body = body}, cache.moment());
    ASSERT_TRUE(cache.find("asked")) << i;
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < 4 * fit; ++i) {
    // Looking would move it, so what was kept last is looked at first.
    if (!cache.find("h" + std::to_string(4 * fit - 1 - i))) break;
    ++kept;
  }
  EXPECT_GT(kept, 0U);
  EXPECT_LE(kept, fit);
}

TEST(TextCache, DoesNotKeepWhatWouldTakeAllRoom) {
  Cache cache(kRoom);
  cache.put("pi", {.body = "small"}, cache.moment());
  cache.put("huge", {.body = std::string(kRoom, 'x')}, cache.moment());
  EXPECT_FALSE(cache.find("huge"));
}

class AnswerCacheTest : public ::testing::Test {
 protected:
  static model::Key host(const std::string& name) {
    return {.kind = model::Kind::host, .name = name};
  }
  void put_all() {
    for (const char* const name : {"pi", "tim"}) {
      cache_.entities.put(host(name), {}, cache_.entities.moment());
      cache_.reports.put(host(name), {}, cache_.reports.moment());
      cache_.states.put(host(name), {}, cache_.states.moment());
    }
    cache_.lists.put("/v1/hosts", {}, cache_.lists.moment());
  }

  AnswerCache cache_;
};

TEST_F(AnswerCacheTest, TellsKindsAndOrganizationsApart) {
  put_all();
  EXPECT_TRUE(cache_.entities.find(host("pi")));
  EXPECT_FALSE(cache_.entities.find({.kind = model::Kind::template_, .name = "pi"}));
  EXPECT_FALSE(
      cache_.entities.find({.organization = "other", .kind = model::Kind::host, .name = "pi"}));
}

TEST_F(AnswerCacheTest, AChangeForgetsItsEntityItsReportAndAllThatMayFollow) {
  put_all();
  model::Change change;
  change.key = host("pi");
  cache_.forget(std::span(&change, 1));
  EXPECT_FALSE(cache_.entities.find(host("pi")));
  EXPECT_FALSE(cache_.reports.find(host("pi")));
  EXPECT_FALSE(cache_.states.find(host("tim")));
  EXPECT_FALSE(cache_.lists.find("/v1/hosts"));
  EXPECT_TRUE(cache_.entities.find(host("tim")));
  EXPECT_TRUE(cache_.reports.find(host("tim")));
}

TEST_F(AnswerCacheTest, AReportForgetsTheOneBeforeAndHowItsHostStands) {
  put_all();
  cache_.forget_report(host("pi"));
  EXPECT_FALSE(cache_.reports.find(host("pi")));
  EXPECT_FALSE(cache_.states.find(host("pi")));
  EXPECT_TRUE(cache_.reports.find(host("tim")));
  EXPECT_TRUE(cache_.states.find(host("tim")));
  EXPECT_TRUE(cache_.entities.find(host("pi")));
  EXPECT_TRUE(cache_.lists.find("/v1/hosts"));
}

}  // namespace
}  // namespace titan::server_lite
