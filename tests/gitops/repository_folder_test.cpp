#include "gitops/repository_folder.hpp"

#include <gtest/gtest.h>

#include "tests/gitops/git_tool.hpp"
#include "tests/support/failing_file_system.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::gitops {
namespace {

class RepositoryFolder : public ::testing::Test {
 protected:
  testing::TemporaryDirectory folder_;
  std::unique_ptr<DiskFileSystem> files_ = DiskFileSystem::open(folder_.path()).value();
};

TEST_F(RepositoryFolder, IsABareRepositoryToGit) {
  ASSERT_TRUE(create_if_needed(*files_).ok());
  const testing::GitTool git(folder_.path());
  EXPECT_EQ(git.run({"rev-parse", "--is-bare-repository"}), "true\n");
  EXPECT_EQ(git.run({"symbolic-ref", "HEAD"}), "refs/heads/main\n");
  git.expect_sound();
}

TEST_F(RepositoryFolder, IsCompletedWhereverItsCreationStopped) {
  for (std::size_t failing_call = 1;; ++failing_call) {
    const testing::TemporaryDirectory folder;
    const auto disk = DiskFileSystem::open(folder.path()).value();
    testing::FailingFileSystem files(*disk);
    files.faults().fail_from(failing_call, unavailable("the disk is gone"));
    const bool finished = create_if_needed(files).ok();
    ASSERT_TRUE(create_if_needed(*disk).ok()) << "stopped at call " << failing_call;
    EXPECT_EQ(testing::GitTool(folder.path()).run({"rev-parse", "--is-bare-repository"}), "true\n");
    if (finished) break;
  }
}

TEST_F(RepositoryFolder, IsCompletedWhenAPowerCutEmptiedItsHead) {
  ASSERT_TRUE(create_if_needed(*files_).ok());
  ASSERT_TRUE(files_->write("HEAD", "", 0644).ok());
  ASSERT_TRUE(create_if_needed(*files_).ok());
  EXPECT_EQ(files_->read("HEAD", 100).value(), "ref: refs/heads/main\n");
}

TEST_F(RepositoryFolder, LeavesAForeignFolderAlone) {
  ASSERT_TRUE(files_->write("notes.txt", "mine", 0644).ok());
  EXPECT_EQ(create_if_needed(*files_).error().code, ErrorCode::conflict);
  EXPECT_EQ(files_->list("").value().size(), 1U);
}

TEST_F(RepositoryFolder, LeavesACompleteRepositoryAsItIs) {
  testing::make_bare_repository(folder_.path());
  const auto before = files_->list("").value();
  ASSERT_TRUE(create_if_needed(*files_).ok());
  EXPECT_EQ(files_->list("").value(), before);
}

TEST_F(RepositoryFolder, LosesWhatAKilledWriterLeft) {
  ASSERT_TRUE(create_if_needed(*files_).ok());
  ASSERT_TRUE(make_directories(*files_, kRemoteReferences).ok());
  const std::string remote = "refs/titan/remotes/0123456789abcdef";
  const std::vector<std::string> leftovers = {
      "refs/heads/main.lock",      "refs/heads/main",         remote + ".lock", remote,
      "objects/tmp_object_git2_x", "objects/pack/pack_git2_x"};
  for (const std::string& path : leftovers) ASSERT_TRUE(files_->write(path, "", 0644).ok());
  ASSERT_TRUE(files_->write("objects/pack/pack-1.pack", "", 0644).ok());

  ASSERT_TRUE(clear_leftovers(*files_).ok());
  for (const std::string& path : leftovers) {
    EXPECT_EQ(files_->info(path).error().code, ErrorCode::not_found) << path;
  }
  EXPECT_TRUE(files_->info("objects/pack/pack-1.pack").ok());
}

}  // namespace
}  // namespace titan::gitops
