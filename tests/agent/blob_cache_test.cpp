#include "agent/blob_cache.hpp"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/limits.hpp"
#include "model/limits.hpp"
#include "tests/support/fake_file_system.hpp"

namespace titan::agent {
namespace {

using client::BlobPart;
using client::BlobRange;
using testing::FakeFileSystem;

// A server of blobs that notes what it is asked for: "whole", or "0-99/1000".
class FakeSource {
 public:
  explicit FakeSource(std::string content) : content_(std::move(content)) {}

  BlobCache::Source source() {
    return {.whole = [this](const Digest& digest) { return whole(digest); },
            .part = [this](const Digest& digest,
                           const BlobRange& range) { return part(digest, range); },
            .check = [](const Digest& digest, std::string_view content) -> Result<void> {
              if (Digest::of(content) == digest) return {};
              return denied("another digest");
            }};
  }
  [[nodiscard]] std::vector<std::string>& asked() { return asked_; }
  // What it sends from now on.
  void send(std::string content) { content_ = std::move(content); }
  void know_no_ranges() { knows_ranges_ = false; }
  // The n-th question from now on, counted from 1, and all after it are not answered.
  void break_at(std::size_t n) { breaks_at_ = asked_.size() + n; }
  void mend() { breaks_at_.reset(); }

 private:
  Result<void> ask(std::string question) {
    asked_.push_back(std::move(question));
    if (breaks_at_ && asked_.size() >= *breaks_at_) return unavailable("the line broke");
    return {};
  }
  Result<std::string> whole(const Digest& digest) {
    TITAN_TRY(ask("whole"));
    if (Digest::of(content_) != digest) return denied("another digest");
    return content_;
  }
  Result<BlobPart> part(const Digest&, const BlobRange& range) {
    const std::string bytes = content_.substr(range.offset, range.bytes_max);
    TITAN_TRY(ask(std::to_string(range.offset) + "-" +
                  std::to_string(range.offset + bytes.size() - 1) + "/" +
                  std::to_string(range.size)));
    if (!knows_ranges_) return BlobPart{.bytes = content_, .is_whole = true};
    return BlobPart{.bytes = bytes};
  }

  std::string content_;
  bool knows_ranges_ = true;
  std::vector<std::string> asked_;
  std::optional<std::size_t> breaks_at_;
};

// Not the same in any two pieces.
std::string long_content() {
  std::string content;
  while (content.size() < 3 * kBlobPieceBytes + 1000) {
    content += std::to_string(content.size()) + " ";
  }
  content.resize(3 * kBlobPieceBytes + 1000);
  return content;
}

model::TemplateFile file_of(const std::string& content) {
  return {.path = "root/x", .digest = Digest::of(content), .size = content.size()};
}

class BlobCacheTest : public ::testing::Test {
 protected:
  std::vector<std::string> names() {
    std::vector<std::string> names;
    const auto entries = files_.disk().list("blobs").value();
    for (const auto& entry : entries) names.push_back(entry.name);
    return names;
  }
  [[nodiscard]] std::string piece(int n) const {
    return Digest::of(long_).hex() + ".part" + std::to_string(n);
  }

  const std::string content_ = "bytes";
  const model::TemplateFile file_ = file_of(content_);
  const std::string path_ = "blobs/" + file_.digest.hex();
  FakeFileSystem files_;
  FakeSource server_{content_};
  BlobCache blobs_{files_, server_.source()};

