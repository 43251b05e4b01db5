#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "store/backup.hpp"
#include "store/check.hpp"
#include "store/sqlite_connection.hpp"
#include "store/sqlite_store.hpp"
#include "tests/store/faulty_vfs.hpp"
#include "tests/store/store_contract.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::store {
namespace {

namespace fs = std::filesystem;

// A data folder with a database of hosts, and a backup beside it.
class RestoreTest : public ::testing::Test {
 protected:
  std::unique_ptr<SqliteStore> open(const std::string& path) {
    return SqliteStore::open(path, clock_, random_).value();
  }
  static void put(Store& store, const model::Entity& entity) {
    ASSERT_TRUE(store.commit({.mutations = {{entity.key(), {}, entity}}}));
  }
  // A backup of a store with the host "backed-up"; the database gets "old" as well.
  void make_backup() {
    const auto store = open(path_);
    put(*store, host("backed-up"));
    ASSERT_TRUE(back_up(path_, file_, {}));
    put(*store, host("old"));
    old_ = store->head().value();
  }
  Result<RestoreSummary> restore_with(const RestoreOptions& options) {
    const auto lock = lock_database(path_);
    if (!lock) return lock.error();
    return restore(file_, path_, **lock, random_, options);
  }
  static std::vector<std::string> findings(const std::string& path) {
    std::vector<std::string> found;
    const auto done = check_database(path, [&](const std::string& one) { found.push_back(one); });
    if (!done) found.push_back(done.error().text());
    return found;
  }
  // What a killed server leaves: its last writes stand in the write-ahead log alone.
  void leave_a_log() {
    auto store = open(path_);
    put(*store, host("in-the-log"));
    old_ = store->head().value();
    const std::string left = directory_.path() + "/left.db";
    for (const char* suffix : {"", "-wal"}) fs::copy_file(path_ + suffix, left + suffix);
    store.reset();
    for (const char* suffix : {"", "-wal"}) fs::rename(left + suffix, path_ + suffix);
    ASSERT_GT(fs::file_size(path_ + "-wal"), 0U);
  }

