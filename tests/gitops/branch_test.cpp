#include "gitops/branch.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/gitops/git_tool.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::gitops {
namespace {

class Branch : public ::testing::Test {
 protected:
  void SetUp() override {
    testing::make_bare_repository(folder_.path());
    repository_ = open_bare(folder_.path()).value();
  }
  git_oid add_commit(const std::string& path) {
    git_.commit_file(path, path);
    return object_id(git_.tip());
  }
  void write(const std::string& path, const std::string& content) {
    std::ofstream(folder_.path() + "/" + path) << content;
  }

  testing::TemporaryDirectory folder_;
  testing::GitTool git_{folder_.path()};
  LibGit2 library_;
  GitRepository repository_;
};

TEST_F(Branch, IsCreatedOnlyWhereThereIsNone) {
  EXPECT_FALSE(branch_tip(repository_.get()).value().has_value());
  const git_oid commit = add_commit("a");
  EXPECT_EQ(move_branch(repository_.get(), std::nullopt, commit).error().code, ErrorCode::conflict);
  git_.run({"update-ref", "-d", "refs/heads/main"});
  ASSERT_TRUE(move_branch(repository_.get(), std::nullopt, commit).ok());
  EXPECT_EQ(git_.tip(), hex(commit));
}

TEST_F(Branch, MovesOnlyFromWhereItIsExpected) {
  const git_oid first = add_commit("a");
  const git_oid second = add_commit("b");
  const auto moved = move_branch(repository_.get(), first, second);
  ASSERT_FALSE(moved.ok());
  EXPECT_EQ(moved.error().code, ErrorCode::conflict);
  EXPECT_NE(moved.error().message.find(hex(first)), std::string::npos);
  ASSERT_TRUE(move_branch(repository_.get(), second, first).ok());
  EXPECT_EQ(git_.tip(), hex(first));
}

TEST_F(Branch, DoesNotMoveWhileAnotherProgramHoldsItsLock) {
  const git_oid first = add_commit("a");
  const git_oid second = add_commit("b");
  write("refs/heads/main.lock", "");
  EXPECT_EQ(move_branch(repository_.get(), second, first).error().code, ErrorCode::conflict);
  EXPECT_EQ(git_.tip(), hex(second));
}

TEST_F(Branch, SaysThatItIsDamaged) {
  for (const std::string content : {"no commit\n", "1111111111111111111111111111111111111111\n"}) {
    write("refs/heads/main", content);
    const auto tip = branch_tip(repository_.get());
    ASSERT_FALSE(tip.ok());
    EXPECT_EQ(tip.error().code, ErrorCode::internal);
    EXPECT_NE(tip.error().message.find("branch main"), std::string::npos);
  }
}

}  // namespace
}  // namespace titan::gitops