  const std::string long_ = long_content();
  const model::TemplateFile long_file_ = file_of(long_);
  FakeSource long_server_{long_};
  BlobCache long_blobs_{files_, long_server_.source()};
  const std::vector<std::string> all_pieces_ = {"0-262143/787432", "262144-524287/787432",
                                                "524288-786431/787432", "786432-787431/787432"};
};

TEST_F(BlobCacheTest, FetchesABlobOnce) {
  EXPECT_EQ(blobs_.get(file_).value(), content_);
  EXPECT_EQ(blobs_.get(file_).value(), content_);
  EXPECT_EQ(server_.asked(), std::vector<std::string>{"whole"});
}

TEST_F(BlobCacheTest, FetchesADamagedBlobAgain) {
  ASSERT_TRUE(blobs_.get(file_));
  ASSERT_TRUE(files_.write(path_, "dam", 0600));
  EXPECT_EQ(blobs_.get(file_).value(), content_);
  EXPECT_EQ(files_.read(path_, 100).value(), content_);
}

TEST_F(BlobCacheTest, KeepsNothingThatHasAnotherDigest) {
  server_.send("something else");
  EXPECT_FALSE(blobs_.get(file_));
  EXPECT_FALSE(files_.disk().info(path_));
}

TEST_F(BlobCacheTest, FetchesALongBlobInPieces) {
  EXPECT_EQ(long_blobs_.get(long_file_).value(), long_);
  EXPECT_EQ(long_server_.asked(), all_pieces_);
  EXPECT_EQ(names(), std::vector<std::string>{long_file_.digest.hex()});
  EXPECT_EQ(long_blobs_.get(long_file_).value(), long_);
  EXPECT_EQ(long_server_.asked().size(), all_pieces_.size());
}

TEST_F(BlobCacheTest, FetchesInPiecesWhatIsLongerThanOne) {
  for (const std::size_t bytes : {kBlobPieceBytes - 1, kBlobPieceBytes, kBlobPieceBytes + 1,
                                  2 * kBlobPieceBytes, 2 * kBlobPieceBytes + 1}) {
    const std::string content(bytes, 'x');
    FakeSource server(content);
    BlobCache blobs(files_, server.source());
    EXPECT_EQ(blobs.get(file_of(content)).value(), content);
    EXPECT_EQ(server.asked().size(), (bytes + kBlobPieceBytes - 1) / kBlobPieceBytes);
    EXPECT_EQ(server.asked().front() == "whole", bytes <= kBlobPieceBytes);
  }
}

TEST_F(BlobCacheTest, GoesOnWithWhatCameBeforeTheLineBroke) {
  for (std::size_t n = 1; n <= all_pieces_.size(); ++n) {
    FakeFileSystem files;
    FakeSource server(long_);
    BlobCache blobs(files, server.source());
    server.break_at(n);
    EXPECT_EQ(blobs.get(long_file_).error().code, ErrorCode::unavailable);
    server.mend();
    EXPECT_EQ(blobs.get(long_file_).value(), long_);
    std::vector<std::string> expected = all_pieces_;
    expected.insert(expected.begin() + static_cast<std::ptrdiff_t>(n), all_pieces_.at(n - 1));
    EXPECT_EQ(server.asked(), expected);
  }
}

TEST_F(BlobCacheTest, LosesOnePieceAtMostByAPowerCut) {
  std::size_t cuts = 0;
  for (std::size_t n = 1;; ++n) {
    FakeFileSystem files;
    FakeSource server(long_);
    BlobCache blobs(files, server.source());
    files.faults().fail_from(n, unavailable("power"));
    const bool done = blobs.get(long_file_).ok();
    files.power_cut();
    files.faults().reset();
    const std::size_t before = server.asked().size();
    EXPECT_EQ(blobs.get(long_file_).value(), long_) << "cut at " << n;
    EXPECT_LE(server.asked().size(), all_pieces_.size() + 1) << "cut at " << n;
    // What is left behind is no more than pieces that nobody needs, which keep_only() takes away.
    EXPECT_TRUE(blobs.keep_only({long_file_.digest}));
    EXPECT_EQ(files.disk().list("blobs").value().size(), 1U) << "cut at " << n;
    if (done) {
      EXPECT_EQ(server.asked().size(), before);
      break;
    }
    ++cuts;
  }
  EXPECT_GT(cuts, 20U);
}

TEST_F(BlobCacheTest, FetchesAllPiecesAgainWhenOneIsDamagedOnTheDisk) {
  long_server_.break_at(4);
  ASSERT_FALSE(long_blobs_.get(long_file_));
  ASSERT_TRUE(files_.write("blobs/" + piece(1), std::string(kBlobPieceBytes, '?'), 0600));
  long_server_.mend();
  long_server_.asked().clear();
  EXPECT_EQ(long_blobs_.get(long_file_).value(), long_);
  std::vector<std::string> expected = {all_pieces_.back()};
  expected.insert(expected.end(), all_pieces_.begin(), all_pieces_.end());
  EXPECT_EQ(long_server_.asked(), expected);
  EXPECT_EQ(names(), std::vector<std::string>{long_file_.digest.hex()});
}

TEST_F(BlobCacheTest, FetchesAPieceAgainThatHasAnotherLength) {
  long_server_.break_at(4);
  ASSERT_FALSE(long_blobs_.get(long_file_));
  ASSERT_TRUE(files_.write("blobs/" + piece(1), "short", 0600));
  ASSERT_TRUE(files_.write("blobs/" + piece(2), std::string(kBlobPieceBytes + 1, '?'), 0600));
  long_server_.mend();
  long_server_.asked().clear();
  EXPECT_EQ(long_blobs_.get(long_file_).value(), long_);
  EXPECT_EQ(long_server_.asked(),
            (std::vector<std::string>{all_pieces_[1], all_pieces_[2], all_pieces_[3]}));
}

TEST_F(BlobCacheTest, TakesAWholeBlobInPlaceOfAPiece) {
  long_server_.know_no_ranges();
  EXPECT_EQ(long_blobs_.get(long_file_).value(), long_);
  EXPECT_EQ(long_server_.asked(), std::vector<std::string>{all_pieces_[0]});
  EXPECT_EQ(names(), std::vector<std::string>{long_file_.digest.hex()});
}

TEST_F(BlobCacheTest, GivesUpWhenTwiceTheSameWrongPiecesCame) {
  std::string wrong = long_;
  wrong.back() = '!';
  long_server_.send(wrong);
  EXPECT_EQ(long_blobs_.get(long_file_).error().code, ErrorCode::denied);
  EXPECT_EQ(long_server_.asked().size(), 2 * all_pieces_.size());
  EXPECT_TRUE(names().empty());
  long_server_.send(long_);
  EXPECT_EQ(long_blobs_.get(long_file_).value(), long_);
}

TEST_F(BlobCacheTest, DoesNotAskForWhatIsTooLong) {
  model::TemplateFile file = long_file_;
  file.size = model::kTemplateFileBytesMax + 1;
  EXPECT_EQ(long_blobs_.get(file).error().code, ErrorCode::exhausted);
  EXPECT_TRUE(long_server_.asked().empty());
}

TEST_F(BlobCacheTest, DropsWhatIsNotWantedAndWhatAKilledRunLeft) {
  ASSERT_TRUE(blobs_.keep_only({}));
  ASSERT_TRUE(blobs_.get(file_));
  ASSERT_TRUE(files_.write(temporary_path(path_), "half", 0600));
  ASSERT_TRUE(files_.write("blobs/" + Digest::of("old").hex(), "old", 0600));
  ASSERT_TRUE(files_.write("blobs/" + Digest::of("old").hex() + ".part3", "old", 0600));
  ASSERT_TRUE(files_.write("blobs/" + file_.digest.hex() + ".part0", "of a whole one", 0600));
  ASSERT_TRUE(blobs_.keep_only({file_.digest}));
  EXPECT_EQ(names(), std::vector<std::string>{file_.digest.hex()});
}

TEST_F(BlobCacheTest, KeepsPiecesOfWhatIsWanted) {
  long_server_.break_at(3);
  ASSERT_FALSE(long_blobs_.get(long_file_));
  ASSERT_TRUE(long_blobs_.keep_only({long_file_.digest}));
  EXPECT_EQ(names(), (std::vector<std::string>{piece(0), piece(1)}));
  ASSERT_TRUE(long_blobs_.keep_only({}));
  EXPECT_TRUE(names().empty());
}

}  // namespace
}  // namespace titan::agent
