#include "store/check.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "store/sqlite_connection.hpp"
#include "store/sqlite_store.hpp"
#include "tests/store/store_contract.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::store {
namespace {

namespace fs = std::filesystem;

model::Entity template_of(const std::string& content) {
  return {.name = "service",
          .spec = model::TemplateSpec{.files = {{.path = "root/etc/a.conf",
                                                 .digest = Digest::of(content),
                                                 .size = content.size()}}}};
}

model::Entity deployment(const std::string& workload_name) {
  return {.name = "prod",
          .workspace = "team",
          .spec = model::DeploymentSpec{
              .workload = workload_name, .template_name = "service", .target = "pis"}};
}

// A file with something of everything: 6 entities, 8 changes in the log, one deleted host.
class CheckTest : public ::testing::Test {
 protected:
  std::unique_ptr<SqliteStore> open() { return SqliteStore::open(path_, clock_, random_).value(); }
  static void put(Store& store, const model::Entity& entity) {
    const auto done = store.commit({.mutations = {{entity.key(), {}, entity}}});
    ASSERT_TRUE(done) << done.error().text();
  }
  void fill() {
    const auto store = open();
    ASSERT_TRUE(store->put_blob(Digest::of("hello"), "hello"));
    put(*store, workspace("team"));
    put(*store, host("a"));
    put(*store, template_of("hello"));
    put(*store, workload("team", "sensor"));
    put(*store, {.name = "pis",
                 .workspace = "team",
                 .spec = model::TargetSpec{.labels = {{"site", "lab"}}}});
    put(*store, deployment("sensor"));
    put(*store, host("b"));
    ASSERT_TRUE(store->commit({.mutations = {{host("b").key()}}}));
    ASSERT_TRUE(store->commit(
        {.observations = {{.host = "a", .report = report("1")}}, .cursor = Cursor{"reader", 5}}));
  }
  void tamper(const std::string& sql) {
    const auto done = Connection::open(path_).value()->script(sql);
    ASSERT_TRUE(done) << sql << ": " << done.error().text();
  }
  std::vector<std::string> findings() {
    std::vector<std::string> found;
    summary_ = {};
    const auto done = check_database(path_, [&](const std::string& one) { found.push_back(one); });
    if (!done) return {done.error().text()};
    summary_ = *done;
    EXPECT_EQ(summary_.findings, found.size());
    return found;
  }

