#include <atomic>
#include <memory>
#include <thread>

#include "tests/store/store_contract.hpp"

namespace titan::store {
namespace {

using model::Change;
using model::Kind;

class StoreGroup : public StoreContract {
 protected:
  static constexpr std::size_t kThreads = 16;
  static constexpr std::size_t kBatchesEach = 40;

  void SetUp() override {
    store_->listen([this](std::span<const Change> changes) {
      if (busy_.exchange(true)) ++failures_;
      for (const Change& change : changes) {
        // What it hears is committed already, and the log goes on from the last it heard.
        if (change.seq != heard_.size() + 1 || store_->head()->seq < change.seq) ++failures_;
        heard_.push_back(change);
      }
      heard_seq_ = heard_.size();
      busy_ = false;
    });
  }

  // Batches of two that are all or nothing: every third has a second part that must be refused.
  void write(std::size_t thread) {
    for (std::size_t i = 0; i < kBatchesEach; ++i) {
      const std::string name = "t" + std::to_string(thread) + "-" + std::to_string(i);
      const bool bad = i % 3 == 0;
      const auto done =
          store_->commit({.mutations = {{host(name).key(), 0, host(name)},
                                        {host(name).key(), bad ? 7U : 1U, std::nullopt},
                                        {workspace(name).key(), 0, workspace(name)}},
                          .observations = {{.host = name, .report = report("1")}},
                          .cursor = Cursor{name, 1}});
      if (done.has_value() == bad) ++failures_;
      if (bad && done.error().code != ErrorCode::conflict) ++failures_;
      if (done && (done->size() != 3 || done->back().seq > heard_seq_)) ++failures_;
      if (store_->report("default", name).has_value() == bad) ++failures_;
      if (bad != (store_->cursor(name).value() == 0)) ++failures_;
    }
  }

  std::atomic<int> failures_ = 0;
  std::atomic<bool> busy_ = false;
  std::atomic<std::uint64_t> heard_seq_ = 0;
  std::vector<Change> heard_;
};

TEST_P(StoreGroup, RefusesABatchAloneAndTellsTheListenerTheRestInOrder) {
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kThreads; ++i) threads.emplace_back([this, i] { write(i); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures_, 0);
  EXPECT_EQ(log(), heard_);
  const std::size_t refused = (kBatchesEach + 2) / 3;
  EXPECT_EQ(store_->list({.kind = Kind::workspace, .limit = 10'000})->items.size(),
            kThreads * (kBatchesEach - refused));
  EXPECT_TRUE(store_->list({.kind = Kind::host, .limit = 10})->items.empty());
}

// Compaction and blobs take their turns among the commits.
TEST_P(StoreGroup, WritesEverySortOfThingFromManyThreads) {
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([this, i] {
      for (std::size_t n = 0; n < 10; ++n) {
        const std::string name = "t" + std::to_string(i) + "-" + std::to_string(n);
        if (!put(host(name), 0)) ++failures_;
        if (!store_->put_blob(Digest::of(name), name).value_or(false)) ++failures_;
        if (!store_->compact(store_->head()->seq / 2, 7)) ++failures_;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures_, 0);
  const std::uint64_t horizon = store_->horizon().value();
  const auto kept = store_->changes(horizon, 10'000, {}).value();
  EXPECT_EQ(kept, std::vector(heard_.begin() + static_cast<std::ptrdiff_t>(horizon), heard_.end()));
  EXPECT_EQ(store_->list({.kind = Kind::host, .limit = 10'000})->items.size(), kThreads * 10);
}

// The log is right whatever the caller remembers; without it the store reads for itself.
TEST_P(StoreGroup, ChecksWhatTheCallerSawAgainstWhatIsThere) {
  model::Entity entity = host("a");
  const auto write = [&](const char* tag, const std::optional<model::Entity>& seen) {
    entity.tags = {{"tag", tag}};
    const auto known = seen ? std::make_shared<const model::Entity>(*seen) : nullptr;
    return store_->commit({.mutations = {{entity.key(), {}, entity, known}}})->front();
  };
  write("first", std::nullopt);
  const model::Entity first = store_->get(entity.key()).value();
  EXPECT_EQ(write("second", first).before, first);
  const model::Entity second = store_->get(entity.key()).value();
  EXPECT_EQ(write("third", first).before, second) << "what was seen is out of date";
  store_->commit({.mutations = {{.key = entity.key()}}}).value();
  EXPECT_FALSE(write("fourth", second).before) << "what was seen is gone";
  EXPECT_EQ(log(), heard_);
  EXPECT_EQ(log().back().after, store_->get(entity.key()).value());
}

TEST_P(StoreGroup, TellsTheListenerNothingOfWhatChangesNothing) {
  ASSERT_TRUE(put(host("a")));
  ASSERT_TRUE(put(host("a")));
  EXPECT_FALSE(put(host("a"), 9));
  ASSERT_TRUE(store_->commit({.observations = {{.host = "a", .report = report("1")}}}));
  ASSERT_TRUE(store_->commit({.cursor = Cursor{"reader", 1}}));
  EXPECT_EQ(heard_, log());
  EXPECT_EQ(heard_.size(), 1U);
}

TITAN_FOR_EVERY_BACKEND(StoreGroup);

}  // namespace
}  // namespace titan::store
