#include "server-lite/processor_runner.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>

#include "server-lite/limits.hpp"
#include "server-lite/retention.hpp"
#include "store/sqlite_store.hpp"
#include "tests/server-lite/faulty_store.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/seeded_random.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::server_lite {
namespace {

using model::Key;
using model::Kind;

// For each host whose spec changed, it tags the workload of the same name with the host's version:
// work that is as good done twice as once.
class Copier final : public Processor {
 public:
  Copier(store::Store& store, std::string name) : store_(store), name_(std::move(name)) {}

  [[nodiscard]] std::string_view name() const override { return name_; }
  void take(const model::Change& change) override {
    taken.push_back(change.seq);
    if (change.key.kind == Kind::host) due_.emplace(change.key.name, change.seq);
  }
  Result<Work> work(Clock::Monotonic now) override {
    if (fails) return unavailable("told to fail");
    Work work{.done = taken.empty() ? 0 : taken.back()};
    const auto due = due_;
    for (const auto& [name, seq] : due) {
      const Key key{.kind = Kind::workload, .workspace = "default", .name = name_ + "." + name};
      TITAN_ASSIGN(const model::Entity host, store_.get({.kind = Kind::host, .name = name}));
      const auto stored = store_.get(key);
      model::Entity copy = stored ? *stored
                                  : model::Entity{.name = key.name,
                                                  .workspace = "default",
                                                  .spec = model::WorkloadSpec{},
                                                  .status = model::Status::ready};
      copy.tags = {{"version", std::to_string(host.version)}};
      std::uint64_t revision = stored ? stored->revision : 0;
      if (lies_once.erase(name) > 0) revision += 5;
      work.mutations.push_back({key, revision, std::move(copy)});
    }
    due_.clear();
    if (more_at) work.next = now + *more_at;
    return work;
  }
  void redo(const Key& key) override {
    redone.push_back(key.name);
    due_.emplace(key.name.substr(name_.size() + 1), UINT64_MAX);
  }

  std::vector<std::uint64_t> taken;
  std::vector<std::string> redone;
  std::set<std::string> lies_once;  // hosts whose copy is once written at a wrong revision
  bool fails = false;
  std::optional<std::chrono::seconds> more_at;

 private:
  store::Store& store_;
  const std::string name_;
  std::map<std::string, std::uint64_t> due_;
};

class Runner : public ::testing::Test {
 protected:
  Runner() { start(); }

  // As after the end of the process, at any point.
  void start() {
    runner_.reset();
    one_ = std::make_unique<Copier>(faults_, "one");
    other_ = std::make_unique<Copier>(faults_, "other");
    runner_ = std::make_unique<ProcessorRunner>(
        faults_, std::vector<std::reference_wrapper<Processor>>{*one_, *other_},
        [this] { return known_ ? *known_ : head(); }, clock_, log_);
    ASSERT_TRUE(runner_->open());
  }
  void settle() {
    while (runner_->step() <= clock_.monotonic()) {
    }
  }
  std::uint64_t put_host(const std::string& name, int version) {
    const model::HostSpec spec{.labels = {{"v", std::to_string(version)}}};
    const auto changes =
        store_->commit({.mutations = {{.key = {.kind = Kind::host, .name = name},
                                       .entity = model::Entity{.name = name, .spec = spec}}}});
    return changes.value().back().seq;
  }
  std::string copy(const std::string& name) {
    const auto entity = store_->get({.kind = Kind::workload, .workspace = "default", .name = name});
    return entity ? entity->tags.at("version") : "none";
  }
  std::uint64_t cursor(const char* name) { return store_->cursor(name).value(); }
  std::uint64_t done(const std::string& name) {
    for (const auto& progress : runner_->progress()) {
      if (progress.name == name) return progress.done;
    }
    return 0;
  }
  std::uint64_t head() { return store_->head().value().seq; }

