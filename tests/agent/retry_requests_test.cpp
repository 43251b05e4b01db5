#include "agent/retry_requests.hpp"

#include <gtest/gtest.h>

#include "tests/support/memory_file_system.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::agent {
namespace {

using model::Key;
using model::Kind;
using titan::testing::TemporaryDirectory;

const Key kBase = {"org", Kind::deployment, "default", "base"};
const Key kDotted = {"org", Kind::deployment, "default", "a.b"};
const Key kOther = {"org", Kind::deployment, "iot", "base"};

class RetryRequestsTest : public ::testing::Test {
 protected:
  TemporaryDirectory directory_;
  std::unique_ptr<DiskFileSystem> files_ = DiskFileSystem::open(directory_.path()).value();
  RetryRequests requests_{*files_, "org"};
};

TEST_F(RetryRequestsTest, AreTakenOnceAndLeaveNothing) {
  EXPECT_EQ(requests_.take().value(), std::vector<Key>());
  for (const Key& key : {kOther, kBase, kDotted, kBase}) ASSERT_TRUE(requests_.ask(key));
  EXPECT_EQ(files_->info("retry")->mode, 0700U);
  EXPECT_EQ(requests_.list().value(), (std::vector<Key>{kDotted, kBase, kOther}));
  EXPECT_EQ(requests_.take().value(), (std::vector<Key>{kDotted, kBase, kOther}));
  EXPECT_EQ(requests_.take().value(), std::vector<Key>());
  EXPECT_TRUE(files_->list("")->empty());
}

TEST_F(RetryRequestsTest, KeepWhatCameMeanwhile) {
  ASSERT_TRUE(requests_.ask(kBase));
  const auto first = requests_.list().value();
  ASSERT_TRUE(requests_.ask(kOther));
  ASSERT_TRUE(requests_.drop(first));
  EXPECT_EQ(requests_.list().value(), std::vector<Key>{kOther});
  ASSERT_TRUE(requests_.drop(first)) << "harmless once more";
}

TEST_F(RetryRequestsTest, LeaveAloneWhatIsNoRequest) {
  ASSERT_TRUE(requests_.ask(kBase));
  ASSERT_TRUE(files_->write("retry/default/Not_A_Name", "", 0600));
  ASSERT_TRUE(files_->write("retry/file", "", 0600));
  ASSERT_TRUE(files_->make_link("retry/default/link", "/etc"));
  ASSERT_TRUE(make_directories(*files_, "retry/default/folder"));
  EXPECT_EQ(requests_.take().value(), std::vector<Key>{kBase});
  EXPECT_EQ(requests_.take().value(), std::vector<Key>());
  EXPECT_TRUE(files_->info("retry/default/Not_A_Name"));
}

TEST(DeploymentName, IsOfTheDefaultWorkspaceUnlessItSaysAnother) {
  EXPECT_EQ(parse_deployment("base", "org").value(), kBase);
  EXPECT_EQ(parse_deployment("iot/base", "org").value(), kOther);
  EXPECT_EQ(parse_deployment("a.b", "org").value(), kDotted);
  for (const char* wrong : {"", "/", "a/", "/a", "a/b/c", "..", "../a", "A", "a b"}) {
    const auto parsed = parse_deployment(wrong, "org");
    ASSERT_FALSE(parsed) << wrong;
    EXPECT_EQ(parsed.error().code, ErrorCode::invalid);
  }
}

}  // namespace
}  // namespace titan::agent
