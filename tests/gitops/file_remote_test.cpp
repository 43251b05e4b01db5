#include "gitops/file_remote.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/gitops/git_tool.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::gitops {
namespace {

class FileRemoteTest : public ::testing::Test {
 protected:
  void SetUp() override {
    testing::make_bare_repository(local_.path());
    testing::make_bare_repository(remote_.path());
    local_git_.commit_file("a", "a");
  }
  Result<void> push(const std::optional<git_oid>& expected) {
    const auto local = open_bare(local_.path()).value();
    auto remote = FileRemote::open(remote_.path()).value();
    const Boundary whole;
    return remote.push({local.get(), whole}, expected, object_id(local_git_.tip()));
  }
  void touch(const std::string& file) { std::ofstream(remote_.path() + "/" + file) << ""; }

  LibGit2 library_;
  testing::TemporaryDirectory local_;
  testing::TemporaryDirectory remote_;
  testing::GitTool local_git_{local_.path()};
  testing::GitTool remote_git_{remote_.path()};
};

TEST_F(FileRemoteTest, LosesARaceWithoutForcing) {
  remote_git_.commit_file("theirs", "b");
  const std::string theirs = remote_git_.tip();
  EXPECT_EQ(push(std::nullopt).error().code, ErrorCode::conflict);
  EXPECT_EQ(push(object_id(local_git_.tip())).error().code, ErrorCode::conflict);
  EXPECT_EQ(remote_git_.tip(), theirs);
  remote_git_.expect_sound();
}

TEST_F(FileRemoteTest, LeavesTheLockOfAnotherProgramAlone) {
  touch("refs/heads/main.lock");
  const auto pushed = push(std::nullopt);
  EXPECT_EQ(pushed.error().code, ErrorCode::conflict);
  EXPECT_EQ(pushed.error().subject, remote_.path());
  EXPECT_EQ(push(std::nullopt).error().code, ErrorCode::conflict);
}

TEST_F(FileRemoteTest, RemovesTheLockThatAKilledPushLeft) {
  touch("titan.pushing");
  touch("refs/heads/main.lock");
  ASSERT_TRUE(push(std::nullopt).ok());
  EXPECT_EQ(remote_git_.tip(), local_git_.tip());
  const auto files = DiskFileSystem::open(remote_.path()).value();
  EXPECT_EQ(files->info("titan.pushing").error().code, ErrorCode::not_found);
}

TEST_F(FileRemoteTest, RemovesTheUnfinishedObjectsThatAKilledPushLeft) {
  const std::vector<std::string> left = {"objects/tmp_object_git2_0123",
                                         "objects/pack/pack_git2_45"};
  for (const std::string& file : left) touch(file);
  const auto files = DiskFileSystem::open(remote_.path()).value();
  ASSERT_TRUE(push(std::nullopt).ok());
  for (const std::string& file : left)
    EXPECT_TRUE(files->info(file)) << "another program's " << file;
  touch("titan.pushing");
  ASSERT_TRUE(push(object_id(local_git_.tip())).ok());
  for (const std::string& file : left) {
    EXPECT_EQ(files->info(file).error().code, ErrorCode::not_found) << file;
  }
  remote_git_.expect_sound();
}

TEST_F(FileRemoteTest, IsNotPushedToByTwoAtOnce) {
  const auto files = DiskFileSystem::open(remote_.path()).value();
  const auto lock = files->lock("titan.lock").value();
  EXPECT_EQ(push(std::nullopt).error().code, ErrorCode::conflict);
}

}  // namespace
}  // namespace titan::gitops
