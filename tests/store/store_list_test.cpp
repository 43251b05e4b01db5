#include "store/limits.hpp"
#include "tests/store/store_contract.hpp"

namespace titan::store {
namespace {

using model::Entity;
using model::EntityFilter;
using model::Key;
using model::Kind;
using model::Status;

using Names = std::vector<std::string>;

class StoreList : public StoreContract {
 protected:
  // Names of all pages, each asked for with the moment of the first. Every page keeps to the limit.
  Names names_of_all(ListQuery query) {
    Names names;
    while (true) {
      const auto page = store_->list(query);
      if (!page) return {page.error().text()};
      EXPECT_EQ(page->at, query.at.value_or(page->at));
      for (const Entity& entity : page->items) names.push_back(entity.key().short_text());
      if (!page->next) return names;
      query.after = page->next;
      query.at = page->at;
    }
  }
  std::vector<Entity> all_at(Kind kind, std::optional<std::uint64_t> at) {
    return store_->list({.kind = kind, .at = at, .limit = kPageMax}).value().items;
  }
  ErrorCode refusal(const ListQuery& query) {
    const auto page = store_->list(query);
    EXPECT_FALSE(page);
    return page ? ErrorCode::internal : page.error().code;
  }
};

TEST_P(StoreList, ShowsOnlyWhatTheFilterPicks) {
  Entity ready = host("ready", {{"site", "lab"}});
  ready.status = Status::ready;
  Entity tagged = host("tagged", {{"site", "field"}});
  tagged.tags = {{"owner", "tim"}};
  for (const Entity& entity : {ready, tagged, host("plain")}) ASSERT_TRUE(put(entity));
  struct Row {
    EntityFilter filter;
    Names expected;
  };
  const Row rows[] = {
      {{}, {"plain", "ready", "tagged"}},
      {{.statuses = {Status::ready}}, {"ready"}},
      {{.statuses = {Status::ready, Status::initialized}}, {"plain", "ready", "tagged"}},
      {{.tags = {{"owner", "tim"}}}, {"tagged"}},
      {{.labels = model::LabelSelector::parse("site=lab").value()}, {"ready"}},
      {{.fields = {{"name", "plain"}}}, {"plain"}},
      {{.statuses = {Status::error}}, {}},
  };
  for (const Row& row : rows) {
    for (const std::size_t limit : {1U, 2U, 100U}) {
      EXPECT_EQ(names_of_all({.kind = Kind::host, .filter = row.filter, .limit = limit}),
                row.expected);
    }
  }
}

TEST_P(StoreList, LooksAtABoundedNumberOfEntitiesInOneCall) {
  Batch batch;
  for (std::size_t i = 0; i < kBatchMutationsMax; ++i) {
    const Entity entity = host("a" + std::to_string(i));
    batch.mutations.push_back({entity.key(), 0, entity});
  }
  ASSERT_TRUE(store_->commit(batch));
  ASSERT_TRUE(put(host("z")));
  const EntityFilter filter{.fields = {{"name", "z"}}};
  const auto first = store_->list({.kind = Kind::host, .filter = filter, .limit = 10}).value();
  EXPECT_TRUE(first.items.empty());
  ASSERT_TRUE(first.next);
  EXPECT_EQ(names_of_all({.kind = Kind::host, .filter = filter, .limit = 10}), Names{"z"});
}

TEST_P(StoreList, SaysWhetherMoreFollows) {
  for (const char* name : {"a", "b", "c"}) ASSERT_TRUE(put(host(name)));
  const auto two = store_->list({.kind = Kind::host, .limit = 2}).value();
  EXPECT_EQ(two.next, host("b").key());
  EXPECT_EQ(two.at, 3U);
  EXPECT_EQ(store_->list({.kind = Kind::host, .limit = 3})->next, std::nullopt);
  EXPECT_EQ(store_->list({.kind = Kind::target, .limit = 3})->next, std::nullopt);
}

// One row per fate of an entity around the moment of the list.
TEST_P(StoreList, ShowsAnEarlierMoment) {
  ASSERT_TRUE(put(host("changed", {{"site", "old"}})));
  ASSERT_TRUE(put(host("deleted")));
  ASSERT_TRUE(put(host("replaced", {{"site", "old"}})));
  ASSERT_TRUE(put(host("same")));
  const auto then = all_at(Kind::host, {});
  const std::uint64_t at = store_->head()->seq;
  for (const char* site : {"new", "newer", "newest"}) {
    ASSERT_TRUE(put(host("changed", {{"site", site}})));
  }
  ASSERT_TRUE(remove(host("deleted").key()));
  ASSERT_TRUE(remove(host("replaced").key()));
  ASSERT_TRUE(put(host("replaced", {{"site", "new"}})));
  ASSERT_TRUE(put(host("created")));
  ASSERT_TRUE(put(host("passing")));
  ASSERT_TRUE(remove(host("passing").key()));
  EXPECT_EQ(all_at(Kind::host, at), then);
  reopen();
  EXPECT_EQ(all_at(Kind::host, at), then);
  EXPECT_TRUE(all_at(Kind::host, 0).empty());
  EXPECT_EQ(all_at(Kind::host, store_->head()->seq), all_at(Kind::host, {}));
  const ListQuery by_ones{.kind = Kind::host, .at = at, .limit = 1};
  EXPECT_EQ(names_of_all(by_ones), (Names{"changed", "deleted", "replaced", "same"}));
}

TEST_P(StoreList, ShowsOneMomentOverAllPagesWhateverIsWritten) {
  for (const char* name : {"a", "c", "e"}) ASSERT_TRUE(put(host(name)));
  const auto first = store_->list({.kind = Kind::host, .limit = 1}).value();
  ASSERT_TRUE(put(host("d")));
  ASSERT_TRUE(remove(host("e").key()));
  EXPECT_EQ(names_of_all({.kind = Kind::host, .after = first.next, .at = first.at, .limit = 1}),
            (Names{"c", "e"}));
  EXPECT_EQ(names_of_all({.kind = Kind::host, .limit = 1}), (Names{"a", "c", "d"}));
}

TEST_P(StoreList, RefusesAMomentThatIsInTheFutureOrCompacted) {
  for (const char* name : {"a", "b", "c"}) ASSERT_TRUE(put(host(name)));
  EXPECT_EQ(refusal({.kind = Kind::host, .at = 4, .limit = 1}), ErrorCode::invalid);
  ASSERT_TRUE(store_->compact(2, 10));
  EXPECT_EQ(refusal({.kind = Kind::host, .at = 1, .limit = 1}), ErrorCode::expired);
  EXPECT_EQ(names_of_all({.kind = Kind::host, .at = 2, .limit = 1}), (Names{"a", "b"}));
}

TEST_P(StoreList, ShowsTheDeletedThatTheLogStillHolds) {
  for (const char* name : {"a", "b", "a", "a"}) {
    ASSERT_TRUE(put(host(name, {{"n", std::to_string(store_->head()->seq)}})));
    ASSERT_TRUE(remove(host(name).key()));
  }
  ASSERT_TRUE(put(host("a")));
  const EntityFilter deleted{.statuses = {Status::deleted}};
  const ListQuery query{.kind = Kind::host, .filter = deleted, .limit = 10};
  const auto changes = log();
  const auto page = store_->list(query).value();
  ASSERT_EQ(page.items.size(), 4U);
  const std::size_t deletions[] = {1, 5, 7, 3};  // their places in the log: by key, then by time
  for (std::size_t i = 0; i < 4; ++i) {
    Entity expected = *changes[deletions[i]].before;
    expected.status = Status::deleted;
    expected.deleted_time = changes[deletions[i]].time;
    EXPECT_EQ(page.items[i], expected);
  }
  // As of an earlier moment, and after the log was cut.
  EXPECT_EQ(names_of_all({.kind = Kind::host, .filter = deleted, .at = 4, .limit = 10}),
            (Names{"a", "b"}));
  // What has one key stands on one page.
  const auto first = store_->list({.kind = Kind::host, .filter = deleted, .limit = 1}).value();
  EXPECT_EQ(first.items.size(), 3U);
  EXPECT_EQ(first.next, host("a").key());
  ASSERT_TRUE(store_->compact(6, 10));
  EXPECT_EQ(names_of_all(query), Names{"a"});
}

TEST_P(StoreList, RefusesDeletedBesideOtherStatuses) {
  const auto refused = store_->list(
      {.kind = Kind::host, .filter = {.statuses = {Status::deleted, Status::ready}}, .limit = 1});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::invalid);
  EXPECT_EQ(refused.error().field, "status");
  EXPECT_EQ(refused.error().message, "DELETED goes alone");
}

TITAN_FOR_EVERY_BACKEND(StoreList);

}  // namespace
}  // namespace titan::store
