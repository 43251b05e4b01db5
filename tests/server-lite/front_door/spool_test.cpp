#include "server-lite/front_door/spool.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <utility>

#include "tests/support/temporary_directory.hpp"

namespace titan::front_door {
namespace {

std::string content_of(const SpoolFile& file) {
  std::string content(file.size(), '\0');
  EXPECT_TRUE(file.read(0, content));
  return content;
}

std::size_t open_descriptors() {
  using std::filesystem::directory_iterator;
  return static_cast<std::size_t>(
      std::distance(directory_iterator("/proc/self/fd"), directory_iterator()));
}

class SpoolTest : public ::testing::Test {
 protected:
  testing::TemporaryDirectory folder_;
  Spool spool_{folder_.path(), 10};
};

TEST_F(SpoolTest, GivesBackWhatAFileWasGiven) {
  SpoolFile file = spool_.create().value();
  ASSERT_TRUE(file.append("ab"));
  ASSERT_TRUE(file.append("cde"));
  EXPECT_EQ(content_of(file), "abcde");
  std::string part(3, '\0');
  EXPECT_EQ(file.read(3, part).value(), 2U);
  EXPECT_EQ(part.substr(0, 2), "de");
  EXPECT_EQ(file.read(9, part).value(), 0U);
}

TEST_F(SpoolTest, LeavesNothingInTheFolder) {
  SpoolFile file = spool_.create().value();
  ASSERT_TRUE(file.append("ab"));
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(SpoolTest, CountsWhatItsFilesHoldWhileTheyAreHeld) {
  {
    SpoolFile first = spool_.create().value();
    ASSERT_TRUE(first.append("12345678"));
    EXPECT_FALSE(spool_.is_full());
    SpoolFile second = spool_.create().value();
    ASSERT_TRUE(second.append("123"));
    EXPECT_EQ(spool_.bytes(), 11U);
    EXPECT_TRUE(spool_.is_full());
    const SpoolFile moved = std::move(first);
    EXPECT_EQ(spool_.bytes(), 11U);
    second = SpoolFile();
    EXPECT_EQ(spool_.bytes(), 8U);
    EXPECT_EQ(content_of(moved), "12345678");
  }
  EXPECT_EQ(spool_.bytes(), 0U);
}

TEST_F(SpoolTest, LetsAllWhoWaitForTheSameContentShareAFile) {
  const auto first = spool_.share("a", "content").value();
  const auto again = spool_.find("a");
  EXPECT_EQ(again, first);
  EXPECT_EQ(content_of(*again), "content");
  EXPECT_EQ(spool_.find("b"), nullptr);
  EXPECT_EQ(spool_.bytes(), 7U);
}

TEST_F(SpoolTest, ForgetsAFileThatNobodyHolds) {
  auto file = spool_.share("a", "content").value();
  auto again = spool_.find("a");
  file.reset();
  EXPECT_NE(spool_.find("a"), nullptr);
  again.reset();
  EXPECT_EQ(spool_.find("a"), nullptr);
  EXPECT_EQ(spool_.bytes(), 0U);
  EXPECT_EQ(content_of(*spool_.share("a", "other").value()), "other");
}

TEST_F(SpoolTest, ClosesFilesWhenItIsTold) {
  const std::size_t before = open_descriptors();
  spool_.share("a", "content").value().reset();
  EXPECT_EQ(spool_.left(), 1U);
  EXPECT_EQ(open_descriptors(), before + 1);
  EXPECT_EQ(spool_.close_left(), 1U);
  EXPECT_EQ(spool_.left(), 0U);
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(SpoolTest, SaysThatItsFolderIsGone) {
  Spool nowhere(folder_.path() + "/gone");
  EXPECT_EQ(nowhere.create().error().code, ErrorCode::unavailable);
  EXPECT_EQ(nowhere.share("a", "content").error().code, ErrorCode::unavailable);
  EXPECT_EQ(nowhere.find("a"), nullptr);
}

}  // namespace
}  // namespace titan::front_door
