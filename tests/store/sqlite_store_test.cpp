#include "store/sqlite_store.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "store/sqlite_connection.hpp"
#include "tests/store/store_contract.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::store {
namespace {

namespace fs = std::filesystem;

// A file as schema version 1 wrote it. It stays as it is when the schema goes on.
constexpr const char* kVersion1File = R"sql(
PRAGMA application_id = 1953068142;
PRAGMA user_version = 1;
CREATE TABLE meta (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), epoch TEXT NOT NULL,
  last_seq INTEGER NOT NULL, last_time INTEGER NOT NULL) STRICT;
CREATE TABLE entities (organization TEXT NOT NULL, kind INTEGER NOT NULL, workspace TEXT NOT NULL,
  name TEXT NOT NULL, id TEXT NOT NULL UNIQUE, state TEXT NOT NULL,
  PRIMARY KEY (organization, kind, workspace, name)) STRICT;
CREATE TABLE changes (seq INTEGER PRIMARY KEY, time INTEGER NOT NULL UNIQUE,
  organization TEXT NOT NULL, kind INTEGER NOT NULL, workspace TEXT NOT NULL, name TEXT NOT NULL,
  before TEXT, after TEXT, actor TEXT NOT NULL, request_id TEXT NOT NULL,
  CHECK (before IS NOT NULL OR after IS NOT NULL)) STRICT;
CREATE INDEX changes_by_kind ON changes (kind, seq);
CREATE TABLE reports (organization TEXT NOT NULL, host TEXT NOT NULL, epoch TEXT NOT NULL,
  seq INTEGER NOT NULL, time INTEGER NOT NULL, report TEXT NOT NULL,
  PRIMARY KEY (organization, host)) STRICT;
CREATE TABLE blobs (digest TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT;

INSERT INTO meta VALUES (1, '0123456789abcdef', 41, 1772366400000000);
INSERT INTO entities VALUES ('default', 3, 'team', 'sensor', '5bd8c1a4-0f6e-4d7a-9b1c-2e3f4a5b6c7d',
  '{"kind":"Workload","id":"5bd8c1a4-0f6e-4d7a-9b1c-2e3f4a5b6c7d","name":"sensor",
    "organizationId":"default","workspace":"team","createdTime":"2026-03-01T12:00:00.000000Z",
    "modifiedTime":"2026-03-01T12:00:00.000000Z","revision":1,"version":1,"status":"READY",
    "reason":[],"tags":{"owner":"tim"},"delete":false,
    "spec":{"repo":"https://example.org/sensor"}}');
INSERT INTO changes SELECT 41, 1772366400000000, organization, kind, workspace, name, NULL, state,
  'tim', 'req-1' FROM entities;
INSERT INTO reports VALUES ('default', 'tim-pi', '0123456789abcdef', 41, 1772366400000000,
  '{"agentVersion":"0.1.0","deployments":[]}');
INSERT INTO blobs VALUES
  ('sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824', X'68656c6c6f');
)sql";

class SqliteStoreTest : public ::testing::Test {
 protected:
  Result<std::unique_ptr<SqliteStore>> open() { return SqliteStore::open(path_, clock_, random_); }
  // Runs SQL on the file while no store has it open.
  void tamper(const std::string& sql) {
    if (!fs::exists(path_)) std::ofstream{path_};
    const auto connection = Connection::open(path_).value();
    const auto done = connection->script(sql);
    ASSERT_TRUE(done) << done.error().text();
  }
  static Result<std::vector<model::Change>> put(Store& store, const model::Entity& entity) {
    return store.commit({.mutations = {{entity.key(), {}, entity}}});
  }

  testing::TemporaryDirectory directory_;
  std::string path_ = directory_.path() + "/titan.db";
  testing::FakeClock clock_;
  testing::SeededRandom random_{1};
};

