#include "store/backup.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/clock.hpp"
#include "store/sqlite_connection.hpp"
#include "store/sqlite_store.hpp"
#include "tests/store/store_contract.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::store {
namespace {

namespace fs = std::filesystem;

class BackupTest : public ::testing::Test {
 protected:
  std::unique_ptr<SqliteStore> open(const std::string& path) {
    return SqliteStore::open(path, clock_, random_).value();
  }
  static void put(Store& store, const model::Entity& entity) {
    ASSERT_TRUE(store.commit({.mutations = {{entity.key(), {}, entity}}}));
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory_.path())) {
      names.push_back(entry.path().filename());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  testing::TemporaryDirectory directory_;
  std::string path_ = directory_.path() + "/titan.db";
  std::string file_ = directory_.path() + "/titan.bak";
  testing::FakeClock clock_;
  testing::SeededRandom random_{1};
};

// What a backup of `store` at that moment must hold.
struct Moment {
  model::Bookmark head;
  std::vector<model::Change> changes;
  bool operator==(const Moment&) const = default;
};

Moment moment_of(Store& store) {
  return {store.head().value(), store.changes(0, 10'000, {}).value()};
}

TEST_F(BackupTest, HoldsTheMomentWhileTheStoreIsOpen) {
  const auto store = open(path_);
  put(*store, host("a"));
  ASSERT_TRUE(store->put_blob(Digest::of("hello"), "hello"));
  const Moment before = moment_of(*store);
  const auto summary = back_up(path_, file_, {});
  ASSERT_TRUE(summary) << summary.error().text();
  EXPECT_EQ(summary->bookmark, before.head);
  EXPECT_EQ(summary->bytes, fs::file_size(file_));
  put(*store, host("b"));

  const auto copy = open(file_);
  EXPECT_EQ(moment_of(*copy), before);
  EXPECT_EQ(copy->get_blob(Digest::of("hello")).value(), "hello");
}

TEST_F(BackupTest, HoldsEverythingWhenNoServerRunsAndTheLastOneWasKilled) {
  std::vector<std::string> copied = {"", "-wal"};
  auto store = open(path_);
  put(*store, host("a"));
  const Moment before = moment_of(*store);
  // What a killed server leaves: the last writes stand in the write-ahead log alone.
  const std::string left = directory_.path() + "/left.db";
  for (const std::string& suffix : copied) fs::copy_file(path_ + suffix, left + suffix);
  ASSERT_GT(fs::file_size(left + "-wal"), 0U);
  ASSERT_TRUE(back_up(left, file_, {}));
  EXPECT_GT(fs::file_size(left + "-wal"), 0U) << "a backup only reads";
  EXPECT_EQ(moment_of(*open(file_)), before);

  store.reset();
  ASSERT_TRUE(back_up(path_, file_, {.replace = true}));
  EXPECT_EQ(moment_of(*open(file_)), before);
}

TEST_F(BackupTest, IsOnePrivateFileThatNeedsNoWriteToBeRead) {
  const auto store = open(path_);
  put(*store, host("a"));
  const mode_t before = ::umask(0);
  ASSERT_TRUE(back_up(path_, file_, {}));
  ::umask(before);
  struct stat info {};
  ASSERT_EQ(::stat(file_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  const auto expected = files();
  const auto copy = Connection::open(file_, {.access = OpenOptions::Access::read_only}).value();
  EXPECT_EQ(copy->integer("SELECT count(*) FROM entities").value(), 1);
  EXPECT_EQ(files(), expected);
  EXPECT_EQ(expected, (std::vector<std::string>{"titan.bak", "titan.db", "titan.db-shm",
                                                "titan.db-wal", "titan.db.lock"}));
}

TEST_F(BackupTest, ReplacesAFileOnlyWhenToldTo) {
  const auto store = open(path_);
  std::ofstream(file_) << "precious";
  const auto refused = back_up(path_, file_, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
  EXPECT_EQ(refused.error().text(), file_ + ": it exists already; --force replaces it");
  EXPECT_EQ(fs::file_size(file_), 8U);
  EXPECT_TRUE(back_up(path_, file_, {.replace = true}));
  EXPECT_TRUE(open(file_));
}

TEST_F(BackupTest, RefusesWhatItCannotDo) {
  struct Row {
    std::string from;
    std::string to;
    ErrorCode code;
    std::string message;
  };
  const std::string folder = directory_.path();
  std::ofstream(folder + "/text") << std::string(4096, 'x');
  std::ofstream(folder + "/empty") << "";
  ASSERT_TRUE(Connection::open(folder + "/foreign", {.access = OpenOptions::Access::create})
                  .value()
                  ->script("CREATE TABLE theirs (x)"));
  ASSERT_TRUE(Connection::open(folder + "/newer", {.access = OpenOptions::Access::create})
                  .value()
                  ->script("PRAGMA application_id = 1953068142; PRAGMA user_version = 999"));
  open(path_).reset();
  fs::create_symlink("titan.db", folder + "/link");
  fs::create_directory(folder + "/folder");
  const std::string out = folder + "/out";
  const Row rows[] = {
      {folder + "/absent", out, ErrorCode::not_found, "/absent: there is no such file"},
      {folder + "/folder", out, ErrorCode::invalid, "/folder: is no regular file"},
      {folder + "/text", out, ErrorCode::internal, "file is not a database"},
      {folder + "/empty", out, ErrorCode::invalid, "/empty: has no content"},
      {folder + "/foreign", out, ErrorCode::invalid, "of another program"},
      {folder + "/newer", out, ErrorCode::invalid, "it was written by a newer titan"},
      {path_, folder + "/absent/out", ErrorCode::not_found, "/absent"},
      {path_, folder + "/folder", ErrorCode::invalid, "/folder: is no regular file"},
      {path_, path_, ErrorCode::invalid, "is the database itself"},
      {path_, folder + "/link", ErrorCode::invalid, "is the database itself"},
  };
  for (const Row& row : rows) {
    const auto refused = back_up(row.from, row.to, {.replace = true});
    ASSERT_FALSE(refused) << row.from << " to " << row.to;
    EXPECT_EQ(refused.error().code, row.code) << refused.error().text();
    EXPECT_NE(refused.error().text().find(row.message), std::string::npos)
        << refused.error().text();
    EXPECT_FALSE(fs::exists(out));
  }
}

TEST_F(BackupTest, RefusesToPassOnADamagedDatabase) {
  auto store = open(path_);
  for (int i = 0; i < 50; ++i)
    put(*store, workspace("w" + std::to_string(i), std::string(2000, 'x')));
  store.reset();
  const auto size = fs::file_size(path_);
  // The pages in the middle become nonsense, the first one stays.
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(size / 2));
  file << std::string(size / 4, 'x');
  file.close();
  const auto refused = back_up(path_, file_, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::internal) << refused.error().text();
  EXPECT_NE(refused.error().message.find("is damaged"), std::string::npos);
  EXPECT_FALSE(fs::exists(file_));
  EXPECT_EQ(files(), (std::vector<std::string>{"titan.db", "titan.db-shm", "titan.db-wal",
                                               "titan.db.lock"}));
}

TEST_F(BackupTest, OnlyOneWritesAFileAtATime) {
  const auto store = open(path_);
  std::optional<Error> second;
  const auto first = back_up(path_, file_, {.progress = [&](const std::string&) {
                               const auto other = back_up(path_, file_, {});
                               if (!other) second = other.error();
                             }});
  ASSERT_TRUE(first) << first.error().text();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->text(), file_ + ": is being written by another process");
  EXPECT_EQ(second->code, ErrorCode::conflict);
}

// As many programs would do, each with a lock of its own.
TEST_F(BackupTest, SeveralOfOneFileAtATimeEachSucceedOrAreRefused) {
  const auto store = open(path_);
  put(*store, host("a"));
  const std::string busy = file_ + ": is being written by another process";
  std::atomic<int> made = 0;
  const auto back_up_often = [&] {
    while (made < 50) {
      const auto summary = back_up(path_, file_, {.replace = true});
      if (summary) {
        ++made;
      } else {
        EXPECT_EQ(summary.error().text(), busy);
      }
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back(back_up_often);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(files(), (std::vector<std::string>{"titan.bak", "titan.db", "titan.db-shm",
                                               "titan.db-wal", "titan.db.lock"}));
  EXPECT_EQ(moment_of(*open(file_)), moment_of(*store));
}

// Commits pairs in another process without end; half a pair in a backup would show.
[[noreturn]] void commit_for_ever(const std::string& path, int ready) {
  SystemClock clock;
  testing::SeededRandom random(3);
  const auto store = SqliteStore::open(path, clock, random).value();
  for (int i = 0;; ++i) {
    const model::Entity first = workspace("a" + std::to_string(i), std::string(3'000, 'x'));
    const model::Entity second = workspace("b" + std::to_string(i));
    if (!store->commit({.mutations = {{first.key(), 0, first}, {second.key(), 0, second}}})) {
      ::_exit(1);
    }
    if (i == 20 && ::write(ready, "x", 1) != 1) ::_exit(2);
  }
}

TEST_F(BackupTest, ShowsOneMomentOfAServerThatKeepsWriting) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t server = ::fork();
  if (server == 0) commit_for_ever(path_, ends[1]);
  char byte = 0;
  ASSERT_EQ(::read(ends[0], &byte, 1), 1);
  std::uint64_t last = 0;
  for (int round = 0; round < 20; ++round) {
    const auto summary = back_up(path_, file_, {.replace = true});
    ASSERT_TRUE(summary) << summary.error().text();
    EXPECT_GE(summary->bookmark.seq, last);
    EXPECT_EQ(summary->bookmark.seq % 2, 0U) << "half a commit is there";
    last = summary->bookmark.seq;
    const auto copy = Connection::open(file_).value();
    EXPECT_EQ(copy->integer("SELECT count(*) FROM entities").value(), static_cast<int>(last));
    EXPECT_EQ(copy->integer("SELECT max(seq) FROM changes").value(), static_cast<int>(last));
  }
  ::kill(server, SIGKILL);
  int status = 0;
  ASSERT_EQ(::waitpid(server, &status, 0), server);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the server failed: " << status;
  EXPECT_GE(open(path_)->head()->seq, last);
}

// Killed between any two steps, the file is the old one whole, or the new one whole.
TEST_F(BackupTest, KeepsTheOldFileWhenItIsKilled) {
  open(path_).reset();
  ASSERT_TRUE(back_up(path_, file_, {}));
  {
    const auto store = open(path_);
    put(*store, host("a"));
  }
  int steps = 0;
  const auto count = [&](const std::string&) { ++steps; };
  ASSERT_TRUE(back_up(path_, directory_.path() + "/other.bak", {.progress = count}));
  ASSERT_GE(steps, 2);
  for (int step = 1; step <= steps; ++step) {
    const pid_t child = ::fork();
    if (child == 0) {
      int left = step;
      const auto kill_at = [&](const std::string&) {
        if (--left == 0) ::kill(::getpid(), SIGKILL);
      };
      static_cast<void>(back_up(path_, file_, {.replace = true, .progress = kill_at}));
      ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "step " << step;
    const auto old = Connection::open(file_, {.access = OpenOptions::Access::read_only}).value();
    EXPECT_EQ(old->integer("SELECT last_seq FROM meta").value(), 0) << "step " << step;
  }
  ASSERT_TRUE(back_up(path_, file_, {.replace = true}));
  EXPECT_FALSE(fs::exists(directory_.path() + "/.titan.bak.titan-tmp"));
  EXPECT_EQ(open(file_)->head()->seq, 1U);
}

}  // namespace
}  // namespace titan::store
