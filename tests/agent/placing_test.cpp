#include "agent/placing.hpp"

#include <gtest/gtest.h>

#include "base/file_system.hpp"
#include "tests/support/fake_file_system.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::agent {
namespace {

using titan::testing::FakeFileSystem;

const std::vector<model::RenderedFile> kRendered = {
    {.path = "README", .content = "not placed"},
    {.path = "root/etc/a.conf", .content = "a"},
    {.path = "root/usr/bin/run", .mode = 0755, .content = "run"},
    {.path = "rooted", .content = "not placed either"}};

Result<void> place(FileSystem& root) {
  Owners owners(root);
  Placing placing(root, owners);
  std::vector<FileToPlace> files;
  for (const auto& [path, file] : placed_files(kRendered)) {
    files.push_back({.path = path, .mode = file->mode, .content = file->content});
  }
  TITAN_TRY(placing.stage(std::move(files), {}));
  std::set<std::string> own_folders;
  return placing.switch_over(own_folders);
}

TEST(Placing, PlacesWhatIsUnderRootAtItsPath) {
  FakeFileSystem root;
  ASSERT_TRUE(place(root));
  EXPECT_EQ(root.read("etc/a.conf", 100).value(), "a");
  EXPECT_EQ(root.info("usr/bin/run").value().mode, 0755U);
  EXPECT_FALSE(root.info("README"));
  EXPECT_FALSE(root.info("rooted"));
}

TEST(Placing, RemovesTheFileAndWhatAKilledRunLeftOfIt) {
  FakeFileSystem root;
  ASSERT_TRUE(root.write("a", "a", 0644));
  ASSERT_TRUE(root.write(temporary_path("a"), "ha", 0644));
  ASSERT_TRUE(remove_files(root, {"a", "never/was"}));
  ASSERT_TRUE(remove_files(root, {"a", "never/was"}));
  EXPECT_TRUE(root.list("").value().empty());
}

TEST(Placing, FindsTheFoldersThatItWouldMake) {
  FakeFileSystem root;
  ASSERT_TRUE(root.make_directory("etc", 0755));
  EXPECT_EQ(missing_folders(root, "etc/a/b/c").value(),
            (std::vector<std::string>{"etc/a", "etc/a/b"}));
  EXPECT_TRUE(missing_folders(root, "etc/a").value().empty());
  EXPECT_TRUE(missing_folders(root, "a").value().empty());
}

TEST(Placing, RemovesItsEmptyFoldersAndLeavesThoseInUse) {
  FakeFileSystem root;
  ASSERT_TRUE(make_directories(root, "a/b/c"));
  ASSERT_TRUE(make_directories(root, "d"));
  ASSERT_TRUE(root.write("d/theirs", "x", 0644));
  std::set<std::string> folders = {"a", "a/b", "a/b/c", "d", "never"};
  ASSERT_TRUE(remove_empty_folders(root, folders));
  EXPECT_FALSE(root.info("a"));
  EXPECT_TRUE(root.info("d/theirs"));
  EXPECT_TRUE(folders.empty());
}

TEST(Placing, NeverWritesThroughALinkThatLeadsOut) {
  const testing::TemporaryDirectory outside;
  const testing::TemporaryDirectory folder;
  ASSERT_EQ(symlink(outside.path().c_str(), (folder.path() + "/etc").c_str()), 0);
  const auto root = DiskFileSystem::open(folder.path()).value();
  const auto written = place(*root);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::invalid);
  EXPECT_TRUE(DiskFileSystem::open(outside.path()).value()->list("").value().empty());
}

TEST(Placing, ReplacesALinkInsteadOfFollowingIt) {
  const testing::TemporaryDirectory folder;
  const testing::TemporaryDirectory outside;
  const std::string victim = outside.path() + "/victim";
  const auto elsewhere = DiskFileSystem::open(outside.path()).value();
  ASSERT_TRUE(elsewhere->write("victim", "safe", 0644));
  const auto root = DiskFileSystem::open(folder.path()).value();
  ASSERT_TRUE(make_directories(*root, "etc"));
  ASSERT_EQ(symlink(victim.c_str(), (folder.path() + "/etc/a.conf").c_str()), 0);
  ASSERT_TRUE(place(*root));
  EXPECT_EQ(elsewhere->read("victim", 100).value(), "safe");
  EXPECT_EQ(root->read("etc/a.conf", 100).value(), "a");
}

}  // namespace
}  // namespace titan::agent