TEST_F(SqliteStoreTest, RefusesASecondServerOnOneFile) {
  const std::string link = directory_.path() + "/link.db";
  fs::create_symlink("titan.db", link);
  auto first = open().value();
  const auto second = open();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::conflict);
  EXPECT_EQ(second.error().text(), path_ + ": is in use by another titan-server");
  const auto linked = SqliteStore::open(link, clock_, random_);
  EXPECT_EQ(linked.error().code, ErrorCode::conflict);
  ASSERT_TRUE(put(*first, host("a")));
  first.reset();
  EXPECT_TRUE(open());
}

TEST_F(SqliteStoreTest, LetsOnlyTheOwnerReadTheFiles) {
  const auto mode = [](const std::string& path) {
    struct stat found {};
    EXPECT_EQ(::stat(path.c_str(), &found), 0) << path;
    return found.st_mode & 0777U;
  };
  const mode_t before = ::umask(0);
  auto store = open().value();
  ::umask(before);
  ASSERT_TRUE(put(*store, host("a")));
  for (const char* suffix : {"", "-wal", "-shm"}) EXPECT_EQ(mode(path_ + suffix), 0600U) << suffix;
  store.reset();
  fs::permissions(path_, fs::perms(0644));
  store = open().value();
  EXPECT_EQ(mode(path_), 0600U);
}

TEST_F(SqliteStoreTest, LeavesOneFileWhenClosed) {
  auto store = open().value();
  ASSERT_TRUE(put(*store, host("a")));
  EXPECT_GT(fs::file_size(path_ + "-wal"), 0U);
  store.reset();
  EXPECT_FALSE(fs::exists(path_ + "-wal"));
  EXPECT_FALSE(fs::exists(path_ + "-shm"));
}

TEST_F(SqliteStoreTest, TouchesNoDiskWhenNothingChanges) {
  const auto store = open().value();
  ASSERT_TRUE(put(*store, host("a")));
  const auto contents = [&] {
    std::map<std::string, std::pair<std::uintmax_t, fs::file_time_type>> files;
    for (const auto& entry : fs::directory_iterator(directory_.path())) {
      if (entry.path().extension() == ".db-shm") continue;  // shared memory, not disk
      files[entry.path().filename()] = {entry.file_size(), entry.last_write_time()};
    }
    return files;
  };
  const auto before = contents();
  EXPECT_TRUE(put(*store, host("a"))->empty());
  EXPECT_FALSE(store->commit({.mutations = {{host("b").key()}}}));
  EXPECT_TRUE(store->check());
  EXPECT_EQ(contents(), before);
}

TEST_F(SqliteStoreTest, OpensAFileOfVersionOne) {
  tamper(kVersion1File);
  const auto store = open().value();
  EXPECT_EQ(store->head()->text(), "0123456789abcdef.41");
  const auto listed = store->list({.kind = model::Kind::workload, .limit = 10}).value().items;
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0].key().text(), "default/workload/team/sensor");
  EXPECT_EQ(listed[0].id, "5bd8c1a4-0f6e-4d7a-9b1c-2e3f4a5b6c7d");
  EXPECT_EQ(std::get<model::WorkloadSpec>(listed[0].spec).repo, "https://example.org/sensor");
  EXPECT_EQ(listed[0].tags, (model::Tags{{"owner", "tim"}}));
  const auto changes = store->changes(0, 10, {}).value();
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].actor, "tim");
  EXPECT_EQ(changes[0].after, listed[0]);
  EXPECT_EQ(all_reports(*store).front().report.agent_version, "0.1.0");
  EXPECT_EQ(store->get_blob(Digest::of("hello")).value(), "hello");
  EXPECT_EQ(put(*store, host("a"))->front().seq, 42U);
}

