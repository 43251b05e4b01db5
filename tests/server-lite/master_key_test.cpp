#include "server-lite/identity/master_key.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/base64.hpp"
#include "base/mac.hpp"
#include "base/sealing.hpp"
#include "tests/support/failing_file_system.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/seeded_random.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::server_lite {
namespace {

using titan::testing::FailingFileSystem;
using titan::testing::MemoryFileSystem;
using titan::testing::SeededRandom;
using titan::testing::TemporaryDirectory;

std::string text_of_key(char fill) {
  return "titan-master-key:" + base64url(std::string(32, fill)) + "\n";
}

// Whether both are the same key: what one has encrypted the other opens, and the MACs are equal.
bool same(const MasterKey& one, const MasterKey& other) {
  SeededRandom random(1);
  const std::string sealed = encrypt(one.encryption(), "value", "place", random);
  return decrypt(other.encryption(), sealed, "place").ok() &&
         keyed_digest_of(one.digests(), "message") == keyed_digest_of(other.digests(), "message");
}

class MasterKeyTest : public ::testing::Test {
 protected:
  Result<MasterKey> open(const MasterKeyPlace& place = {}, bool is_needed = false) {
    return MasterKey::open(data_, place, is_needed, random_);
  }
  std::string write(const std::string& name, const std::string& text, mode_t mode) {
    const std::string path = directory_.path() + "/" + name;
    std::ofstream(path) << text;
    EXPECT_EQ(::chmod(path.c_str(), mode), 0);
    return path;
  }
  static std::string refusal(const Result<MasterKey>& opened) {
    if (opened) return "opened";
    return std::string(name_of(opened.error().code)) + " " + opened.error().text();
  }

  MemoryFileSystem data_;
  SeededRandom random_{3};
  TemporaryDirectory directory_;
};

TEST_F(MasterKeyTest, IsMadeOnceAndReadableByTheOwnerAlone) {
  const MasterKey key = open().value();
  EXPECT_EQ(data_.info("keys/master")->mode, 0600U);
  data_.power_cut();
  EXPECT_TRUE(same(open({}, true).value(), key)) << "it survives a power cut";
  EXPECT_TRUE(data_.read("keys/master", 1000).value().starts_with("titan-master-key:"));
}

TEST_F(MasterKeyTest, DiffersBetweenServers) {
  MemoryFileSystem other_data;
  const MasterKey other = MasterKey::open(other_data, {}, false, random_).value();
  EXPECT_FALSE(same(open().value(), other));
}

TEST_F(MasterKeyTest, IsTheSameAsIsWrittenInItsFile) {
  const std::string path = write("master", text_of_key('k'), 0600);
  ASSERT_TRUE(data_.make_directory("keys", 0700));
  ASSERT_TRUE(data_.write("keys/master", text_of_key('k'), 0600));
  EXPECT_TRUE(same(open({.file = path}).value(), open().value()));
}

TEST_F(MasterKeyTest, OfTheOperatorGoesBeforeTheCredentialAndThatBeforeItsOwn) {
  const std::string file = write("file", text_of_key('f'), 0400);
  const std::string credential = write("credential", text_of_key('c'), 0440);
  const MasterKey of_file = open({.file = file}).value();
  const MasterKey of_credential = open({.credential = credential}).value();
  EXPECT_FALSE(same(of_file, of_credential));
  EXPECT_TRUE(same(open({.file = file, .credential = credential}).value(), of_file));
  EXPECT_FALSE(data_.info("keys/master").ok()) << "none is made that nobody uses";
}

TEST_F(MasterKeyTest, IsFoundBehindALink) {
  const std::string file = write("file", text_of_key('f'), 0400);
  std::filesystem::create_symlink("file", directory_.path() + "/link");
  EXPECT_TRUE(
      same(open({.file = directory_.path() + "/link"}).value(), open({.file = file}).value()));
}

TEST_F(MasterKeyTest, IsRefusedWithTheReason) {
  const std::string nowhere = directory_.path() + "/nowhere";
  const std::string group = write("group", text_of_key('f'), 0640);
  const std::string world = write("world", text_of_key('f'), 0404);
  const std::string wrong = write("wrong", "hunter2\n", 0600);
  const std::string too_short = write("short", "titan-master-key:AAAA\n", 0600);
  const std::string open_to_others = "others than its owner may get at this secret";
  const struct {
    MasterKeyPlace place;
    std::string refusal;
  } cases[] = {
      {{.file = nowhere}, "not_found " + nowhere},
      {{.credential = nowhere}, "not_found " + nowhere},
      {{.file = group}, "denied " + group + ": " + open_to_others},
      {{.file = world}, "denied " + world + ": " + open_to_others},
      {{.credential = world}, "denied " + world + ": " + open_to_others},
      {{.file = wrong}, "invalid " + wrong + ": it holds no master key"},
      {{.file = too_short}, "invalid " + too_short + ": it holds no master key"},
      {{.file = directory_.path()}, "conflict " + directory_.path()},
  };
  for (const auto& [place, expected] : cases) {
    const std::string found = refusal(open(place));
    EXPECT_EQ(found.substr(0, expected.size()), expected);
    EXPECT_EQ(found.find("hunter2"), std::string::npos);
  }
}

TEST_F(MasterKeyTest, IsNotMadeAnewWhenSomethingIsStoredUnderIt) {
  EXPECT_EQ(refusal(open({}, true)),
            "not_found keys/master: the master key is gone, and the secrets that are stored open "
            "with no other; put the file back, or name its place by --master-key");
  EXPECT_FALSE(data_.info("keys/master").ok());
  const MasterKey key = open().value();
  ASSERT_TRUE(data_.set_mode("keys/master", 0644));
  EXPECT_TRUE(refusal(open()).starts_with("denied keys/master: others")) << refusal(open());
}

TEST_F(MasterKeyTest, IsWholeOrAbsentWhereverTheFirstStartFails) {
  for (std::size_t n = 1;; ++n) {
    MemoryFileSystem disk;
    FailingFileSystem failing(disk);
    failing.faults().fail_from(n, unavailable("the process ends here"));
    const auto opened = MasterKey::open(failing, {}, false, random_);
    disk.power_cut();
    const auto again = MasterKey::open(disk, {}, false, random_);
    ASSERT_TRUE(again.ok()) << n << again.error().text();
    if (!opened) continue;
    EXPECT_TRUE(same(*opened, *again)) << n;
    EXPECT_GT(n, 3U);
    break;
  }
}

TEST_F(MasterKeyTest, IsWrittenForTheOperatorButNeverOver) {
  const std::string path = directory_.path() + "/master.key";
  ASSERT_TRUE(write_master_key(path, random_));
  const MasterKey key = open({.file = path}).value();
  const auto again = write_master_key(path, random_);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, ErrorCode::conflict);
  EXPECT_TRUE(same(open({.file = path}).value(), key));
}

}  // namespace
}  // namespace titan::server_lite