  std::optional<std::uint64_t> known_;  // how far the fleet is; none: as far as the store
  titan::testing::TemporaryDirectory directory_;
  titan::testing::FakeClock clock_;
  titan::testing::SeededRandom random_{3};
  std::ostringstream log_text_;
  Log log_{log_text_, clock_, Log::Format::json};
  std::unique_ptr<store::SqliteStore> store_ =
      store::SqliteStore::open(directory_.path() + "/titan.db", clock_, random_,
                               {.synchronous = store::SqliteStore::Synchronous::normal})
          .value();
  titan::testing::FaultyStore faults_{*store_};
  std::unique_ptr<Copier> one_;
  std::unique_ptr<Copier> other_;
  std::unique_ptr<ProcessorRunner> runner_;
};

TEST_F(Runner, TellsEveryProcessorEveryChangeOnceAndInOrder) {
  for (int i = 0; i < 5; ++i) put_host("h" + std::to_string(i), 1);
  settle();
  // Their own writes are changes, too.
  std::vector<std::uint64_t> all;
  for (std::uint64_t seq = 1; seq <= head(); ++seq) all.push_back(seq);
  EXPECT_EQ(one_->taken, all);
  EXPECT_EQ(other_->taken, all);
  EXPECT_EQ(head(), 15U);
}

TEST_F(Runner, TakesNoChangeThatTheFleetDoesNotKnowYet) {
  const std::uint64_t first = put_host("a", 1);
  const std::uint64_t second = put_host("a", 2);
  known_ = first;
  settle();
  EXPECT_EQ(one_->taken, std::vector<std::uint64_t>{first});
  known_ = second;
  settle();
  EXPECT_EQ(one_->taken, (std::vector<std::uint64_t>{first, second}));
}

TEST_F(Runner, ACursorMovesInTheTransactionOfTheWrites) {
  const std::uint64_t seq = put_host("pi", 1);
  settle();
  EXPECT_EQ(copy("one.pi"), "1");
  EXPECT_GE(cursor("one"), seq);
  bool together = false;
  for (const std::string& call : faults_.calls()) {
    together = together || call == "commit titan default/workload/default/one.pi cursor one";
  }
  EXPECT_TRUE(together);
}

TEST_F(Runner, WithoutWritesACursorIsStoredOnlyWhenItLagsFarBehind) {
  const auto put_target = [&](int i) {
    ASSERT_TRUE(store_->commit(
        {.mutations = {{.key = {.kind = Kind::workspace, .name = "w" + std::to_string(i)},
                        .entity = model::Entity{.name = "w" + std::to_string(i),
                                                .spec = model::WorkspaceSpec{},
                                                .status = model::Status::ready}}}}));
  };
  put_target(0);
  settle();
  EXPECT_EQ(cursor("one"), 0U);
  EXPECT_EQ(done("one"), head());
  for (int i = 1; i <= static_cast<int>(kCursorLagMax); ++i) put_target(i);
  settle();
  EXPECT_EQ(cursor("one"), head());
  put_target(-1 + 5000);
  settle();
  EXPECT_LT(cursor("one"), head());
  ASSERT_TRUE(runner_->flush());
  EXPECT_EQ(cursor("one"), head());
  EXPECT_EQ(cursor("other"), head());
}

TEST_F(Runner, ARestartGoesOnAtTheCursorAndRepeatsWhatWasNotStored) {
  put_host("pi", 1);
  settle();
  const std::uint64_t stored = cursor("one");
  const std::uint64_t missed = put_host("nuc", 1);
  start();
  settle();
  ASSERT_FALSE(one_->taken.empty());
  EXPECT_EQ(one_->taken.front(), stored + 1);
  EXPECT_LE(one_->taken.front(), missed);
  EXPECT_EQ(copy("one.nuc"), "1");
  EXPECT_EQ(copy("other.nuc"), "1");
}

TEST_F(Runner, AKillAtAnyCallOfTheStoreLosesNothing) {
  // Each round: a change, a kill at the n-th call of what follows, a restart.
  for (std::size_t n = 1; n <= 12; ++n) {
    const std::string name = "h" + std::to_string(n);
    put_host(name, 1);
    faults_.reset();
    faults_.fail_from(n, unavailable("killed"));
    runner_->step();
    runner_->step();
    faults_.reset();
    start();
    settle();
    EXPECT_EQ(copy("one." + name), "1") << n;
    EXPECT_EQ(copy("other." + name), "1") << n;
  }
}

TEST_F(Runner, ACommitWhoseAnswerIsLostIsDoneAgainToNoHarm) {
  put_host("pi", 1);
  faults_.lose_answer_of_commit(1);
  EXPECT_EQ(runner_->step(), clock_.monotonic());
  EXPECT_EQ(one_->redone, std::vector<std::string>{"one.pi"});
  settle();
  EXPECT_EQ(copy("one.pi"), "1");
  EXPECT_EQ(store_->get({.kind = Kind::workload, .workspace = "default", .name = "one.pi"})
                .value()
                .revision,
            1U);
}

TEST_F(Runner, WhatWasOvertakenIsDoneAgainAndTheRestOfTheBatchIsWritten) {
  put_host("a", 1);
  put_host("b", 1);
  const std::uint64_t last = put_host("c", 1);
  one_->lies_once = {"b"};
  settle();
  EXPECT_EQ(one_->redone, std::vector<std::string>{"one.b"});
  for (const char* name : {"one.a", "one.b", "one.c"}) EXPECT_EQ(copy(name), "1");
  EXPECT_GE(done("one"), last);
}

TEST_F(Runner, AProcessorThatFailsHoldsUpNeitherTheOthersNorTheWrites) {
  one_->fails = true;
  const std::uint64_t seq = put_host("pi", 1);
  EXPECT_LE(runner_->step(), clock_.monotonic() + kFaultPause);
  settle();
  EXPECT_EQ(copy("one.pi"), "none");
  EXPECT_EQ(copy("other.pi"), "1");
  EXPECT_LT(done("one"), seq);
  EXPECT_NE(log_text_.str().find("told to fail"), std::string::npos);

  // It is tried again after a pause, not at once.
  EXPECT_EQ(runner_->step(), clock_.monotonic() + kFaultPause);
  one_->fails = false;
  settle();
  EXPECT_EQ(copy("one.pi"), "1");
  EXPECT_GE(done("one"), seq);
}

TEST_F(Runner, StepsWhenTheEarliestProcessorWantsIt) {
  one_->more_at = std::chrono::seconds(40);
  other_->more_at = std::chrono::seconds(30);
  EXPECT_EQ(runner_->step(), clock_.monotonic() + std::chrono::seconds(30));
}

TEST_F(Runner, CompactionNeverPassesAProcessorThatHasDoneNothingYet) {
  one_->fails = true;
  FleetState state;
  store_->listen([&](std::span<const model::Change> changes) {
    state.update([&](FleetView& view) { apply(view, changes); });
  });
  Compactor compactor(faults_, state, *runner_, clock_, {.changes = 2});
  for (int i = 0; i < 10; ++i) put_host("pi", i + 1);
  settle();
  ASSERT_TRUE(compactor.step());
  EXPECT_EQ(store_->horizon().value(), 0U);
  one_->fails = false;
  settle();
  EXPECT_EQ(copy("one.pi"), "10");
  clock_.advance(kCompactionPause);
  ASSERT_TRUE(compactor.step());
  EXPECT_EQ(store_->horizon().value(), head() - 2);
  store_->listen({});
}

TEST_F(Runner, AProcessorThatIsNewBeginsAtTheHorizon) {
  for (int i = 0; i < 5; ++i) put_host("pi", i + 1);
  const std::uint64_t horizon = store_->compact(3, 100).value();
  start();
  settle();
  EXPECT_EQ(horizon, 3U);
  EXPECT_EQ(one_->taken.front(), 4U);
}

}  // namespace
}  // namespace titan::server_lite