// A host's state as schema version 1 held it.
std::string host_state(int revision, int version, bool deleting) {
  const std::string number = std::to_string(revision);
  return R"({"createdTime":"2026-03-01T12:00:00.000000Z","delete":)" +
         std::string(deleting ? "true" : "false") +
         R"(,"id":"0a1b2c3d-0f6e-4d7a-9b1c-2e3f4a5b6c7d","kind":"Host","modifiedTime":)"
         R"("2026-03-01T12:00:00.00000)" +
         number + R"(Z","name":"tim-pi","organizationId":"default","reason":[],"revision":)" +
         number + R"(,"spec":{"labels":{"n":")" + std::to_string(version) +
         R"("}},"status":"READY","tags":{},"version":)" + std::to_string(version) + "}";
}

std::string quoted(const std::string& state) {
  return state.empty() ? "NULL" : "'" + state + "'";
}

// A whole life of a host in a file of version 1, beside what the file had.
std::string host_history() {
  // Created, status, spec, status, deletion asked for, deleted; created anew.
  const std::string states[] = {"",
                                host_state(1, 1, false),
                                host_state(2, 1, false),
                                host_state(3, 2, false),
                                host_state(4, 2, false),
                                host_state(5, 2, true),
                                "",
                                host_state(1, 1, false)};
  std::string sql;
  for (int i = 1; i < 8; ++i) {
    sql += "INSERT INTO changes VALUES (" + std::to_string(41 + i) + ", 17723664000000" +
           std::to_string(10 + i) + ", 'default', 1, '', 'tim-pi', " + quoted(states[i - 1]) +
           ", " + quoted(states[i]) + ", 'tim', 'req-2');";
  }
  return sql + "INSERT INTO entities VALUES ('default', 1, '', 'tim-pi', 'an-id', " +
         quoted(states[7]) + "); UPDATE meta SET last_seq = 48, last_time = 1772366400000017;" +
         "INSERT INTO reports VALUES ('default', 'broken', '0123456789abcdef', 41, 7, '{');";
}

TEST_F(SqliteStoreTest, CarriesTheHistoryOfAFileOfVersionOneOver) {
  tamper(kVersion1File + host_history());
  const auto store = open().value();
  EXPECT_EQ(store->horizon().value(), 0U);
  EXPECT_EQ(store->changes(0, 100, {})->size(), 8U);
  std::vector<std::uint64_t> seqs;
  const auto altering = store->spec_changes(0, 100).value();
  for (const SpecChange& change : altering) seqs.push_back(change.seq);
  EXPECT_EQ(seqs, (std::vector<std::uint64_t>{41, 42, 44, 46, 48}));
  EXPECT_EQ(store->committed("req-2").value(), (CommittedRange{42, 48}));
  // The host at each moment: its revision, or 0 when it was not there.
  const std::uint64_t revisions[] = {0, 1, 2, 3, 4, 5, 0, 1};
  for (std::uint64_t i = 0; i < 8; ++i) {
    const auto then = store->list({.kind = model::Kind::host, .at = 41 + i, .limit = 10}).value();
    EXPECT_EQ(then.items.empty() ? 0 : then.items.front().revision, revisions[i]) << "at " << i;
  }
  // Writes go on from what was carried over.
  EXPECT_EQ(put(*store, host("tim-pi", {{"n", "9"}}))->front().after->revision, 2U);
  EXPECT_EQ(store->list({.kind = model::Kind::host, .at = 43, .limit = 10})->items.size(), 1U);
}

TEST_F(SqliteStoreTest, GivesTheReportsOfAFileOfVersionOneTheirDigests) {
  tamper(kVersion1File + host_history());
  const auto store = open().value();
  const auto heads = store->report_heads().value();
  ASSERT_EQ(heads.size(), 2U);
  EXPECT_EQ(heads[0].host, "broken");
  EXPECT_EQ(heads[0].digest, Digest());
  EXPECT_EQ(heads[1].host, "tim-pi");
  EXPECT_EQ(heads[1].digest, digest_of(store->report("default", "tim-pi")->report));
  // The damaged one is replaced by the next.
  ASSERT_TRUE(store->commit({.observations = {{.host = "broken", .report = report("1")}}}));
  EXPECT_EQ(store->report_heads()->front().digest, digest_of(report("1")));
}

