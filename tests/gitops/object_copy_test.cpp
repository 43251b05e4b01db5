#include "gitops/object_copy.hpp"

#include <gtest/gtest.h>

#include "base/file_system.hpp"
#include "gitops/limits.hpp"
#include "tests/gitops/git_tool.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::gitops {
namespace {

class ObjectCopy : public ::testing::Test {
 protected:
  void SetUp() override {
    testing::make_bare_repository(from_.path());
    testing::make_bare_repository(to_.path());
  }
  void copy(const std::string& commit) {
    const auto from = open_bare(from_.path()).value();
    const auto to = open_bare(to_.path()).value();
    const auto copied = copy_objects({from.get(), whole_}, to.get(), object_id(commit));
    ASSERT_TRUE(copied.ok()) << copied.error().text();
    target_.run({"update-ref", "refs/heads/main", commit});
  }
  std::size_t pack_files() {
    return DiskFileSystem::open(to_.path() + "/objects/pack").value()->list("").value().size();
  }

  testing::TemporaryDirectory from_;
  testing::TemporaryDirectory to_;
  testing::GitTool source_{from_.path()};
  testing::GitTool target_{to_.path()};
  const Boundary whole_;
  LibGit2 library_;
};

TEST_F(ObjectCopy, BringsACommitWithAllItsHistory) {
  for (const std::string path : {"a", "b/c", "b/d/e"}) source_.commit_file(path, path);
  copy(source_.tip());
  target_.expect_sound();
  EXPECT_EQ(target_.run({"log", "--format=%H"}), source_.run({"log", "--format=%H"}));
  EXPECT_EQ(target_.files(), source_.files());
  EXPECT_EQ(pack_files(), 0U);
}

TEST_F(ObjectCopy, FollowsMergesAndLeavesSubmodulesOut) {
  source_.commit_file("a", "a");
  const std::string first = source_.tip();
  source_.commit_file("b", "b");
  source_.run({"update-index", "--add", "--cacheinfo", "160000," + first + ",submodule"});
  std::string tree = source_.run({"write-tree"});
  tree.pop_back();
  std::string merge =
      source_.run({"commit-tree", tree, "-p", source_.tip(), "-p", first, "-m", "Merge"});
  merge.pop_back();
  copy(merge);
  target_.expect_sound();
  EXPECT_EQ(target_.lines({"rev-list", "main"}).size(), 3U);
}

TEST_F(ObjectCopy, WritesManyObjectsAsOnePack) {
  std::string commits;
  for (std::size_t i = 0; i < kLooseObjectsMax; ++i) {
    commits += "commit refs/heads/main\ncommitter Ada <ada@example.org> " + std::to_string(i) +
               " +0000\ndata 1\nx\nM 100644 inline f" + std::to_string(i) + "\ndata 2\n" +
               std::to_string(i % 10) + "\n\n";
  }
  source_.run({"fast-import", "--quiet"}, commits);
  copy(source_.tip());
  target_.expect_sound();
  EXPECT_EQ(target_.files(), source_.files());
  EXPECT_GE(pack_files(), 2U);
}

}  // namespace
}  // namespace titan::gitops