  testing::TemporaryDirectory directory_;
  testing::TemporaryDirectory elsewhere_;
  std::string path_ = directory_.path() + "/titan.db";
  std::string kept_ = path_ + ".before-restore";
  std::string file_ = elsewhere_.path() + "/titan.bak";
  testing::FakeClock clock_;
  testing::SeededRandom random_{1};
  model::Bookmark old_ = {};
};

TEST_F(RestoreTest, GivesTheStateOfTheBackupInANewEpoch) {
  make_backup();
  fs::remove(path_);
  const auto summary = restore_with({});
  ASSERT_TRUE(summary) << summary.error().text();
  EXPECT_EQ(summary->bookmark.seq, 1U);
  EXPECT_NE(summary->bookmark.epoch, old_.epoch);
  EXPECT_FALSE(summary->kept);
  EXPECT_EQ(findings(path_), std::vector<std::string>());
  const auto store = open(path_);
  EXPECT_EQ(store->head().value(), summary->bookmark);
  EXPECT_TRUE(store->get(host("backed-up").key()));
  EXPECT_FALSE(store->get(host("old").key()));
  const auto next = store->commit({.mutations = {{host("new").key(), {}, host("new")}}});
  EXPECT_EQ(next->front().seq, 2U);
  EXPECT_GT(next->front().time, store->changes(0, 1, {})->front().time);
}

TEST_F(RestoreTest, MakesAPrivateFile) {
  make_backup();
  fs::remove(path_);
  fs::permissions(file_, fs::perms(0644));
  ASSERT_TRUE(restore_with({}));
  struct stat info {};
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(RestoreTest, GivesTheFilesToTheOwnerOfTheFolderWhenRootRestores) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  make_backup();
  for (const char* name : {"/titan.db", "/titan.db.lock"}) fs::remove(directory_.path() + name);
  ASSERT_EQ(::chown(directory_.path().c_str(), 4711, 4712), 0);
  ASSERT_TRUE(restore_with({}));
  for (const char* name : {"/titan.db", "/titan.db.lock"}) {
    struct stat info {};
    ASSERT_EQ(::stat((directory_.path() + name).c_str(), &info), 0);
    EXPECT_EQ(info.st_uid, 4711U) << name;
    EXPECT_EQ(info.st_gid, 4712U) << name;
  }
}

TEST_F(RestoreTest, RefusesWhileAServerRuns) {
  make_backup();
  const auto server = open(path_);
  const auto refused = restore_with({.replace = true});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
  EXPECT_EQ(refused.error().text(), path_ + ": is in use by another titan-server");
}

TEST_F(RestoreTest, RefusesToReplaceADatabaseUnlessToldTo) {
  make_backup();
  const auto refused = restore_with({});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
  EXPECT_EQ(open(path_)->head().value(), old_);

  const auto summary = restore_with({.replace = true});
  ASSERT_TRUE(summary) << summary.error().text();
  EXPECT_EQ(summary->kept, kept_);
  EXPECT_EQ(open(path_)->head().value(), summary->bookmark);
  EXPECT_EQ(open(kept_)->head().value(), old_);
}

TEST_F(RestoreTest, KeepsWhatTheLogOfAKilledServerHolds) {
  make_backup();
  leave_a_log();
  ASSERT_TRUE(restore_with({.replace = true}));
  EXPECT_FALSE(fs::exists(path_ + "-wal"));
  EXPECT_EQ(findings(path_), std::vector<std::string>());
  EXPECT_TRUE(open(kept_)->get(host("in-the-log").key()));
}

TEST_F(RestoreTest, CanBeTakenBack) {
  make_backup();
  ASSERT_TRUE(restore_with({.replace = true}));
  file_ = kept_;
  const auto back = restore_with({.replace = true});
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_TRUE(open(path_)->get(host("old").key()));
  EXPECT_NE(back->bookmark.epoch, old_.epoch);
  EXPECT_FALSE(open(kept_)->get(host("old").key()));
}

// A log whose file is gone would be replayed into the new one.
TEST_F(RestoreTest, NeverLetsALogMeetAnotherFile) {
  make_backup();
  leave_a_log();
  fs::remove(path_);
  EXPECT_EQ(restore_with({}).error().code, ErrorCode::conflict);
  ASSERT_TRUE(restore_with({.replace = true}));
  EXPECT_FALSE(fs::exists(path_ + "-wal"));
  EXPECT_TRUE(fs::exists(kept_ + "-wal"));
  EXPECT_EQ(findings(path_), std::vector<std::string>());
}

TEST_F(RestoreTest, KeepsADamagedDatabaseWithItsLog) {
  make_backup();
  std::ofstream(path_) << std::string(8192, 'x');
  std::ofstream(path_ + "-wal") << std::string(100, 'y');
  const auto summary = restore_with({.replace = true});
  ASSERT_TRUE(summary) << summary.error().text();
  EXPECT_EQ(fs::file_size(kept_), 8192U);
  EXPECT_EQ(fs::file_size(kept_ + "-wal"), 100U);
  EXPECT_EQ(open(path_)->head().value(), summary->bookmark);
}

TEST_F(RestoreTest, RefusesWhileAnotherProgramHasTheDatabaseOpen) {
  make_backup();
  const auto other = Connection::open(path_).value();
  ASSERT_TRUE(other->integer("SELECT count(*) FROM entities"));
  const auto refused = restore_with({.replace = true});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
  EXPECT_EQ(refused.error().text(), path_ + ": is open in another program");
  EXPECT_EQ(other->integer("SELECT last_seq FROM meta").value(), 2);
}

TEST_F(RestoreTest, ChecksTheBackupBeforeItTouchesAnything) {
  make_backup();
  struct Row {
    std::function<void(const std::string&)> make;
    ErrorCode code;
    const char* message;
  };
  const auto sql = [&](const std::string& script) {
    return [this, script](const std::string& path) {
      fs::copy_file(file_, path);
      ASSERT_TRUE(Connection::open(path).value()->script(script));
    };
  };
  const Row rows[] = {
      {[](const std::string&) {}, ErrorCode::not_found, "there is no such file"},
      {[](const std::string& path) { std::ofstream(path) << std::string(4096, 'x'); },
       ErrorCode::internal, "file is not a database"},
      {[](const std::string& path) { std::ofstream{path}; }, ErrorCode::invalid, "has no content"},
      {[&](const std::string& path) {
         fs::copy_file(file_, path);
         fs::resize_file(path, fs::file_size(path) / 2);
       },
       ErrorCode::internal, "malformed"},
      {sql("PRAGMA application_id = 7"), ErrorCode::invalid, "of another program"},
      {sql("PRAGMA user_version = 999"), ErrorCode::invalid, "written by a newer titan"},
      // An index that lacks a row: what only the full check notices.
      {sql("PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = 'changes_by_kind';"
           "INSERT INTO sqlite_schema SELECT 'index', 'changes_by_kind', 'changes',"
           " rootpage, 'CREATE INDEX changes_by_kind ON changes (kind, seq)' FROM sqlite_schema"
           " WHERE name = 'sqlite_autoindex_blobs_1'"),
       ErrorCode::internal, "is damaged"},
  };
  for (const Row& row : rows) {
    file_ = elsewhere_.path() + "/titan.bak";
    const std::string bad = elsewhere_.path() + "/bad" + std::to_string(&row - rows);
    row.make(bad);
    file_ = bad;
    const auto refused = restore_with({.replace = true});
    ASSERT_FALSE(refused) << row.message;
    EXPECT_EQ(refused.error().code, row.code) << refused.error().text();
    EXPECT_NE(refused.error().text().find(row.message), std::string::npos)
        << refused.error().text();
    EXPECT_NE(refused.error().text().find(bad), std::string::npos) << refused.error().text();
    EXPECT_FALSE(fs::exists(kept_));
    EXPECT_EQ(open(path_)->head().value(), old_);
  }
  file_ = path_;
  EXPECT_EQ(restore_with({.replace = true}).error().message, "is the database itself");
}

// In a process of its own, because the limit on file sizes holds for the whole process: a real
// disk that takes no more. The exit code says what was not as expected.
TEST_F(RestoreTest, AndABackupLeaveEverythingAsItWasWhenTheDiskIsFull) {
  make_backup();
  const std::string other = elsewhere_.path() + "/other.bak";
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = fs::file_size(file_) / 2;
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) ::_exit(1);
    const auto backup = back_up(path_, other, {});
    if (backup || backup.error().code != ErrorCode::exhausted) ::_exit(2);
    const auto restored = restore_with({.replace = true});
    if (restored || restored.error().code != ErrorCode::exhausted) ::_exit(3);
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_FALSE(fs::exists(other));
  EXPECT_FALSE(fs::exists(kept_));
  EXPECT_EQ(open(path_)->head().value(), old_);
  EXPECT_TRUE(restore_with({.replace = true}));
}