  testing::TemporaryDirectory directory_;
  std::string path_ = directory_.path() + "/titan.db";
  testing::FakeClock clock_;
  testing::SeededRandom random_{1};
  CheckSummary summary_;
};

TEST_F(CheckTest, FindsNothingInASoundFileAndCountsWhatItSaw) {
  fill();
  EXPECT_EQ(findings(), std::vector<std::string>());
  EXPECT_EQ(summary_.entities, 6U);
  EXPECT_EQ(summary_.changes, 8U);
  EXPECT_EQ(summary_.reports, 1U);
  EXPECT_EQ(summary_.blobs, 1U);
  EXPECT_EQ(summary_.cursors, 1U);
  EXPECT_EQ(summary_.horizon, 0U);
  EXPECT_EQ(summary_.bookmark, open()->head().value());
}

TEST_F(CheckTest, FindsNothingInANewFileNorInOneThatWasCompacted) {
  open().reset();
  EXPECT_EQ(findings(), std::vector<std::string>());
  fill();
  ASSERT_EQ(open()->compact(5, 100).value(), 5U);
  EXPECT_EQ(findings(), std::vector<std::string>());
  EXPECT_EQ(summary_.changes, 3U);
  EXPECT_EQ(summary_.horizon, 5U);
}

TEST_F(CheckTest, LooksAtOneMomentOfAStoreThatIsOpenAndChangesNothing) {
  fill();
  const auto store = open();
  put(*store, host("c"));
  const auto log_size = fs::file_size(path_ + "-wal");
  EXPECT_EQ(findings(), std::vector<std::string>());
  EXPECT_EQ(summary_.entities, 7U);
  EXPECT_EQ(fs::file_size(path_ + "-wal"), log_size);
  put(*store, host("d"));
}

// One row per promise that is broken, with the whole of what is told.
TEST_F(CheckTest, TellsEveryBrokenPromise) {
  struct Row {
    const char* sql;
    std::vector<std::string> told;
  };
  const std::string sensor = "workload team/sensor";
  const std::string hello = Digest::of("hello").text();
  const Row rows[] = {
      {"UPDATE meta SET epoch = 'x'", {"meta: the epoch and seq x.8 make no bookmark"}},
      {"UPDATE meta SET last_seq = 9", {"log: it ends at seq 8, and the last one written was 9"}},
      {"UPDATE meta SET last_time = 0",
       {"log: its last time is after that of the last write",
        "report of host a: it is from after the last write"}},
      {"DELETE FROM changes WHERE seq = 8",
       {"log: it ends at seq 7, and the last one written was 8",
        "host b: it is not there, and change 7 did not delete it"}},
      {"DELETE FROM changes WHERE seq = 7",
       {"change 8: the change before it is 6, expected 7",
        "change 8: host b: the log never says how it came to be"}},
      {"UPDATE changes SET time = 1 WHERE seq = 2",
       {"change 2: its time 1970-01-01T00:00:00.000001Z is not after that of the one before",
        "change 2: host a: modifiedTime is not its time"}},
      {"UPDATE meta SET horizon_seq = 3",
       {"change 1: it is before the horizon 3", "change 2: it is before the horizon 3",
        "change 3: it is before the horizon 3"}},
      {"UPDATE changes SET alters = 0 WHERE seq = 2",
       {"change 2: host a: it is marked as if hosts need not hear of it"}},
      {"UPDATE changes SET previous = 3 WHERE seq = 8",
       {"change 8: host b: it names change 3 as the one before, expected 7"}},
      {"UPDATE changes SET before = replace(before, '\"tags\":{}', '\"tags\":{\"x\":\"y\"}')"
       " WHERE seq = 8",
       {"change 8: host b: what was before is not what change 7 left"}},
      {"UPDATE entities SET state = replace(state, '\"tags\":{}', '\"tags\":{\"x\":\"y\"}')"
       " WHERE name = 'a'",
       {"host a: its state is not what change 2 left"}},
      {"UPDATE entities SET seq = 1 WHERE name = 'a'",
       {"host a: it names change 1 as its last, expected 2"}},
      {"UPDATE entities SET revision = 4 WHERE name = 'a'",
       {"host a: it is at revision 1, and the column says 4"}},
      {"UPDATE entities SET id = 'other' WHERE name = 'a'", {"host a: its id is "}},
      {"DELETE FROM entities WHERE name = 'a'",
       {"host a: it is not there, and change 2 did not delete it"}},
      {"DELETE FROM entities WHERE name = 'sensor'",
       {"deployment team/prod: spec.workload: " + sensor +
            " does not exist, and the status is not MISSING",
        sensor + ": it is not there, and change 4 did not delete it"}},
      {"INSERT INTO entities SELECT organization, kind, workspace, 'b', 'other', 1, 6,"
       " replace(replace(state, '\"name\":\"a\"', '\"name\":\"b\"'), id, 'other')"
       " FROM entities WHERE name = 'a'",
       {"host b: it is there, and change 8 deleted it"}},
      {"UPDATE changes SET kind = 99 WHERE seq = 2",
       {"change 2: kind 99, name a: ", "host a: the log does not know it",
        "kind 99, name a: it is not there, and change 2 did not delete it"}},
      {"UPDATE changes SET after = '[]' WHERE seq = 2",
       {"change 2: host a: ", "host a: its state is not what change 2 left"}},
      {"UPDATE entities SET state = '{' WHERE name = 'a'",
       {"host a: its state is not what change 2 left", "host a: what is stored is damaged"}},
      {"UPDATE reports SET report = '{}'", {"report of host a: what is stored is damaged"}},
      {"UPDATE reports SET digest = ''", {"report of host a: its digest is sha256:"}},
      {"DELETE FROM blobs",
       {"template service: the content of root/etc/a.conf is not there: blob " + hello}},
      {"UPDATE blobs SET bytes = X'00'",
       {"template service: root/etc/a.conf has 1 bytes, expected 5",
        "blob " + hello + ": the bytes have the digest "}},
      {"UPDATE cursors SET seq = 9", {"cursor reader: it is at 9, after the last seq 8"}},
      {"PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql ="
       " 'CREATE INDEX changes_by_kind ON changes (seq, kind)' WHERE name = 'changes_by_kind'",
       {"file: "}},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.sql);
    for (const auto& entry : fs::directory_iterator(directory_.path())) fs::remove(entry.path());
    fill();
    tamper(row.sql);
    const auto found = findings();
    ASSERT_GE(found.size(), row.told.size()) << ::testing::PrintToString(found);
    // What SQLite says of its own file may take more lines than one.
    if (!row.told.front().starts_with("file")) {
      EXPECT_EQ(found.size(), row.told.size()) << ::testing::PrintToString(found);
    }
    for (std::size_t i = 0; i < row.told.size(); ++i) {
      EXPECT_TRUE(found[i].starts_with(row.told[i])) << found[i] << "\nexpected " << row.told[i];
    }
  }
}