// Reports of version 1 said no `since`: what they said is known since they came.
TEST_F(SqliteStoreTest, DatesWhatAReportOfVersionOneSaidByItsTime) {
  tamper(kVersion1File + std::string("UPDATE reports SET report ="
                                     " '{\"agentVersion\":\"1\",\"deployments\":["
                                     "{\"commit\":\"\",\"key\":\"default/deployment/default/prod\","
                                     "\"reason\":\"\",\"renderedDigest\":\"\",\"status\":\"READY\","
                                     "\"version\":3}]}'"));
  const auto store = open().value();
  const StoredReport before = store->report("default", "tim-pi").value();
  clock_.advance(std::chrono::hours(1));
  ASSERT_TRUE(store->commit({.observations = {{.host = "tim-pi", .report = before.report}}}));
  EXPECT_EQ(store->report("default", "tim-pi")->report, dated(before.report, before.time));
}

// The SQL of all tables and indexes, without white space, and the version.
std::string schema_of(const std::string& path) {
  const auto connection = Connection::open(path).value();
  std::string schema = std::to_string(connection->integer("PRAGMA user_version").value());
  auto rows = connection->query("SELECT sql FROM sqlite_schema WHERE sql <> '' ORDER BY name");
  while (rows->step().value()) {
    for (const char byte : rows->bytes(0)) {
      if (byte != ' ' && byte != '\n') schema += byte;
    }
  }
  return schema;
}

TEST_F(SqliteStoreTest, MakesTodaysSchemaForANewFile) {
  open().value().reset();
  const std::string created = schema_of(path_);
  path_ = directory_.path() + "/one.db";
  tamper(kVersion1File);
  open().value().reset();
  EXPECT_EQ(schema_of(path_), created);
}

TEST_F(SqliteStoreTest, GivesAFileOfVersionTwoTheSchemaOfToday) {
  open().value().reset();
  const std::string created = schema_of(path_);
  tamper("DROP TABLE blob_owners; DROP INDEX changes_by_actor; PRAGMA user_version = 2;");
  open().value().reset();
  EXPECT_EQ(schema_of(path_), created);
}

TEST_F(SqliteStoreTest, GivesTheBlobsOfAFileOfVersionThreeToTheOnlyOrganizationOfThen) {
  const Digest digest = Digest::of("bytes");
  EXPECT_TRUE(open().value()->put_blob(digest, "bytes"));
  const std::string created = schema_of(path_);
  tamper("DROP TABLE blob_owners; PRAGMA user_version = 3;");
  const auto store = open().value();
  EXPECT_EQ(schema_of(path_), created);
  EXPECT_EQ(store->get_blob(digest).value(), "bytes");
  EXPECT_FALSE(store->has_blob({digest, "other"}).value());
}

TEST_F(SqliteStoreTest, TellsItsSizesAndHowItWrote) {
  const auto store = open().value();
  const Figures before = store->figures();
  EXPECT_EQ(before.writes, 0U);
  ASSERT_TRUE(put(*store, host("a")));
  ASSERT_TRUE(put(*store, host("b")));
  const Figures after = store->figures();
  EXPECT_EQ(after.writes, 2U);
  EXPECT_EQ(after.write_groups, 2U);
  EXPECT_EQ(after.writes_waiting, 0U);
  EXPECT_GT(after.data_bytes, 0U);
  EXPECT_GT(after.journal_bytes, before.journal_bytes);
}

