#include "server-lite/store_commands.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "store/sqlite_store.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/seeded_random.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::server_lite {
namespace {

namespace fs = std::filesystem;

// A data folder with one host in its store, and what a subcommand says of it.
class StoreCommandsTest : public ::testing::Test {
 protected:
  StoreCommandsTest() {
    fs::create_directory(command_.data);
    const auto store = open();
    const model::Entity host{.name = "pi", .spec = model::HostSpec{}};
    EXPECT_TRUE(store->commit({.mutations = {{host.key(), {}, host}}}));
    bookmark_ = store->head()->text();
  }
  std::unique_ptr<store::SqliteStore> open() {
    return store::SqliteStore::open(database_in(command_.data), clock_, random_).value();
  }
  ExitCode run(ExitCode (*command)(const StoreCommand&, const ProgramEnv&)) {
    std::ostringstream out;
    std::ostringstream err;
    const ProgramEnv env{.out = out, .err = err, .log_format = format_, .variable = {}};
    const ExitCode code = command(command_, env);
    out_ = out.str();
    err_ = err.str();
    return code;
  }

  testing::TemporaryDirectory directory_;
  StoreCommand command_{.data = directory_.path() + "/data",
                        .file = directory_.path() + "/titan.bak"};
  testing::FakeClock clock_;
  testing::SeededRandom random_{1};
  Log::Format format_ = Log::Format::json;
  std::string bookmark_;
  std::string out_;
  std::string err_;
};

TEST_F(StoreCommandsTest, BackupSaysHowLargeItIsAndWhichMomentItShows) {
  EXPECT_EQ(run(&run_backup), ExitCode::done) << err_;
  EXPECT_EQ(out_, command_.file + ": " + std::to_string(fs::file_size(command_.file)) +
                      " bytes, bookmark " + bookmark_ + "\n");
  EXPECT_EQ(err_, "");
  EXPECT_EQ(run(&run_backup), ExitCode::conflict);
  EXPECT_EQ(err_, "titan-server: " + command_.file + ": it exists already; --force replaces it\n");
  command_.force = true;
  format_ = Log::Format::human;
  EXPECT_EQ(run(&run_backup), ExitCode::done);
  EXPECT_NE(err_.find("titan-server: checking the copy\n"), std::string::npos) << err_;
}

TEST_F(StoreCommandsTest, RestoreSaysWhatBecameOfTheDatabaseBefore) {
  ASSERT_EQ(run(&run_backup), ExitCode::done);
  EXPECT_EQ(run(&run_restore), ExitCode::conflict);
  command_.force = true;
  EXPECT_EQ(run(&run_restore), ExitCode::done) << err_;
  const std::string database = database_in(command_.data);
  EXPECT_EQ(out_, database + ": restored from " + command_.file + ", bookmark " +
                      open()->head()->text() + "; every host will get its full manifest\n" +
                      database + ".before-restore: the database before\n");
  EXPECT_NE(open()->head()->text(), bookmark_);
}

TEST_F(StoreCommandsTest, RestoreMakesTheDataFolder) {
  ASSERT_EQ(run(&run_backup), ExitCode::done);
  command_.data = directory_.path() + "/new/data";
  EXPECT_EQ(run(&run_restore), ExitCode::done) << err_;
  EXPECT_EQ(open()->head()->seq, 1U);
}

TEST_F(StoreCommandsTest, BackupAndCheckWorkBesideAServerAndRestoreDoesNot) {
  const auto server = open();
  EXPECT_EQ(run(&run_backup), ExitCode::done) << err_;
  EXPECT_EQ(run(&run_check), ExitCode::done) << out_;
  command_.force = true;
  EXPECT_EQ(run(&run_restore), ExitCode::locked);
  EXPECT_NE(err_.find("is in use by another titan-server"), std::string::npos) << err_;
}

TEST_F(StoreCommandsTest, CheckTellsWhatItFindsALineEach) {
  EXPECT_EQ(run(&run_check), ExitCode::done) << out_;
  EXPECT_EQ(out_, "ok: 1 entity, 1 change after seq 0, 0 reports, 0 blobs, 0 cursors, bookmark " +
                      bookmark_ + "\n");
  ASSERT_TRUE(open()->put_blob(Digest::of("hello"), "hello"));
  const std::string database = database_in(command_.data);
  std::fstream file(database, std::ios::in | std::ios::out | std::ios::binary);
  const std::string content((std::istreambuf_iterator<char>(file)), {});
  file.seekp(static_cast<std::streamoff>(content.rfind("hello")));
  file << "jello";
  file.close();
  EXPECT_EQ(run(&run_check), ExitCode::failed);
  EXPECT_TRUE(out_.starts_with("blob " + Digest::of("hello").text())) << out_;
  EXPECT_EQ(std::count(out_.begin(), out_.end(), '\n'), 1);
  EXPECT_TRUE(err_.starts_with("titan-server: 1 finding in 1 entity")) << err_;
}

// One row per way to fail: the whole outcome.
TEST_F(StoreCommandsTest, TellByTheExitCodeWhatHappened) {
  const std::string absent = directory_.path() + "/absent";
  const std::string text = directory_.path() + "/text";
  std::ofstream(text) << std::string(4096, 'x');
  struct Row {
    ExitCode (*command)(const StoreCommand&, const ProgramEnv&);
    std::string data;
    std::string file;
    ExitCode code;
    std::string message;
  };
  const Row rows[] = {
      {&run_backup, absent, "x", ExitCode::not_found, absent + "/titan.db: there is no such file"},
      {&run_backup, command_.data, absent + "/x", ExitCode::not_found, absent},
      {&run_restore, command_.data, absent, ExitCode::not_found, absent},
      {&run_restore, command_.data, text, ExitCode::failed, text + ": SQLite: file is not"},
      {&run_restore, text + "/data", absent, ExitCode::not_found, text},
      {&run_check, absent, "", ExitCode::not_found, absent + "/titan.db: there is no such file"},
  };
  for (const Row& row : rows) {
    command_ = {.data = row.data, .file = row.file, .force = true};
    EXPECT_EQ(run(row.command), row.code) << row.message << "\n" << err_;
    EXPECT_TRUE(err_.starts_with("titan-server: " + row.message)) << err_;
    EXPECT_EQ(out_, "");
  }
}

}  // namespace
}  // namespace titan::server_lite
