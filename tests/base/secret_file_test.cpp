#include "base/secret_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <memory>

#include "base/limits.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan {
namespace {

class SecretFile : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& text, std::uint32_t mode) {
    ASSERT_TRUE(files_->write(name, text, mode).ok());
  }
  std::string path(const std::string& name) { return directory_.path() + "/" + name; }

  testing::TemporaryDirectory directory_;
  std::unique_ptr<DiskFileSystem> files_ = DiskFileSystem::open(directory_.path()).value();
};

TEST_F(SecretFile, HoldsOneLineThatItsOwnerAloneReads) {
  ASSERT_TRUE(write_secret_file(*files_, "key", "hunter2").ok());
  EXPECT_EQ(files_->info("key").value().mode, 0600U);
  EXPECT_EQ(files_->read("key", 100).value(), "hunter2\n");
  EXPECT_TRUE(read_secret_file(*files_, "key").value().equals("hunter2"));
  EXPECT_TRUE(read_secret_file(path("key")).value().equals("hunter2"));
}

TEST_F(SecretFile, MayHaveBlanksAroundTheSecret) {
  write("key", " \thunter2 \r\n\n", 0400);
  EXPECT_TRUE(read_secret_file(*files_, "key").value().equals("hunter2"));
}

TEST_F(SecretFile, IsRefusedWhenOthersMayGetAtIt) {
  for (const std::uint32_t mode : {0640U, 0620U, 0610U, 0604U, 0602U, 0601U}) {
    write("key", "hunter2\n", mode);
    const auto refused = read_secret_file(*files_, "key");
    ASSERT_FALSE(refused.ok()) << mode;
    EXPECT_EQ(refused.error().code, ErrorCode::denied);
    EXPECT_EQ(refused.error().subject, "key");
    EXPECT_NE(refused.error().message.find("chmod 600"), std::string::npos);
    EXPECT_EQ(refused.error().message.find("hunter2"), std::string::npos);
    EXPECT_EQ(read_secret_file(path("key")).error().subject, path("key"));
    EXPECT_TRUE(read_secret_file(*files_, "key", 0).ok()) << "when nobody is forbidden it";
    EXPECT_EQ(read_secret_file(*files_, "key", 0007).ok(), (mode & 0007U) == 0) << mode;
  }
}

TEST_F(SecretFile, SaysWhyItCannotBeRead) {
  write("long", std::string(kSecretFileBytesMax + 1, 'x'), 0600);
  ASSERT_TRUE(files_->make_directory("folder", 0700).ok());
  EXPECT_EQ(read_secret_file(*files_, "nowhere").error().code, ErrorCode::not_found);
  EXPECT_EQ(read_secret_file(path("nowhere")).error().code, ErrorCode::not_found);
  EXPECT_EQ(read_secret_file(path("nowhere")).error().subject, path("nowhere"));
  EXPECT_EQ(read_secret_file(*files_, "long").error().code, ErrorCode::exhausted);
  EXPECT_FALSE(read_secret_file(path("folder")).ok());
}

TEST_F(SecretFile, IsFollowedWhereItsPathIsALink) {
  write("key", "hunter2\n", 0600);
  std::filesystem::create_symlink("key", path("link"));
  EXPECT_TRUE(read_secret_file(path("link")).value().equals("hunter2"));
  ASSERT_EQ(::chmod(path("key").c_str(), 0644), 0);
  EXPECT_EQ(read_secret_file(path("link")).error().code, ErrorCode::denied);
}

TEST_F(SecretFile, IsNotWrittenOverWhenItShouldBeNew) {
  ASSERT_TRUE(write_new_secret_file(path("key"), "first").ok());
  const auto again = write_new_secret_file(path("key"), "second");
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, ErrorCode::conflict);
  EXPECT_EQ(again.error().subject, path("key"));
  EXPECT_TRUE(read_secret_file(path("key")).value().equals("first"));
  EXPECT_FALSE(write_new_secret_file(path("nowhere/key"), "text").ok());
}

}  // namespace
}  // namespace titan