// One row per file or path that is not what it should be.
TEST_F(SqliteStoreTest, RefusesWhatIsNotItsFile) {
  struct Row {
    const char* name;
    std::function<void(const std::string&)> make;
    ErrorCode code;
    const char* message;
  };
  const auto text = [](const std::string& content) {
    return [content](const std::string& path) { std::ofstream(path) << content; };
  };
  const auto sql = [this](const std::string& script) {
    return [this, script](const std::string& path) {
      path_ = path;
      tamper(script);
    };
  };
  const Row rows[] = {
      {"text.db", text(std::string(4096, 'x')), ErrorCode::internal,
       "SQLite: file is not a database (code 26)"},
      {"foreign.db", sql("CREATE TABLE theirs (x)"), ErrorCode::invalid,
       "is an SQLite database of another program"},
      {"named.db", sql("PRAGMA application_id = 7"), ErrorCode::invalid,
       "is an SQLite database of another program"},
      {"newer.db", sql("PRAGMA application_id = 1953068142; PRAGMA user_version = 5"),
       ErrorCode::invalid,
       "the file has schema version 5, and this titan knows versions up to 4:"
       " it was written by a newer titan"},
      {"folder.db", [](const std::string& path) { fs::create_directory(path); }, ErrorCode::invalid,
       "is no regular file"},
  };
  for (const Row& row : rows) {
    const std::string path = directory_.path() + "/" + row.name;
    row.make(path);
    const auto size = fs::is_directory(path) ? 0 : fs::file_size(path);
    const auto refused = SqliteStore::open(path, clock_, random_);
    ASSERT_FALSE(refused) << row.name;
    EXPECT_EQ(refused.error().code, row.code) << row.name;
    EXPECT_EQ(refused.error().message, row.message) << row.name;
    EXPECT_EQ(refused.error().subject, path);
    EXPECT_EQ(fs::is_directory(path) ? 0 : fs::file_size(path), size) << row.name;
  }
  const auto nowhere = SqliteStore::open(directory_.path() + "/absent/titan.db", clock_, random_);
  EXPECT_EQ(nowhere.error().code, ErrorCode::not_found);
}

// One row per damage, with who notices.
TEST_F(SqliteStoreTest, NamesWhatIsDamaged) {
  const Digest hello = Digest::of("hello");
  struct Row {
    const char* sql;
    const char* subject;
    std::function<Result<void>(Store&)> read;
  };
  const auto ignore_value = [](auto result) -> Result<void> {
    if (!result) return result.error();
    return {};
  };
  const auto get = [&](Store& store) { return ignore_value(store.get(host("a").key())); };
  const auto list = [&](Store& store) {
    return ignore_value(store.list({.kind = model::Kind::host, .limit = 10}));
  };
  const auto commit = [&](Store& store) { return ignore_value(put(store, host("a"))); };
  const auto changes = [&](Store& store) { return ignore_value(store.changes(0, 10, {})); };
  const auto reports = [&](Store& store) { return ignore_value(store.reports("default", "", 10)); };
  const auto blob = [&](Store& store) { return ignore_value(store.get_blob(hello)); };
  const Row rows[] = {
      {"UPDATE entities SET state = '{'", "host a", get},
      {"UPDATE entities SET state = '{'", "host a", list},
      {"UPDATE entities SET state = '{'", "host a", commit},
      {"UPDATE entities SET state = replace(state, '\"name\":\"a\"', '\"name\":\"b\"')", "host a",
       get},
      {"UPDATE changes SET after = '[]'", "host a", changes},
      {"UPDATE changes SET kind = 99", "a", changes},
      {"UPDATE reports SET report = ''", "report of host a", reports},
      {"UPDATE blobs SET bytes = X'00'",
       "blob sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", blob},
  };
  for (const Row& row : rows) {
    fs::remove(path_);
    auto store = open().value();
    ASSERT_TRUE(put(*store, host("a")));
    ASSERT_TRUE(store->commit({.observations = {{.host = "a", .report = report("1")}}}));
    ASSERT_TRUE(store->put_blob(hello, "hello"));
    ASSERT_TRUE(row.read(*store));
    store.reset();
    tamper(row.sql);
    store = open().value();
    const auto noticed = row.read(*store);
    ASSERT_FALSE(noticed) << row.sql;
    EXPECT_EQ(noticed.error().code, ErrorCode::internal) << noticed.error().text();
    EXPECT_EQ(noticed.error().subject, row.subject);
  }
}

