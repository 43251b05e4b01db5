#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "base/clock.hpp"
#include "store/sqlite_connection.hpp"
#include "store/sqlite_store.hpp"
#include "tests/store/store_contract.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::store {
namespace {

// Commits pairs of hosts without end, and says on `acknowledge` the seq of each pair that is in.
// A pair and a report go into one batch, so that half of one would show.
[[noreturn]] void commit_for_ever(const std::string& path, std::uint64_t seed, int acknowledge) {
  SystemClock clock;
  testing::SeededRandom random(seed);
  auto store = SqliteStore::open(path, clock, random).value();
  while (true) {
    const std::uint64_t seq = store->head()->seq;
    const std::string name = std::to_string(seq / 2);
    // Padding of many sizes moves the checkpoints about.
    const model::Entity first = workspace("a" + name, std::string(random.below(4'000), 'x'));
    const model::Entity second = workspace("b" + name);
    const auto done = store->commit(
        {.mutations = {{first.key(), 0, first}, {second.key(), 0, second}},
         .observations = {{.host = "tim-pi", .report = report(std::to_string(seq + 2))}}});
    if (!done) ::_exit(1);
    const std::uint64_t stored = done->back().seq;
    if (::write(acknowledge, &stored, sizeof stored) != sizeof stored) ::_exit(2);
  }
}

// Lets a child commit on the file until it acknowledged `count` more batches, and kills it then,
// wherever it is. Gives the greatest seq acknowledged.
std::uint64_t kill_after(const std::string& path, std::uint64_t seed, std::uint64_t count) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    commit_for_ever(path, seed, ends[1]);
  }
  ::close(ends[1]);
  std::uint64_t acknowledged = 0;
  std::uint64_t seq = 0;
  for (std::uint64_t i = 0; ::read(ends[0], &seq, sizeof seq) == sizeof seq; ++i) {
    acknowledged = seq;
    if (i == count) ::kill(child, SIGKILL);  // what it still says until then counts too
  }
  ::close(ends[0]);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "status " << status;
  return acknowledged;
}

void expect_intact(const std::string& path) {
  const auto connection = Connection::open(path).value();
  auto check = connection->query("PRAGMA integrity_check").value();
  ASSERT_TRUE(check.step().value());
  EXPECT_EQ(check.bytes(0), "ok");
}

// The log, the entities and the report tell one story, up to `acknowledged` at least.
void expect_whole(const std::string& path, std::uint64_t acknowledged) {
  const SystemClock clock;
  testing::SeededRandom random(1);
  const auto store = SqliteStore::open(path, clock, random).value();
  const std::uint64_t head = store->head()->seq;
  EXPECT_GE(head, acknowledged);
  EXPECT_EQ(head % 2, 0U) << "half a batch is there";
  const auto changes = store->changes(0, 10'000, {}).value();
  ASSERT_EQ(changes.size(), head);
  for (std::uint64_t i = 0; i < head; ++i) EXPECT_EQ(changes[i].seq, i + 1);
  const auto entities =
      store->list({.kind = model::Kind::workspace, .limit = 10'000}).value().items;
  EXPECT_EQ(entities.size(), head);
  EXPECT_EQ(all_reports(*store).front().report.agent_version, std::to_string(head));
}

TEST(SqliteStoreCrash, KeepsEveryAcknowledgedWriteWhenItIsKilled) {
  constexpr std::uint64_t kSeed = 7;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  testing::SeededRandom dice(kSeed);
  const testing::TemporaryDirectory directory;
  const std::string path = directory.path() + "/titan.db";
  for (int round = 0; round < 30; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    const std::uint64_t acknowledged = kill_after(path, dice.next(), dice.below(40));
    expect_intact(path);
    expect_whole(path, acknowledged);
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace titan::store
