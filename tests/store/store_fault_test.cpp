// Each call to the disk fails in its turn, in every way, in the middle of a day's work of a store.
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "store/backup.hpp"
#include "store/check.hpp"
#include "store/sqlite_store.hpp"
#include "tests/store/faulty_vfs.hpp"
#include "tests/store/store_contract.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::store {
namespace {

namespace fs = std::filesystem;
using Fault = FaultyVfs::Fault;

// Under the sanitizers fewer calls fail in their turn: they are slow.
#ifdef __SANITIZE_ADDRESS__
constexpr std::uint64_t kTimesFewer = 11;
#else
constexpr std::uint64_t kTimesFewer = 1;
#endif

Result<void> outcome(bool as_expected, const std::string& found) {
  if (as_expected) return {};
  return internal("unexpected: " + found);
}

// One run of a script on a disk that fails as planned. Every operation is tried until it is done:
// after the first error the disk is well again, and then it must work, on the same open store.
class FaultyDay {
 public:
  FaultyDay(const std::string& folder, FaultyVfs& vfs) : folder_(folder), vfs_(vfs) {}

  void play(const FaultyVfs::Plan& plan) {
    vfs_.begin(plan);
    attempt("open", [&] { return open(); });
    attempt("create", [&] { return put(workspace("first", "1"), 0); });
    attempt("create many", [&] { return put_many(); });
    attempt("update", [&] { return put(workspace("first", std::string(4'000, '2')), {}); });
    attempt("unchanged", [&] { return put(workspace("first", std::string(4'000, '2')), {}); });
    attempt("list", [&] { return list(); });
    attempt("report", [&] { return store_report(); });
    attempt("put a blob", [&] { return put_blob(); });
    attempt("get a blob", [&] { return get_blob(); });
    attempt("move a cursor", [&] { return move_cursor(); });
    attempt("read the log", [&] { return read_log(); });
    attempt("back up", [&] { return back_up_all(); });
    attempt("compact", [&] { return compact(); });
    attempt("delete", [&] { return remove(); });
    struck_ = vfs_.struck();
    calls_ = vfs_.calls();
    store_.reset();  // closing may fail, too
    vfs_.heal();
  }

  // What any later server finds.
  void expect_all_there() {
    vfs_.heal();
    SCOPED_TRACE("failed: " + struck_);
    expect_sound(database(), true);
    EXPECT_TRUE(fs::exists(backup()));
    if (HasFailure()) return;
    const auto store = SqliteStore::open(database(), clock_, random_, calm()).value();
    EXPECT_EQ(store->head()->seq, 6U);
    EXPECT_FALSE(store->get(workspace("m1").key()));
    EXPECT_EQ(
        std::get<model::WorkspaceSpec>(store->get(workspace("first").key())->spec).description,
        std::string(4'000, '2'));
    EXPECT_EQ(store->report("default", "tim-pi")->report.agent_version, "1");
    EXPECT_EQ(store->get_blob(Digest::of(kBytes)).value(), kBytes);
    EXPECT_EQ(store->cursor("reader").value(), 4U);
    EXPECT_EQ(store->horizon().value(), 2U);
  }

  [[nodiscard]] std::uint64_t calls() const { return calls_; }
  [[nodiscard]] const std::string& struck() const { return struck_; }
  [[nodiscard]] std::uint64_t errors() const { return errors_; }

 private:
  static bool HasFailure() { return ::testing::Test::HasFailure(); }
  // The same layer without a fault: it flushes nothing to the real disk, which takes time.
  [[nodiscard]] SqliteStore::Options calm() const { return {.vfs = vfs_.name()}; }
  [[nodiscard]] std::string database() const { return folder_ + "/titan.db"; }
  [[nodiscard]] std::string backup() const { return folder_ + "/titan.bak"; }

  void attempt(const std::string& name, const std::function<Result<void>()>& operation) {
    if (HasFailure()) return;
    const auto done = operation();
    if (done) return;
    SCOPED_TRACE("in \"" + name + "\" failed: " + vfs_.struck());
    ++errors_;
    const ErrorCode code = done.error().code;
    EXPECT_TRUE(code == ErrorCode::unavailable || code == ErrorCode::exhausted)
        << name_of(code) << ": " << done.error().text();
    vfs_.heal();
    expect_crash_loses_nothing();
    const auto again = operation();
    EXPECT_TRUE(again) << "the disk is well again: " << again.error().text();
  }

  // Were the power cut now, another server would find what is acknowledged.
  void expect_crash_loses_nothing() {
    if (store_ == nullptr) return;
    const std::string copy = folder_ + "/crashed.db";
    for (const char* suffix : {"", "-wal"}) {
      fs::remove(copy + suffix);
      if (fs::exists(database() + suffix)) fs::copy_file(database() + suffix, copy + suffix);
    }
    expect_sound(copy, false);
    const auto store = SqliteStore::open(copy, clock_, random_, calm());
    ASSERT_TRUE(store) << store.error().text();
    EXPECT_GE((*store)->head()->seq, acknowledged_seq_);
    for (const auto& entity : acknowledged_) EXPECT_TRUE((*store)->get(entity)) << entity.text();
  }

  static void expect_sound(const std::string& path, bool whole) {
    const auto tell = [&](const std::string& finding) { ADD_FAILURE() << path << ": " << finding; };
    const auto checked = check_database(path, tell);
    // Until the first commit there may be no schema yet.
    if (!checked && !whole && checked.error().code == ErrorCode::invalid) return;
    EXPECT_TRUE(checked) << checked.error().text();
  }

  Result<void> open() {
    if (store_ != nullptr) return {};
    TITAN_ASSIGN(store_, SqliteStore::open(database(), clock_, random_, {.vfs = vfs_.name()}));
    return {};
  }

  Result<void> put(const model::Entity& entity, std::optional<std::uint64_t> expected) {
    auto done = store_->commit({.mutations = {{entity.key(), expected, entity}}});
    // After `unavailable` only reading tells; a create that got in anyway is a conflict here.
    if (!done && done.error().code == ErrorCode::conflict) {
      TITAN_ASSIGN(const model::Entity found, store_->get(entity.key()));
      if (found.spec == entity.spec) return {};
    }
    if (!done) return done.error();
    acknowledge(*done);
    TITAN_ASSIGN(const model::Entity read, store_->get(entity.key()));
    return outcome(read.spec == entity.spec, "another state than was written");
  }

  Result<void> put_many() {
    Batch batch{.request_id = "many"};
    for (int i = 1; i <= 3; ++i) {
      const auto entity = workspace("m" + std::to_string(i), std::string(3'900, 'm'));
      batch.mutations.push_back({entity.key(), {}, entity});
    }
    TITAN_ASSIGN(const auto done, store_->commit(batch));
    acknowledge(done);
    TITAN_ASSIGN(const CommittedRange range, store_->committed("many"));
    return outcome(range.last_seq - range.first_seq == 2, "a part of a batch");
  }

  Result<void> list() {
    TITAN_ASSIGN(const Page page, store_->list({.kind = model::Kind::workspace, .limit = 100}));
    return outcome(page.items.size() == 4, std::to_string(page.items.size()) + " entities");
  }

  Result<void> store_report() {
    TITAN_TRY(store_->commit({.observations = {{.host = "tim-pi", .report = report("1")}}}));
    TITAN_ASSIGN(const StoredReport read, store_->report("default", "tim-pi"));
    return outcome(read.report.agent_version == "1", "another report");
  }

  Result<void> put_blob() {
    TITAN_TRY(store_->put_blob(Digest::of(kBytes), kBytes));
    return {};
  }

  Result<void> get_blob() {
    TITAN_ASSIGN(const std::string read, store_->get_blob(Digest::of(kBytes)));
    return outcome(read == kBytes, "other bytes");
  }

  Result<void> move_cursor() {
    TITAN_TRY(store_->commit({.cursor = Cursor{"reader", 4}}));
    TITAN_ASSIGN(const std::uint64_t seq, store_->cursor("reader"));
    return outcome(seq == 4, "cursor at " + std::to_string(seq));
  }

  Result<void> read_log() {
    TITAN_ASSIGN(const auto log, store_->changes(0, 100, {}));
    TITAN_ASSIGN(const auto specs, store_->spec_changes(0, 100));
    TITAN_ASSIGN(const auto hosts, store_->changes(0, 100, {.kind = model::Kind::host}));
    TITAN_ASSIGN(const auto before, store_->seq_before(clock_.wall()));
    return outcome(log.size() == 5 && specs.size() == 5 && hosts.empty() && before == 0,
                   std::to_string(log.size()) + " changes");
  }

  Result<void> back_up_all() {
    const auto done = back_up(database(), backup(), {.vfs = vfs_.name()});
    if (done) return outcome(done->bookmark.seq == 5, done->bookmark.text());
    EXPECT_FALSE(fs::exists(backup()));
    return done.error();
  }

  Result<void> compact() {
    TITAN_ASSIGN(const std::uint64_t horizon, store_->compact(2, 100));
    return outcome(horizon == 2, "horizon " + std::to_string(horizon));
  }

  Result<void> remove() {
    const model::Key key = workspace("m1").key();
    std::erase(acknowledged_, key);  // whether it is gone after an error only reading tells
    const auto done = store_->commit({.mutations = {{key}}});
    if (!done && done.error().code == ErrorCode::not_found) return {};
    if (!done) return done.error();
    return {};
  }

  void acknowledge(const std::vector<model::Change>& changes) {
    for (const model::Change& change : changes) {
      acknowledged_seq_ = change.seq;
      acknowledged_.push_back(change.key);
    }
  }

  static inline const std::string kBytes = std::string(20'000, 'b');

  const std::string folder_;
  FaultyVfs& vfs_;
  testing::FakeClock clock_;
  testing::SeededRandom random_{1};
  std::unique_ptr<SqliteStore> store_;
  std::uint64_t acknowledged_seq_ = 0;
  std::vector<model::Key> acknowledged_;
  std::uint64_t calls_ = 0;
  std::uint64_t errors_ = 0;
  std::string struck_;
};

struct FaultRow {
  const char* name;
  Fault fault;
  bool lasting;
  std::uint64_t stride;  // 1: every call fails in its turn; 3: every third
};

class StoreFaultTest : public ::testing::TestWithParam<FaultRow> {};

TEST_P(StoreFaultTest, LosesNothingAndRecoversByItselfWhicheverCallFails) {
  FaultyVfs vfs;
  const FaultRow& row = GetParam();
  FaultyVfs::Plan plan{.fault = row.fault, .lasting = row.lasting};
  const std::uint64_t stride = row.stride * kTimesFewer;
  std::uint64_t calls = 1;
  std::uint64_t errors = 0;
  {
    const testing::TemporaryDirectory directory(testing::folder_in_memory());
    FaultyDay day(directory.path(), vfs);
    day.play(plan);
    day.expect_all_there();
    ASSERT_FALSE(HasFailure()) << "without any fault";
    calls = day.calls();
  }
  for (plan.at = 1; plan.at <= calls; plan.at += stride) {
    SCOPED_TRACE("call " + std::to_string(plan.at) + " of " + std::to_string(calls));
    const testing::TemporaryDirectory directory(testing::folder_in_memory());
    FaultyDay day(directory.path(), vfs);
    day.play(plan);
    EXPECT_FALSE(day.struck().empty());
    day.expect_all_there();
    errors += day.errors();
    if (HasFailure()) return;
  }
  EXPECT_GT(errors, calls / stride / 2) << "most faults must have been told";
}

INSTANTIATE_TEST_SUITE_P(Every, StoreFaultTest,
                         ::testing::Values(FaultRow{"IoErrorOnce", Fault::io_error, false, 1},
                                           FaultRow{"IoErrorFromThenOn", Fault::io_error, true, 3},
                                           FaultRow{"DiskFullOnce", Fault::disk_full, false, 1},
                                           FaultRow{"DiskFullFromThenOn", Fault::disk_full, true,
                                                    3}),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace titan::store