// One restore in a process of its own that is killed in it; Kill says when.
class KilledRestore : public RestoreTest {
 protected:
  struct Kill {
    int step = 0;            // at the n-th sign of progress
    std::uint64_t call = 0;  // or at the n-th call of the file layer
    FaultyVfs* vfs = nullptr;
  };
  // False when the restore was done before it came to that.
  bool kill_at(const Kill& kill) {
    const pid_t child = ::fork();
    if (child == 0) {
      int left = kill.step;
      RestoreOptions options{.replace = true};
      options.progress = [&](const std::string&) {
        if (--left == 0) ::kill(::getpid(), SIGKILL);
      };
      if (kill.vfs != nullptr) {
        options.vfs = kill.vfs->name();
        kill.vfs->begin({.fault = FaultyVfs::Fault::kill, .at = kill.call});
      }
      ::_exit(restore_with(options) ? 0 : 1);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0) << status;
    return WIFSIGNALED(status);
  }
  // A copy of the folder as it is now, to come back to.
  void remember() {
    fs::copy(directory_.path(), elsewhere_.path() + "/before", fs::copy_options::recursive);
  }
  void come_back() {
    for (const auto& entry : fs::directory_iterator(directory_.path())) fs::remove(entry.path());
    fs::copy(elsewhere_.path() + "/before", directory_.path(), fs::copy_options::recursive);
  }
  // A server starts on what is there; true when that is the database from before.
  bool expect_whole() {
    EXPECT_TRUE(fs::exists(path_)) << "a server would begin an empty store";
    const auto store = open(path_);
    const model::Bookmark head = store->head().value();
    const bool is_old = head == old_;
    if (!is_old) {
      EXPECT_EQ(head.seq, 1U);
      EXPECT_NE(head.epoch, old_.epoch);
      EXPECT_TRUE(store->get(host("backed-up").key()));
      EXPECT_TRUE(fs::exists(kept_));
    }
    EXPECT_EQ(findings(path_), std::vector<std::string>());
    return is_old;
  }
};

TEST_F(KilledRestore, LeavesTheOldOrTheNewDatabaseWholeAfterEveryStep) {
  make_backup();
  leave_a_log();
  remember();
  int step = 1;
  bool seen_old = false;
  bool seen_new = false;
  for (; kill_at({.step = step}); ++step) {
    SCOPED_TRACE("killed at step " + std::to_string(step));
    (expect_whole() ? seen_old : seen_new) = true;
    // The next restore clears away what the killed one left.
    ASSERT_TRUE(restore_with({.replace = true}));
    EXPECT_FALSE(fs::exists(directory_.path() + "/.titan.db.titan-tmp"));
    EXPECT_EQ(open(path_)->head()->seq, 1U);
    come_back();
  }
  EXPECT_GE(step, 6);
  EXPECT_TRUE(seen_old);
  EXPECT_TRUE(seen_new);
}

TEST_F(KilledRestore, LeavesTheOldOrTheNewDatabaseWholeInTheMiddleOfAnyWrite) {
  make_backup();
  leave_a_log();
  remember();
  FaultyVfs vfs;
#ifdef __SANITIZE_ADDRESS__
  constexpr std::uint64_t kStride = 5;
#else
  constexpr std::uint64_t kStride = 1;
#endif
  std::uint64_t call = 1;
  for (; kill_at({.call = call, .vfs = &vfs}); call += kStride) {
    SCOPED_TRACE("killed at call " + std::to_string(call));
    expect_whole();
    come_back();
    if (HasFailure()) return;
  }
  EXPECT_GT(call, 50U);
}

}  // namespace
}  // namespace titan::store
