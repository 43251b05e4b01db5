#include "base/file_system.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <thread>

#include "base/limits.hpp"
#include "tests/support/failing_file_system.hpp"
#include "tests/support/fake_file_system.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan {
namespace {

using testing::FailingFileSystem;
using testing::FakeFileSystem;
using testing::MemoryFileSystem;
using testing::TemporaryDirectory;
using Type = FileSystem::Type;
using Entries = std::vector<FileSystem::Entry>;

constexpr std::size_t kEnough = 1000;

std::optional<ErrorCode> code_of(const auto& result) {
  if (result.ok()) return std::nullopt;
  return result.error().code;
}

// ---- The contract, kept alike by the real disk and by the one in memory ----

// A disk, and how somebody else puts a symbolic link on it.
struct Disk {
  std::unique_ptr<FileSystem> files;
  std::function<void(const std::string& path, const std::string& target)> make_symlink;
  std::unique_ptr<TemporaryDirectory> root = {};
};

Disk real_disk() {
  auto root = std::make_unique<TemporaryDirectory>();
  const std::string path = root->path();
  return {.files = DiskFileSystem::open(path).value(),
          .make_symlink =
              [path](const std::string& link, const std::string& target) {
                std::filesystem::create_symlink(target, path + "/" + link);
              },
          .root = std::move(root)};
}

Disk memory_disk() {
  auto files = std::make_unique<MemoryFileSystem>();
  MemoryFileSystem& borrowed = *files;
  return {.files = std::move(files),
          .make_symlink = [&borrowed](const std::string& link, const std::string& target) {
            borrowed.make_symlink(link, target);
          }};
}

struct Kind {
  std::string name;
  Disk (*make)();
};

class FileSystemContract : public ::testing::TestWithParam<Kind> {
 protected:
  void write(const std::string& path, std::string_view content = "x") {
    const auto written = files_.write(path, content, 0644);
    ASSERT_TRUE(written.ok()) << written.error().text();
  }
  void make(const std::string& path) { ASSERT_TRUE(files_.make_directory(path, 0755).ok()); }
  std::string content(const std::string& path) {
    return files_.read(path, kEnough).value_or("nothing at " + path);
  }