// Asked for the time of a change, it looks at the store whose commit is under way.
class LookingClock final : public Clock {
 public:
  [[nodiscard]] Timestamp wall() const override {
    if (store != nullptr) {
      seen = store->list({.kind = model::Kind::host, .limit = 10}).value().items;
      head = store->head()->seq;
      EXPECT_TRUE(store->check());
    }
    return clock_.wall();
  }
  [[nodiscard]] Monotonic monotonic() const override { return clock_.monotonic(); }

  Store* store = nullptr;
  mutable std::vector<model::Entity> seen = {};
  mutable std::uint64_t head = 0;

 private:
  testing::FakeClock clock_;
};

TEST_F(SqliteStoreTest, AnswersReadersInTheMiddleOfACommit) {
  LookingClock clock;
  const auto store = SqliteStore::open(path_, clock, random_).value();
  ASSERT_TRUE(put(*store, host("a")));
  clock.store = store.get();
  ASSERT_TRUE(store->commit({.mutations = {{host("a").key(), {}, host("a", {{"site", "lab"}})},
                                           {host("b").key(), {}, host("b")}}}));
  clock.store = nullptr;
  ASSERT_EQ(clock.seen.size(), 1U);
  EXPECT_EQ(clock.seen[0].revision, 1U);
  EXPECT_EQ(clock.head, 1U);
}

TEST_F(SqliteStoreTest, NoticesAnotherFileInItsPlace) {
  const auto store = open().value();
  const auto writer = Connection::open(path_).value();
  ASSERT_TRUE(writer->script("UPDATE meta SET epoch = 'fedcba9876543210'"));
  const auto noticed = store->check();
  ASSERT_FALSE(noticed);
  EXPECT_EQ(noticed.error().code, ErrorCode::internal);
  EXPECT_EQ(noticed.error().subject, path_);
}

// In a process of its own, because the limit on file sizes holds for the whole process.
// Exit code 0 says that all went as expected; other codes say what did not.
int run_out_of_space(const std::string& path) {
  testing::FakeClock clock;
  testing::SeededRandom random(1);
  auto store = SqliteStore::open(path, clock, random).value();
  const auto put = [&](const std::string& name) {
    const model::Entity entity = workspace(name, std::string(4'000, 'x'));
    return store->commit({.mutations = {{entity.key(), 0, entity}},
                          .observations = {{.host = name, .report = report("1")}}});
  };
  if (!put("first")) return 10;
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  ::getrlimit(RLIMIT_FSIZE, &limit);
  const rlimit before = limit;
  limit.rlim_cur = 300'000;
  if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 11;

  std::uint64_t stored = 1;
  Result<std::vector<model::Change>> done = put("w1");
  for (; done && stored < 1'000; done = put("w" + std::to_string(stored))) ++stored;
  if (done) return 12;
  if (done.error().code != ErrorCode::exhausted) return 13;
  if (store->head()->seq != stored) return 14;
  if (store->changes(0, 10'000, {})->size() != stored) return 15;
  if (all_reports(*store).size() != stored) return 16;
  if (!store->check()) return 17;
  const std::string bytes(400'000, 'x');
  if (store->put_blob(Digest::of(bytes), bytes).error().code != ErrorCode::exhausted) return 18;

  // There is room again: the same store goes on, without a gap.
  ::setrlimit(RLIMIT_FSIZE, &before);
  const auto after = put("after");
  if (!after || after->front().seq != stored + 1) return 19;
  if (!store->put_blob(Digest::of(bytes), bytes).value()) return 20;
  return 0;
}

TEST_F(SqliteStoreTest, LosesNothingWhenTheDiskIsFull) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(run_out_of_space(path_));
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  const auto store = open().value();
  EXPECT_TRUE(store->get(workspace("first").key()));
  EXPECT_TRUE(store->get(workspace("after").key()));
  const auto changes = store->changes(0, 10'000, {}).value();
  EXPECT_EQ(changes.size(), store->head()->seq);
}

}  // namespace
}  // namespace titan::store