TEST_F(CheckTest, LetsAMissingReferenceBeWhenTheEntitySaysSo) {
  auto lonely = deployment("absent");
  lonely.status = model::Status::missing;
  lonely.reason = {"workload absent does not exist"};
  put(*open(), lonely);
  EXPECT_EQ(findings(), std::vector<std::string>());
}

TEST_F(CheckTest, LetsAnAssignmentOutliveItsHost) {
  const auto store = open();
  put(*store, {.name = "left-over",
               .workspace = "team",
               .spec = model::AssignmentSpec{.deployment = "prod", .host = "gone"},
               .status = model::Status::ready});
  EXPECT_EQ(findings(), std::vector<std::string>());
}

TEST_F(CheckTest, StopsWhenItHasToldEnough) {
  {
    const auto store = open();
    for (int i = 0; i < 30; ++i) {
      Batch batch;
      for (int j = 0; j < 40; ++j) {
        const auto entity = host("h" + std::to_string(i) + "-" + std::to_string(j));
        batch.mutations.push_back({entity.key(), 0, entity});
      }
      ASSERT_TRUE(store->commit(batch));
    }
  }
  tamper("UPDATE entities SET revision = 7");
  EXPECT_EQ(findings().size(), 1'000U);
  EXPECT_TRUE(summary_.cut_short);
}

TEST_F(CheckTest, TellsOfAPageThatIsNonsenseAndGoesOn) {
  fill();
  const auto blobs = Connection::open(path_).value()->integer(
      "SELECT rootpage FROM sqlite_schema WHERE name = 'reports'");
  FILE* file = std::fopen(path_.c_str(), "r+b");
  ASSERT_NE(file, nullptr);
  std::fseek(file, (*blobs - 1) * 4096, SEEK_SET);
  const std::string nonsense(4096, 'x');
  EXPECT_EQ(std::fwrite(nonsense.data(), 1, nonsense.size(), file), nonsense.size());
  std::fclose(file);
  const auto found = findings();
  ASSERT_FALSE(found.empty());
  EXPECT_TRUE(summary_.cut_short);
  EXPECT_EQ(summary_.blobs, 1U) << "what comes after the damage is looked at, too";
}

TEST_F(CheckTest, WantsTheSchemaOfToday) {
  EXPECT_EQ(findings(), std::vector<std::string>{path_ + ": there is no such file"});
  fill();
  tamper("PRAGMA user_version = 1");
  EXPECT_EQ(findings(),
            std::vector<std::string>{
                path_ + ": has schema version 1, and 4 can be checked: start titan-server on it"
                        " once"});
}

}  // namespace
}  // namespace titan::store
