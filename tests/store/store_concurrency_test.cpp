#include <nlohmann/json.hpp>
#include <thread>

#include "tests/store/store_contract.hpp"

namespace titan::store {
namespace {

using model::Change;
using model::Kind;

class StoreConcurrency : public StoreContract {
 protected:
  static constexpr std::size_t kWriters = 4;
  static constexpr std::size_t kWritesEach = 100;

  // Writes hosts of its own, and takes part in the race for one host that all of them count up.
  void write(std::size_t writer) {
    const model::Key shared = host("shared").key();
    for (std::size_t i = 0; i < kWritesEach; ++i) {
      const std::string name = "w" + std::to_string(writer) + "-" + std::to_string(i);
      if (!put(host(name), 0)) ++failures_;
      while (true) {
        const auto stored = store_->get(shared);
        const std::uint64_t revision = stored ? stored->revision : 0;
        const auto counted =
            put(host("shared", {{"count", std::to_string(revision + 1)}}), revision);
        if (counted) break;
        if (counted.error().code != ErrorCode::conflict) ++failures_;
      }
    }
  }

  // Follows the log to the end as a feed processor does, and looks at everything on the way.
  void follow() {
    std::uint64_t last = 0;
    Timestamp last_time;
    while (last < 2 * kWriters * kWritesEach) {
      const auto head = store_->head();
      const auto page = store_->changes(last, 7, {});
      const auto listed = store_->list({.kind = Kind::host, .limit = 1'000});
      if (!page || !head || !listed || !store_->check()) {
        ++failures_;
        return;
      }
      // The head is never ahead of what can be read.
      if (page->empty() && head->seq > last) ++failures_;
      for (const Change& change : *page) {
        if (change.seq != last + 1 || change.time <= last_time) ++failures_;
        last = change.seq;
        last_time = change.time;
      }
      std::this_thread::yield();
    }
  }

  std::atomic<int> failures_ = 0;
};

TEST_P(StoreConcurrency, KeepsOrderAndLosesNothing) {
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kWriters; ++i) threads.emplace_back([this, i] { write(i); });
  for (int i = 0; i < 2; ++i) threads.emplace_back([this] { follow(); });
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(failures_, 0);
  EXPECT_EQ(store_->head()->seq, 2 * kWriters * kWritesEach);
  EXPECT_EQ(store_->list({.kind = Kind::host, .limit = 1'000})->items.size(),
            kWriters * kWritesEach + 1);
  // Every count was taken once: no conditional write was lost or done twice.
  EXPECT_EQ(store_->get(host("shared").key())->revision, kWriters * kWritesEach);
  const auto changes = log();
  for (std::size_t i = 0; i < changes.size(); ++i) EXPECT_EQ(changes[i].seq, i + 1);
}

TEST_P(StoreConcurrency, ShowsNothingThatItsHeadDoesNotCount) {
  // Large states keep a commit busy after what it wrote can be read by its files.
  const std::string large(200'000, 'x');
  std::atomic<bool> done = false;
  const auto watch = [&] {
    std::uint64_t last = 0;
    while (!done) {
      const auto page = store_->changes(last, 10, {});
      if (!page) ++failures_;
      if (!page->empty()) last = page->back().seq;
      if (store_->head()->seq < last) ++failures_;
      const auto listed = store_->list({.kind = Kind::host, .limit = 1});
      if (!listed || store_->head()->seq < listed->at) ++failures_;
    }
  };
  std::thread log_reader(watch);
  std::thread other(watch);
  for (int i = 0; i < 200; ++i) {
    model::Entity entity = host("a");
    const auto values = model::Values::from({{"text", large + std::to_string(i)}});
    std::get<model::HostSpec>(entity.spec).values = values.value();
    ASSERT_TRUE(put(entity));
  }
  done = true;
  log_reader.join();
  other.join();
  EXPECT_EQ(failures_, 0);
}

TEST_P(StoreConcurrency, TakesOneBlobFromManyWritersOnce) {
  const std::string bytes(100'000, 'x');
  std::atomic<int> fresh = 0;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kWriters; ++i) {
    threads.emplace_back([&] {
      if (store_->put_blob(Digest::of(bytes), bytes).value()) ++fresh;
      if (store_->get_blob(Digest::of(bytes)).value() != bytes) ++failures_;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(fresh, 1);
  EXPECT_EQ(failures_, 0);
}

TITAN_FOR_EVERY_BACKEND(StoreConcurrency);

}  // namespace
}  // namespace titan::store