  Disk disk_ = GetParam().make();
  FileSystem& files_ = *disk_.files;
};

INSTANTIATE_TEST_SUITE_P(Both, FileSystemContract,
                         ::testing::Values(Kind{"Real", real_disk}, Kind{"InMemory", memory_disk}),
                         [](const auto& kind) { return kind.param.name; });

TEST_P(FileSystemContract, ReadsWhatWasWrittenWithItsMode) {
  const std::string bytes("a\0b\n", 4);
  ASSERT_TRUE(files_.write("a.conf", bytes, 0640).ok());
  EXPECT_EQ(content("a.conf"), bytes);
  const auto info = files_.info("a.conf").value();
  EXPECT_EQ(info.type, Type::file);
  EXPECT_EQ(info.mode, 0640U);
  EXPECT_EQ(info.size, 4U);
}

TEST_P(FileSystemContract, ReplacesContentAndModeOfAFile) {
  ASSERT_TRUE(files_.write("a", "a long content", 0644).ok());
  ASSERT_TRUE(files_.write("a", "short", 04755).ok());
  EXPECT_EQ(content("a"), "short");
  EXPECT_EQ(files_.info("a")->mode, 04755U);
}

TEST_P(FileSystemContract, WritesAFileThatNobodyMayWrite) {
  ASSERT_TRUE(files_.write("a", "one", 0444).ok());
  EXPECT_EQ(content("a"), "one");
  EXPECT_EQ(files_.info("a")->mode, 0444U);
}

TEST_P(FileSystemContract, ReadsNoMoreThanItIsAllowed) {
  write("a", std::string(100'000, 'a'));
  EXPECT_EQ(files_.read("a", 100'000)->size(), 100'000U);
  EXPECT_EQ(code_of(files_.read("a", 99'999)), ErrorCode::exhausted);
  write("empty", "");
  EXPECT_EQ(files_.read("empty", 0).value(), "");
}

TEST_P(FileSystemContract, ListsByNameWithTypes) {
  make("b");
  write("c");
  write("a");
  write(".hidden");
  disk_.make_symlink("link", "nowhere");
  EXPECT_EQ(files_.list("").value(), (Entries{{".hidden", Type::file},
                                              {"a", Type::file},
                                              {"b", Type::directory},
                                              {"c", Type::file},
                                              {"link", Type::symlink}}));
  EXPECT_EQ(files_.list("b").value(), Entries());
}

TEST_P(FileSystemContract, SaysWhatIsThereAndNotWhereALinkLeads) {
  make("folder");
  disk_.make_symlink("link", "folder");
  EXPECT_EQ(files_.info("")->type, Type::directory);
  EXPECT_EQ(files_.info("folder")->type, Type::directory);
  EXPECT_EQ(files_.info("link")->type, Type::symlink);
  EXPECT_EQ(code_of(files_.info("nothing")), ErrorCode::not_found);
}

TEST_P(FileSystemContract, RefusesWhatIsNotThere) {
  const std::string path = "missing";
  EXPECT_EQ(code_of(files_.read(path, kEnough)), ErrorCode::not_found);
  EXPECT_EQ(code_of(files_.info(path)), ErrorCode::not_found);
  EXPECT_EQ(code_of(files_.list(path)), ErrorCode::not_found);
  EXPECT_EQ(code_of(files_.read_link(path)), ErrorCode::not_found);
  EXPECT_EQ(code_of(files_.in_memory(path)), ErrorCode::not_found);
  EXPECT_EQ(code_of(files_.set_mode(path, 0644)), ErrorCode::not_found);
  EXPECT_EQ(code_of(files_.rename(path, "other")), ErrorCode::not_found);
  EXPECT_EQ(code_of(files_.remove_file(path)), ErrorCode::not_found);
  EXPECT_EQ(code_of(files_.remove_directory(path)), ErrorCode::not_found);
  EXPECT_EQ(code_of(files_.sync_directory(path)), ErrorCode::not_found);
}

// Every method, by name, with one path.
using Call = std::function<std::optional<Error>(FileSystem&, const std::string&)>;

std::optional<Error> error_of(auto result) {
  if (result.ok()) return std::nullopt;
  return std::move(result).error();
}

std::vector<std::pair<std::string, Call>> calls_on_names() {
  return {
      {"read", [](auto& f, const auto& p) { return error_of(f.read(p, kEnough)); }},
      {"write", [](auto& f, const auto& p) { return error_of(f.write(p, "x", 0644)); }},
      {"set_mode", [](auto& f, const auto& p) { return error_of(f.set_mode(p, 0644)); }},
      {"rename from", [](auto& f, const auto& p) { return error_of(f.rename(p, "other")); }},
      {"rename to", [](auto& f, const auto& p) { return error_of(f.rename("file", p)); }},
      {"make_link", [](auto& f, const auto& p) { return error_of(f.make_link(p, "/x")); }},
      {"read_link", [](auto& f, const auto& p) { return error_of(f.read_link(p)); }},
      {"make_directory",
       [](auto& f, const auto& p) { return error_of(f.make_directory(p, 0755)); }},
      {"remove_file", [](auto& f, const auto& p) { return error_of(f.remove_file(p)); }},
      {"remove_directory", [](auto& f, const auto& p) { return error_of(f.remove_directory(p)); }},
      {"lock", [](auto& f, const auto& p) { return error_of(f.lock(p)); }},
  };
}

std::vector<std::pair<std::string, Call>> all_calls() {
  auto calls = calls_on_names();
  calls.push_back({"info", [](auto& f, const auto& p) { return error_of(f.info(p)); }});
  calls.push_back({"in_memory", [](auto& f, const auto& p) { return error_of(f.in_memory(p)); }});
  calls.push_back({"list", [](auto& f, const auto& p) { return error_of(f.list(p)); }});
  calls.push_back({"sync", [](auto& f, const auto& p) { return error_of(f.sync_directory(p)); }});
  return calls;
}

TEST_P(FileSystemContract, RefusesPathsThatAreNotPlainEverywhere) {
  write("file");
  for (const auto& [name, call] : all_calls()) {
    for (const std::string path :
         {"/etc/passwd", "..", "../x", "a/../b", ".", "./a", "a//b", "a/"}) {
      const auto error = call(files_, path);
      ASSERT_TRUE(error) << name << " " << path;
      EXPECT_EQ(error->code, ErrorCode::invalid) << name << " " << path;
      EXPECT_EQ(error->subject, path) << name;
    }
  }
}

TEST_P(FileSystemContract, KnowsTheRootItselfOnlyAsAFolder) {
  write("file");
  for (const auto& [name, call] : calls_on_names()) {
    const auto error = call(files_, "");
    ASSERT_TRUE(error) << name;
    EXPECT_EQ(error->code, ErrorCode::invalid) << name;
  }
  EXPECT_TRUE(files_.sync_directory("").ok());
}

TEST_P(FileSystemContract, NamesThePathInEveryError) {
  write("file");
  for (const auto& [name, call] : all_calls()) {
    const auto error = call(files_, "missing/folder/a");
    ASSERT_TRUE(error) << name;
    EXPECT_EQ(error->code, ErrorCode::not_found) << name;
    EXPECT_EQ(error->subject, "missing/folder/a") << name;
  }
}

TEST_P(FileSystemContract, TakesAFileOnTheWayForAMissingFolder) {
  write("file");
  for (const auto& [name, call] : all_calls()) {
    const auto error = call(files_, "file/a");
    ASSERT_TRUE(error) << name;
    EXPECT_EQ(error->code, ErrorCode::not_found) << name;
  }
}

TEST_P(FileSystemContract, RefusesLinksThatLeadOutOfTheRoot) {
  write("file");
  make("folder");
  disk_.make_symlink("absolute", "/tmp");
  disk_.make_symlink("absolute-root", "/");
  disk_.make_symlink("up", "..");
  disk_.make_symlink("folder/up-twice", "../..");
  disk_.make_symlink("through", "folder/../../x");
  disk_.make_symlink("indirect", "up");
  disk_.make_symlink("loop", "loop");
  for (const auto& [name, call] : all_calls()) {
    for (const std::string link :
         {"absolute", "absolute-root", "up", "folder/up-twice", "through", "indirect", "loop"}) {
      const auto error = call(files_, link + "/etc");
      ASSERT_TRUE(error) << name << " " << link;
      EXPECT_EQ(error->code, ErrorCode::invalid) << name << " " << link;
      EXPECT_NE(error->message.find("leads out of the root"), std::string::npos) << error->text();
    }
  }
  for (const std::string link : {"absolute", "up", "loop"}) {
    EXPECT_EQ(code_of(files_.list(link)), ErrorCode::invalid);
    EXPECT_EQ(code_of(files_.sync_directory(link)), ErrorCode::invalid);
    EXPECT_EQ(code_of(files_.make_directory(link, 0755)), ErrorCode::invalid);
  }
}

TEST_P(FileSystemContract, FollowsLinksBelowTheRootInFolders) {
  make("usr");
  make("usr/lib");
  disk_.make_symlink("lib", "usr/lib");
  disk_.make_symlink("usr/lib/back", "../../usr/./lib");
  write("lib/back/a", "content");
  EXPECT_EQ(content("usr/lib/a"), "content");
  EXPECT_EQ(files_.list("lib")->size(), 2U);
  EXPECT_TRUE(files_.sync_directory("lib").ok());
  EXPECT_TRUE(files_.make_directory("lib", 0700).ok());
  EXPECT_EQ(files_.info("usr/lib")->mode, 0755U);
}

TEST_P(FileSystemContract, FollowsNoLinkInTheLastName) {
  write("file", "kept");
  disk_.make_symlink("link", "file");
  EXPECT_EQ(code_of(files_.read("link", kEnough)), ErrorCode::invalid);
  EXPECT_EQ(code_of(files_.write("link", "new", 0644)), ErrorCode::invalid);
  EXPECT_EQ(code_of(files_.set_mode("link", 0600)), ErrorCode::invalid);
  EXPECT_EQ(code_of(files_.lock("link")), ErrorCode::invalid);
  EXPECT_EQ(code_of(files_.remove_directory("link")), ErrorCode::conflict);
  EXPECT_EQ(content("file"), "kept");
  EXPECT_EQ(files_.info("file")->mode, 0644U);
}

TEST_P(FileSystemContract, RemovesAndReplacesALinkItself) {
  write("file", "kept");
  disk_.make_symlink("link", "file");
  EXPECT_TRUE(files_.remove_file("link").ok());
  disk_.make_symlink("link", "file");
  write("new", "new");
  EXPECT_TRUE(files_.rename("new", "link").ok());
  EXPECT_EQ(files_.info("link")->type, Type::file);
  EXPECT_EQ(content("link"), "new");
  EXPECT_EQ(content("file"), "kept");
}

TEST_P(FileSystemContract, MakesLinksThatMayLeadAnywhere) {
  make("folder");
  EXPECT_TRUE(files_.make_link("folder/out", "/etc/passwd").ok());
  EXPECT_TRUE(files_.make_link("dangling", "no/such").ok());
  EXPECT_EQ(files_.info("folder/out")->type, Type::symlink);
  EXPECT_EQ(files_.read_link("folder/out").value(), "/etc/passwd");
  EXPECT_EQ(files_.read_link("dangling").value(), "no/such");
  EXPECT_EQ(code_of(files_.read("folder/out", kEnough)), ErrorCode::invalid);
}

TEST_P(FileSystemContract, MakesALinkOnlyWhereNothingIs) {
  write("file", "kept");
  make("folder");
  ASSERT_TRUE(files_.make_link("link", "file").ok());
  for (const std::string path : {"file", "folder", "link"}) {
    EXPECT_EQ(code_of(files_.make_link(path, "/x")), ErrorCode::conflict) << path;
  }
  EXPECT_EQ(content("file"), "kept");
  EXPECT_EQ(files_.read_link("link").value(), "file");
  EXPECT_EQ(code_of(files_.read_link("file")), ErrorCode::invalid);
  EXPECT_EQ(code_of(files_.read_link("folder")), ErrorCode::invalid);
}

TEST_P(FileSystemContract, RefusesTextsThatNoLinkCanHave) {
  for (const std::string& target :
       {std::string(), std::string("a\0b", 3), std::string(kPathBytesMax + 1, 'a')}) {
    EXPECT_EQ(code_of(files_.make_link("link", target)), ErrorCode::invalid);
  }
}

TEST_P(FileSystemContract, TakesAFolderForAFileNowhere) {
  make("folder");
  EXPECT_EQ(code_of(files_.read("folder", kEnough)), ErrorCode::conflict);
  EXPECT_EQ(code_of(files_.write("folder", "x", 0644)), ErrorCode::conflict);
  EXPECT_EQ(code_of(files_.remove_file("folder")), ErrorCode::conflict);
  EXPECT_EQ(code_of(files_.lock("folder")), ErrorCode::conflict);
}

TEST_P(FileSystemContract, TakesAFileForAFolderNowhere) {
  write("file");
  EXPECT_EQ(code_of(files_.list("file")), ErrorCode::not_found);
  EXPECT_EQ(code_of(files_.sync_directory("file")), ErrorCode::not_found);
  EXPECT_EQ(code_of(files_.make_directory("file", 0755)), ErrorCode::conflict);
  EXPECT_EQ(code_of(files_.remove_directory("file")), ErrorCode::conflict);
}

TEST_P(FileSystemContract, SetsTheModeOfFilesAndFolders) {
  write("file");
  make("folder");
  EXPECT_TRUE(files_.set_mode("file", 0600).ok());
  EXPECT_TRUE(files_.set_mode("folder", 01770).ok());
  EXPECT_EQ(files_.info("file")->mode, 0600U);
  EXPECT_EQ(files_.info("folder")->mode, 01770U);
}

TEST_P(FileSystemContract, RenamesOverAFileButNotOverAFolder) {
  write("from", "new");
  write("to", "old");
  make("folder");
  EXPECT_TRUE(files_.rename("from", "to").ok());
  EXPECT_EQ(content("to"), "new");
  EXPECT_EQ(code_of(files_.info("from")), ErrorCode::not_found);
  EXPECT_EQ(code_of(files_.rename("to", "folder")), ErrorCode::conflict);
  EXPECT_TRUE(files_.rename("to", "folder/to").ok());
  EXPECT_EQ(content("folder/to"), "new");
}

TEST_P(FileSystemContract, RenamesFoldersOnlyToWhereNothingIs) {
  make("from");
  write("from/a", "a");
  make("empty");
  write("file");
  EXPECT_EQ(code_of(files_.rename("from", "empty")), ErrorCode::conflict);
  EXPECT_EQ(code_of(files_.rename("from", "file")), ErrorCode::conflict);
  EXPECT_EQ(code_of(files_.rename("from", "from/inside")), ErrorCode::invalid);
  EXPECT_TRUE(files_.rename("from", "empty/to").ok());
  EXPECT_EQ(content("empty/to/a"), "a");
}

TEST_P(FileSystemContract, LeavesAFileRenamedToItselfAlone) {
  write("a", "content");
  EXPECT_TRUE(files_.rename("a", "a").ok());
  EXPECT_EQ(content("a"), "content");
}

TEST_P(FileSystemContract, MakesAFolderOnceWithExactlyItsMode) {
  ASSERT_TRUE(files_.make_directory("a", 0777).ok());
  EXPECT_EQ(files_.info("a")->mode, 0777U);
  ASSERT_TRUE(files_.make_directory("a", 0700).ok());
  EXPECT_EQ(files_.info("a")->mode, 0777U);
}

TEST_P(FileSystemContract, RemovesOnlyEmptyFolders) {
  make("a");
  write("a/b");
  EXPECT_EQ(code_of(files_.remove_directory("a")), ErrorCode::conflict);
  ASSERT_TRUE(files_.remove_file("a/b").ok());
  EXPECT_TRUE(files_.remove_directory("a").ok());
  EXPECT_EQ(code_of(files_.info("a")), ErrorCode::not_found);
}

TEST_P(FileSystemContract, LocksAFileForOneHolderAtATime) {
  auto first = files_.lock("lock");
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(code_of(files_.lock("lock")), ErrorCode::conflict);
  EXPECT_TRUE(files_.lock("another").ok());
  first->reset();
  EXPECT_TRUE(files_.lock("lock").ok());
  EXPECT_EQ(files_.info("lock")->type, Type::file);
}

TEST_P(FileSystemContract, LocksAnExistingFileWithoutTouchingIt) {
  write("file", "content");
  ASSERT_TRUE(files_.lock("file").ok());
  EXPECT_EQ(content("file"), "content");
  EXPECT_EQ(files_.info("file")->mode, 0644U);
}

// ---- The real disk alone ----

class DiskFileSystemTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::string on_disk(const std::string& path) const {
    return root_.path() + "/" + path;
  }

  TemporaryDirectory root_;
  TemporaryDirectory outside_;
  std::unique_ptr<DiskFileSystem> files_ = DiskFileSystem::open(root_.path()).value();
};

TEST_F(DiskFileSystemTest, OpensOnlyAFolder) {
  std::ofstream(on_disk("file")) << "x";
  EXPECT_EQ(code_of(DiskFileSystem::open(on_disk("missing"))), ErrorCode::not_found);
  EXPECT_EQ(code_of(DiskFileSystem::open(on_disk("file"))), ErrorCode::not_found);
  EXPECT_EQ(code_of(DiskFileSystem::open("")), ErrorCode::not_found);
  EXPECT_TRUE(DiskFileSystem::open("/").ok());
}

TEST_F(DiskFileSystemTest, CreatesTheFoldersOnTheWayToItsRoot) {
  const auto created = DiskFileSystem::create(on_disk("a//b/c/"));
  ASSERT_TRUE(created.ok()) << created.error().text();
  ASSERT_TRUE((*created)->write("file", "x", 0644).ok());
  EXPECT_TRUE(std::filesystem::is_regular_file(on_disk("a/b/c/file")));
  EXPECT_TRUE(DiskFileSystem::create(on_disk("a/b/c")).ok());
  EXPECT_EQ(code_of(DiskFileSystem::create(on_disk("a/b/c/file/d"))), ErrorCode::not_found);
  EXPECT_EQ(code_of(DiskFileSystem::create("")), ErrorCode::not_found);
}

TEST_F(DiskFileSystemTest, NeitherReadsNorWritesNorWaitsForWhatIsNoRegularFile) {
  ASSERT_EQ(::mkfifo(on_disk("pipe").c_str(), 0644), 0);
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{.sun_family = AF_UNIX};
  std::strncpy(address.sun_path, on_disk("socket").c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  for (const std::string path : {"pipe", "socket"}) {
    EXPECT_EQ(files_->info(path)->type, Type::other);
    EXPECT_EQ(code_of(files_->read(path, kEnough)), ErrorCode::invalid) << path;
    EXPECT_EQ(code_of(files_->write(path, "x", 0644)), ErrorCode::invalid) << path;
    EXPECT_EQ(code_of(files_->lock(path)), ErrorCode::invalid) << path;
  }
  ::close(listener);
  const auto devices = DiskFileSystem::open("/dev").value();
  EXPECT_EQ(code_of(devices->read("zero", kEnough)), ErrorCode::invalid);
}

TEST_F(DiskFileSystemTest, ReadsFilesThatTellNoSize) {
  const auto processes = DiskFileSystem::open("/proc").value();
  EXPECT_GT(processes->read("cpuinfo", 10U << 20U)->size(), 10U);
}

TEST_F(DiskFileSystemTest, FollowsNoMagicLinks) {
  const auto processes = DiskFileSystem::open("/proc").value();
  const auto read = processes->read(std::to_string(::getpid()) + "/cwd/CMakeLists.txt", kEnough);
  EXPECT_EQ(code_of(read), ErrorCode::invalid);
}

TEST_F(DiskFileSystemTest, TouchesNothingOutsideWhenALinkIsSwappedIn) {
  ASSERT_TRUE(files_->make_directory("folder", 0755).ok());
  std::filesystem::create_directory_symlink(outside_.path(), on_disk("link"));
  std::atomic<bool> stop = false;
  std::thread swapper([&] {
    while (!stop) {
      // folder <-> link, in one step, over and over
      ::renameat2(AT_FDCWD, on_disk("folder").c_str(), AT_FDCWD, on_disk("link").c_str(),
                  RENAME_EXCHANGE);
    }
  });
  int refused = 0;
  int written = 0;
  for (int i = 0; i < 100'000 && (i < 500 || refused == 0 || written == 0); ++i) {
    const auto result = files_->write("folder/file", "x", 0644);
    ++(result.ok() ? written : refused);
    EXPECT_TRUE(result.ok() || result.error().code == ErrorCode::invalid) << result.error().text();
  }
  stop = true;
  swapper.join();
  EXPECT_GT(refused, 0);
  EXPECT_GT(written, 0);
  EXPECT_TRUE(std::filesystem::is_empty(outside_.path()));
}

TEST_F(DiskFileSystemTest, StaysOnItsRootWhenTheRootIsRenamed) {
  const std::string moved = outside_.path() + "/moved";
  std::filesystem::rename(root_.path(), moved);
  EXPECT_TRUE(files_->write("file", "x", 0644).ok());
  EXPECT_TRUE(std::filesystem::exists(moved + "/file"));
  std::filesystem::rename(moved, root_.path());
}

TEST_F(DiskFileSystemTest, KnowsItsPathWhereverItIsAndHoweverItWasOpened) {
  const std::string real = std::filesystem::canonical(root_.path()).string();
  std::filesystem::create_directory(real + "/a");
  std::filesystem::create_symlink("a", real + "/link");
  const auto files = DiskFileSystem::open(real + "/link").value();
  EXPECT_EQ(files->absolute_path().value(), real + "/a");
  std::filesystem::rename(real + "/a", real + "/b");
  EXPECT_EQ(files->absolute_path().value(), real + "/b");
  std::filesystem::remove(real + "/b");
  EXPECT_EQ(code_of(files->absolute_path()), ErrorCode::not_found);
}

TEST_F(DiskFileSystemTest, SaysWhetherAFolderIsInMemory) {
  struct statfs shared {};
  if (::statfs("/dev/shm", &shared) != 0 || shared.f_type != TMPFS_MAGIC) {
    GTEST_SKIP() << "there is no tmpfs in /dev/shm";
  }
  const TemporaryDirectory memory("/dev/shm");
  const auto in_memory = DiskFileSystem::open(memory.path()).value();
  ASSERT_TRUE(in_memory->make_directory("folder", 0700).ok());
  EXPECT_TRUE(in_memory->in_memory("").value());
  EXPECT_TRUE(in_memory->in_memory("folder").value());
  const auto kernel = DiskFileSystem::open("/proc").value();
  EXPECT_FALSE(kernel->in_memory("").value());
}

TEST_F(DiskFileSystemTest, SharesLocksWithEveryOtherOpenedOnTheSameRoot) {
  const auto other = DiskFileSystem::open(root_.path()).value();
  auto held = files_->lock("lock").value();
  EXPECT_EQ(code_of(other->lock("lock")), ErrorCode::conflict);
  held.reset();
  EXPECT_TRUE(other->lock("lock").ok());
}

TEST_F(DiskFileSystemTest, LocksTheFileThatHasTheNameAlsoWhenItsHolderMovesItAway) {
  std::atomic<int> holders = 0;
  std::atomic<int> shared = 0;
  const auto take_turns = [&] {
    for (int round = 0; round < 10'000; ++round) {
      const auto held = files_->lock("lock");
      if (!held.ok()) {
        EXPECT_EQ(code_of(held), ErrorCode::conflict);
        continue;
      }
      if (++holders > 1) ++shared;
      EXPECT_EQ(files_->info("lock")->type, Type::file);
      --holders;
      EXPECT_TRUE(files_->rename("lock", "done").ok());
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back(take_turns);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(shared, 0);
}

TEST_F(DiskFileSystemTest, SetsModesWhateverTheUmaskIs) {
  const mode_t before = ::umask(0077);
  EXPECT_TRUE(files_->write("file", "x", 0666).ok());
  EXPECT_TRUE(files_->make_directory("folder", 0777).ok());
  ::umask(before);
  EXPECT_EQ(files_->info("file")->mode, 0666U);
  EXPECT_EQ(files_->info("folder")->mode, 0777U);
}

TEST_F(DiskFileSystemTest, LeavesNoDescriptorOpen) {
  const auto count = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
  };
  std::filesystem::create_directory_symlink("..", on_disk("up"));
  ASSERT_TRUE(files_->write("file", "x", 0644).ok());
  const auto before = count();
  for (const auto& [name, call] : all_calls()) {
    for (const std::string path : {"file", "folder/a", "up/a", "new", "other"}) call(*files_, path);
  }
  EXPECT_EQ(count(), before);
}

TEST_F(DiskFileSystemTest, RefusesNamesThatTheDiskCannotHold) {
  EXPECT_TRUE(files_->write(std::string(255, 'a'), "x", 0644).ok());
  EXPECT_EQ(code_of(files_->write(std::string(256, 'a'), "x", 0644)), ErrorCode::invalid);
}

// ---- Paths ----

TEST(CheckRelativePath, AllowsPlainNamesOnly) {
  for (const std::string& path :
       {std::string("a"), std::string("a/b.c/-d"), std::string("..."), std::string("a b/é"),
        std::string(".hidden"), std::string("a\nb"), std::string(255, 'a')}) {
    EXPECT_TRUE(check_relative_path(path).ok()) << path;
  }
  std::string longest = "a";
  while (longest.size() + 2 <= kPathBytesMax) longest += "/a";
  EXPECT_TRUE(check_relative_path(longest).ok());
  for (const std::string& path :
       {std::string(), std::string("/"), std::string("/a"), std::string("a/"), std::string("a//b"),
        std::string("."), std::string(".."), std::string("a/.."), std::string("../a"),
        std::string("a/./b"), std::string("a\0b", 3), std::string(256, 'a'), longest + "/aaa"}) {
    EXPECT_EQ(code_of(check_relative_path(path)), ErrorCode::invalid) << path;
  }
}

TEST(ParentOf, IsWhatStandsBeforeTheLastName) {
  EXPECT_EQ(parent_of("etc/titan/agent.yaml"), "etc/titan");
  EXPECT_EQ(parent_of("etc/titan"), "etc");
  EXPECT_EQ(parent_of("etc"), "");
  EXPECT_EQ(parent_of(""), "");
}

TEST(TemporaryPath, StandsBesideThePath) {
  EXPECT_EQ(temporary_path("etc/agent.yaml"), "etc/.agent.yaml.titan-tmp");
  EXPECT_EQ(temporary_path("agent.yaml"), ".agent.yaml.titan-tmp");
}

// ---- What is built on the contract ----

using Calls = std::vector<std::string>;

TEST(MakeDirectories, FlushesEachNewFolderIntoItsParentAndTouchesTheOthersNot) {
  FakeFileSystem files;
  ASSERT_TRUE(make_directories(files, "a/b").ok());
  EXPECT_EQ(files.faults().calls(), (Calls{"info a", "make_directory a", "sync_directory ",
                                           "info a/b", "make_directory a/b", "sync_directory a"}));
  files.power_cut();
  EXPECT_EQ(files.disk().info("a/b")->mode, 0755U);
  files.faults().reset();
  ASSERT_TRUE(make_directories(files, "a/b/c").ok());
  EXPECT_EQ(files.faults().calls(), (Calls{"info a", "info a/b", "info a/b/c",
                                           "make_directory a/b/c", "sync_directory a/b"}));
}

TEST(MakeDirectories, GoesThroughLinksBelowTheRoot) {
  FakeFileSystem files;
  ASSERT_TRUE(make_directories(files, "usr/lib").ok());
  files.disk().make_symlink("lib", "usr/lib");
  ASSERT_TRUE(make_directories(files, "lib/systemd").ok());
  EXPECT_EQ(files.disk().info("usr/lib/systemd")->type, Type::directory);
}

TEST(MakeDirectories, RefusesAFileInTheWayAndAPathThatIsNotPlain) {
  FakeFileSystem files;
  ASSERT_TRUE(files.write("a", "x", 0644).ok());
  EXPECT_EQ(code_of(make_directories(files, "a/b")), ErrorCode::conflict);
  EXPECT_EQ(code_of(make_directories(files, "../a")), ErrorCode::invalid);
  EXPECT_TRUE(make_directories(files, "").ok()) << "the root is there";
}

TEST(MakeDirectories, SaysWhichOfItsCallsFailed) {
  for (std::size_t n = 1; n <= 6; ++n) {
    FakeFileSystem files;
    files.faults().fail_at(n, exhausted("no space"));
    EXPECT_EQ(code_of(make_directories(files, "a/b")), ErrorCode::exhausted) << n;
    EXPECT_EQ(files.faults().count(), n);
  }
}

TEST(WriteAtomically, WritesBesideRenamesOverAndFlushesTheFolder) {
  FakeFileSystem files;
  ASSERT_TRUE(make_directories(files, "etc").ok());
  files.faults().reset();
  ASSERT_TRUE(write_atomically(files, "etc/a", "new", 0600).ok());
  EXPECT_EQ(files.faults().calls(), (Calls{"write etc/.a.titan-tmp",
                                           "rename etc/.a.titan-tmp etc/a", "sync_directory etc"}));
  files.power_cut();
  EXPECT_EQ(files.disk().read("etc/a", kEnough).value(), "new");
  EXPECT_EQ(files.disk().info("etc/a")->mode, 0600U);
}

TEST(WriteAtomically, RefusesAPathThatIsNotPlainAndAMissingFolder) {
  FakeFileSystem files;
  EXPECT_EQ(code_of(write_atomically(files, "../a", "x", 0644)), ErrorCode::invalid);
  EXPECT_EQ(code_of(write_atomically(files, "etc/a", "x", 0644)), ErrorCode::not_found);
}

struct FailedWrite {
  std::size_t call;     // that fails, or from which on nothing works any more
  std::string content;  // what is found afterwards
  Entries left;         // in the folder
};

const Entries kOnlyTheFile = {{"a", Type::file}};
const Entries kAndTheTemporary = {{".a.titan-tmp", Type::file}, {"a", Type::file}};

TEST(WriteAtomically, LeavesTheOldOrTheNewFileWhenACallFails) {
  const FailedWrite rows[] = {
      {1, "old", kOnlyTheFile},  // write
      {2, "old", kOnlyTheFile},  // rename
      {3, "new", kOnlyTheFile},  // sync_directory
  };
  for (const Kind& kind : {Kind{"real", real_disk}, Kind{"in memory", memory_disk}}) {
    for (const FailedWrite& row : rows) {
      const Disk disk = kind.make();
      FailingFileSystem files(*disk.files);
      ASSERT_TRUE(write_atomically(files, "a", "old", 0644).ok());
      files.faults().reset();
      files.faults().fail_at(row.call, exhausted("no space"));
      EXPECT_EQ(code_of(write_atomically(files, "a", "new", 0644)), ErrorCode::exhausted);
      EXPECT_EQ(disk.files->read("a", kEnough).value(), row.content) << kind.name << row.call;
      EXPECT_EQ(disk.files->list("").value(), row.left) << kind.name << row.call;
    }
  }
}

TEST(WriteAtomically, LeavesTheOldOrTheNewFileWhenTheProcessIsKilled) {
  const FailedWrite rows[] = {
      {1, "old", kAndTheTemporary},
      {2, "old", kAndTheTemporary},
      {3, "new", kOnlyTheFile},
  };
  for (const Kind& kind : {Kind{"real", real_disk}, Kind{"in memory", memory_disk}}) {
    for (const FailedWrite& row : rows) {
      const Disk disk = kind.make();
      ASSERT_TRUE(write_atomically(*disk.files, "a", "old", 0644).ok());
      FailingFileSystem killed(*disk.files);
      killed.faults().fail_from(row.call, internal("killed"));
      EXPECT_FALSE(write_atomically(killed, "a", "new", 0644).ok());
      EXPECT_EQ(disk.files->read("a", kEnough).value(), row.content) << kind.name << row.call;
      EXPECT_EQ(disk.files->list("").value(), row.left) << kind.name << row.call;
      // The next run is not hindered by what it finds.
      EXPECT_TRUE(write_atomically(*disk.files, "a", "newer", 0644).ok());
      EXPECT_EQ(disk.files->read("a", kEnough).value(), "newer");
      EXPECT_EQ(disk.files->list("").value(), kOnlyTheFile);
    }
  }
}

TEST(WriteAtomically, LeavesTheOldOrTheNewFileWhenThePowerIsCut) {
  for (const auto& [call, content] : {std::pair(1, "old"), {2, "old"}, {3, "old"}, {4, "new"}}) {
    FakeFileSystem files;
    ASSERT_TRUE(write_atomically(files, "a", "old", 0644).ok());
    files.faults().reset();
    files.faults().fail_from(static_cast<std::size_t>(call), internal("no power"));
    EXPECT_EQ(write_atomically(files, "a", "new", 0644).ok(), call == 4);
    files.power_cut();
    EXPECT_EQ(files.disk().read("a", kEnough).value(), content) << call;
    EXPECT_EQ(files.disk().list("").value(), kOnlyTheFile) << call;
  }
}

TEST(WriteAtomically, ReplacesALinkAndNotWhatItLeadsTo) {
  for (const Kind& kind : {Kind{"real", real_disk}, Kind{"in memory", memory_disk}}) {
    const Disk disk = kind.make();
    ASSERT_TRUE(disk.files->write("victim", "kept", 0644).ok());
    disk.make_symlink("a", "victim");
    // What a killed link_atomically() left.
    disk.make_symlink(temporary_path("a"), "victim");
    ASSERT_TRUE(write_atomically(*disk.files, "a", "new", 0644).ok()) << kind.name;
    EXPECT_EQ(disk.files->read("victim", kEnough).value(), "kept");
    EXPECT_EQ(disk.files->read("a", kEnough).value(), "new");
    EXPECT_EQ(disk.files->list("").value(), (Entries{{"a", Type::file}, {"victim", Type::file}}));
  }
}

TEST(LinkAtomically, ReplacesAFileAndALinkButNoFolder) {
  for (const Kind& kind : {Kind{"real", real_disk}, Kind{"in memory", memory_disk}}) {
    const Disk disk = kind.make();
    ASSERT_TRUE(disk.files->write("a", "old", 0644).ok());
    // What a killed write_atomically() left.
    ASSERT_TRUE(disk.files->write(temporary_path("a"), "ha", 0644).ok());
    ASSERT_TRUE(link_atomically(*disk.files, "a", "/run/a").ok()) << kind.name;
    EXPECT_EQ(disk.files->read_link("a").value(), "/run/a");
    ASSERT_TRUE(link_atomically(*disk.files, "a", "/run/b").ok());
    EXPECT_EQ(disk.files->read_link("a").value(), "/run/b");
    EXPECT_EQ(disk.files->list("").value(), (Entries{{"a", Type::symlink}}));
    ASSERT_TRUE(disk.files->make_directory("folder", 0755).ok());
    EXPECT_EQ(code_of(link_atomically(*disk.files, "folder", "/run/c")), ErrorCode::conflict);
    EXPECT_EQ(disk.files->list("").value(),
              (Entries{{"a", Type::symlink}, {"folder", Type::directory}}));
  }
}

TEST(LinkAtomically, LeavesTheOldOrTheNewOneWhateverCallFailsOrIsTheLast) {
  for (const bool replaces_file : {true, false}) {
    for (const bool killed : {true, false}) {
      for (std::size_t call = 1; call <= 4; ++call) {
        FakeFileSystem files;
        ASSERT_TRUE((replaces_file ? write_atomically(files, "a", "old", 0644)
                                   : link_atomically(files, "a", "/old"))
                        .ok());
        files.faults().reset();
        killed ? files.faults().fail_from(call, internal("killed"))
               : files.faults().fail_at(call, internal("failed"));
        EXPECT_EQ(link_atomically(files, "a", "/new").ok(), call == 4);
        if (killed) files.power_cut();
        const bool is_link = files.disk().info("a").value().type == Type::symlink;
        const std::string found =
            is_link ? files.disk().read_link("a").value() : files.disk().read("a", kEnough).value();
        const bool is_new = killed ? call == 4 : call >= 3;
        EXPECT_EQ(found, is_new ? "/new" : replaces_file ? "old" : "/old") << call;
        files.faults().reset();
        EXPECT_TRUE(link_atomically(files, "a", "/newer").ok());
        EXPECT_EQ(files.disk().list("").value(), (Entries{{"a", Type::symlink}}));
      }
    }
  }
}

TEST(RemoveIfPresent, FlushesTheFolderOnlyWhenSomethingWasRemoved) {
  FakeFileSystem files;
  ASSERT_TRUE(make_directories(files, "etc").ok());
  ASSERT_TRUE(write_atomically(files, "etc/a", "x", 0644).ok());
  files.faults().reset();
  EXPECT_TRUE(remove_if_present(files, "etc/a").ok());
  EXPECT_TRUE(remove_if_present(files, "etc/a").ok());
  EXPECT_EQ(files.faults().calls(),
            (Calls{"remove_file etc/a", "sync_directory etc", "remove_file etc/a"}));
  files.power_cut();
  EXPECT_EQ(code_of(files.disk().info("etc/a")), ErrorCode::not_found);
}

TEST(RemoveIfPresent, PassesOnEveryErrorButNotFound) {
  FakeFileSystem files;
  ASSERT_TRUE(make_directories(files, "etc").ok());
  EXPECT_EQ(code_of(remove_if_present(files, "etc")), ErrorCode::conflict);
  ASSERT_TRUE(files.write("a", "x", 0644).ok());
  files.faults().reset();
  files.faults().fail_at(2, unavailable("the disk is away"));
  EXPECT_EQ(code_of(remove_if_present(files, "a")), ErrorCode::unavailable);
}

}  // namespace
}  // namespace titan
