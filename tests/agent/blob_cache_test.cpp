#include "agent/blob_cache.hpp"

#include <gtest/gtest.h>

#include "client/client.hpp"
#include "tests/support/fake_file_system.hpp"
#include "tests/support/fake_transport.hpp"

namespace titan::agent {
namespace {

class BlobCacheTest : public ::testing::Test {
 protected:
  const std::string content_ = "bytes";
  const Digest digest_ = Digest::of(content_);
  const std::string path_ = "blobs/" + digest_.hex();
  testing::FakeFileSystem files_;
  testing::FakeTransport transport_{
      [this](const HttpRequest&) { return HttpResponse{.status = 200, .body = answer_}; }};
  client::Client client_{transport_};
  BlobCache blobs_{files_, [this](const Digest& digest) { return client_.get_blob(digest); }};
  std::string answer_ = content_;
};

TEST_F(BlobCacheTest, FetchesABlobOnce) {
  EXPECT_EQ(blobs_.get(digest_).value(), content_);
  EXPECT_EQ(blobs_.get(digest_).value(), content_);
  EXPECT_EQ(transport_.requests().size(), 1U);
}

TEST_F(BlobCacheTest, FetchesADamagedBlobAgain) {
  ASSERT_TRUE(blobs_.get(digest_));
  ASSERT_TRUE(files_.write(path_, "dam", 0600));
  EXPECT_EQ(blobs_.get(digest_).value(), content_);
  EXPECT_EQ(files_.read(path_, 100).value(), content_);
}

TEST_F(BlobCacheTest, KeepsNothingThatHasAnotherDigest) {
  answer_ = "something else";
  EXPECT_FALSE(blobs_.get(digest_));
  EXPECT_FALSE(files_.disk().info(path_));
}

TEST_F(BlobCacheTest, DropsWhatIsNotWantedAndWhatAKilledRunLeft) {
  ASSERT_TRUE(blobs_.keep_only({}));
  ASSERT_TRUE(blobs_.get(digest_));
  ASSERT_TRUE(files_.write(temporary_path(path_), "half", 0600));
  ASSERT_TRUE(files_.write("blobs/" + Digest::of("old").hex(), "old", 0600));
  ASSERT_TRUE(blobs_.keep_only({digest_}));
  const auto left = files_.disk().list("blobs").value();
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].name, digest_.hex());
}

}  // namespace
}  // namespace titan::agent
