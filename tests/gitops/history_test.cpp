#include "gitops/history.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/gitops/git_tool.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::gitops {
namespace {

// Random histories, with times that have nothing to do with the order of commits, against git.
class History : public ::testing::Test {
 protected:
  void SetUp() override { testing::make_bare_repository(folder_.path()); }
  [[nodiscard]] std::size_t below(std::size_t end) { return random_() % end; }

  // Commits with one parent, sometimes two, sometimes none.
  void make_commits(int count, bool with_merges) {
    std::string stream;
    for (int i = 0; i < count; ++i) {
      stream += "commit refs/heads/c" + std::to_string(i) + "\nmark :" + std::to_string(i + 1) +
                "\ncommitter Ada <ada@example.org> " + std::to_string(1 + below(1'000'000)) +
                " +0000\ndata 1\nx\n";
      if (i > 0 && below(10) > 0) {
        const std::size_t near = std::max(0, i - 3);
        const std::size_t parent = near + below(static_cast<std::size_t>(i) - near);
        stream += "from :" + std::to_string(parent + 1) + "\n";
        const std::size_t other = below(static_cast<std::size_t>(i));
        if (with_merges && below(4) == 0 && other != parent) {
          stream += "merge :" + std::to_string(other + 1) + "\n";
        }
      }
      stream += "M 100644 inline f" + std::to_string(below(5)) + "\ndata 2\n" +
                std::to_string(below(10)) + "\n\n";
    }
    git_.run({"fast-import", "--quiet"}, stream);
    for (int i = 0; i < count; ++i) {
      std::string id = git_.run({"rev-parse", "c" + std::to_string(i)});
      id.pop_back();
      ids_.push_back(id);
    }
  }
  const std::string& any() { return ids_[below(ids_.size())]; }
  [[nodiscard]] static std::vector<std::string> hex_of(const std::vector<git_oid>& ids) {
    std::vector<std::string> texts;
    for (const git_oid& id : ids) texts.push_back(hex(id));
    return texts;
  }
  static std::vector<std::string> sorted(std::vector<std::string> lines) {
    std::sort(lines.begin(), lines.end());
    return lines;
  }

  // git's own way to leave out what is hidden goes by times; whole histories it lists right.
  [[nodiscard]] std::vector<std::string> without(const std::string& tip,
                                                 const std::vector<std::string>& hidden) const {
    std::vector<std::string> left = git_.lines({"rev-list", tip});
    for (const std::string& one : hidden) {
      for (const std::string& id : git_.lines({"rev-list", one})) std::erase(left, id);
    }
    return sorted(left);
  }

  void compare_with_git() {
    const auto repository = open_bare(folder_.path()).value();
    const Boundary whole;
    const LocalHistory history{repository.get(), whole};
    for (int round = 0; round < 60; ++round) {
      const std::string tip = any();
      const std::vector<std::string> hidden = {any(), any()};
      const auto found =
          commits_between(history, object_id(tip), {object_id(hidden[0]), object_id(hidden[1])})
              .value();
      EXPECT_EQ(sorted(hex_of(found)), without(tip, hidden));
      const auto base = git_.lines({"rev-list", tip});
      const bool is_in = std::find(base.begin(), base.end(), hidden[0]) != base.end();
      EXPECT_EQ(descends_from(history, object_id(tip), object_id(hidden[0])).value(), is_in);
      const auto objects =
          objects_of(history, commits_between(history, object_id(tip), {}).value());
      EXPECT_EQ(sorted(hex_of(objects.value())),
                sorted(git_.lines({"rev-list", "--objects", "--no-object-names", tip})));
    }
  }

  testing::TemporaryDirectory folder_{testing::folder_in_memory()};
  testing::GitTool git_{folder_.path()};
  std::mt19937_64 random_{20261128};
  std::vector<std::string> ids_;
  LibGit2 library_;
};

TEST_F(History, IsWalkedAsGitDoesWithoutMerges) {
  make_commits(60, false);
  compare_with_git();
}

TEST_F(History, IsWalkedAsGitDoesWithMerges) {
  make_commits(60, true);
  compare_with_git();
}

TEST_F(History, HasItsNewestCommitsWithTheirEnds) {
  make_commits(60, true);
  const auto repository = open_bare(folder_.path()).value();
  const Boundary whole;
  for (std::size_t count = 1; count < 30; ++count) {
    const git_oid tip = object_id(any());
    const auto all = commits_between({repository.get(), whole}, tip, {}).value();
    const git_oid wanted = all[below(all.size())];
    const auto newest = newest_commits({repository.get(), whole}, tip, count, wanted).value();
    EXPECT_GE(newest.commits.size(), std::min(count, all.size()));
    const auto found = hex_of(newest.commits);
    EXPECT_NE(std::find(found.begin(), found.end(), hex(wanted)), found.end());
    // With these ends the walk finds all of them, and no other.
    const auto again = commits_between({repository.get(), newest.boundary}, tip, {}).value();
    for (const std::string& id : hex_of(again)) {
      EXPECT_NE(std::find(found.begin(), found.end(), id), found.end());
    }
  }
}

}  // namespace
}  // namespace titan::gitops
