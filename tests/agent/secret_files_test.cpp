#include "agent/secret_files.hpp"

#include <gtest/gtest.h>

#include "tests/support/fake_file_system.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::agent {
namespace {

using titan::testing::FakeFileSystem;
using Paths = std::set<std::string>;

const model::Key kProd{.kind = model::Kind::deployment, .workspace = "shop", .name = "prod"};
const model::Key kTest{.kind = model::Kind::deployment, .workspace = "shop", .name = "test"};

SecretFile file(const std::string& path, const std::string& content, std::uint32_t mode = 0640) {
  return {.path = path, .mode = mode, .content = Secret::of(content)};
}

TEST(SecretFiles, StandInFoldersThatOthersCannotList) {
  FakeFileSystem run;
  SecretFiles files(&run);
  ASSERT_TRUE(files.check());
  ASSERT_TRUE(files.write(kProd, file("etc/a.conf", "value")));
  EXPECT_EQ(run.read("secrets/shop/prod/etc/a.conf", 100).value(), "value");
  EXPECT_EQ(run.info("secrets/shop/prod/etc/a.conf").value().mode, 0640U);
  for (const char* folder : {"secrets", "secrets/shop", "secrets/shop/prod"}) {
    EXPECT_EQ(run.info(folder).value().mode, 0711U) << folder;
  }
  EXPECT_EQ(files.target(kProd, "etc/a.conf").value(), "/memory/secrets/shop/prod/etc/a.conf");
}

TEST(SecretFiles, AreThereWithTheirModeOnly) {
  FakeFileSystem run;
  SecretFiles files(&run);
  EXPECT_FALSE(files.has(kProd, "a", 0640));
  ASSERT_TRUE(files.write(kProd, file("a", "value")));
  EXPECT_TRUE(files.has(kProd, "a", 0640));
  EXPECT_FALSE(files.has(kProd, "a", 0644));
  EXPECT_FALSE(files.has(kTest, "a", 0640));
  EXPECT_FALSE(SecretFiles(nullptr).has(kProd, "a", 0640));
}

TEST(SecretFiles, WantARunDirectoryInMemoryAndSayWhatToDo) {
  const auto refused = SecretFiles(nullptr).check();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::invalid);
  EXPECT_NE(refused.error().message.find("give --run a folder on a tmpfs"), std::string::npos);

  FakeFileSystem run;
  run.disk().stand_at("/var/run", false);
  const auto on_disk = SecretFiles(&run).check();
  ASSERT_FALSE(on_disk);
  EXPECT_EQ(on_disk.error().code, ErrorCode::invalid);
  EXPECT_NE(on_disk.error().message.find("\"/var/run\" is on a disk; mount a tmpfs"),
            std::string::npos)
      << on_disk.error().text();
  EXPECT_TRUE(run.list("").value().empty());
}

TEST(SecretFiles, LookWhereTheFilesWillBeWhenSomethingElseIsMountedThere) {
  FakeFileSystem run;
  ASSERT_TRUE(run.make_directory("secrets", 0711));
  run.faults().reset();
  ASSERT_TRUE(SecretFiles(&run).check());
  EXPECT_EQ(run.faults().calls().back(), "in_memory secrets");
}

TEST(SecretFiles, LeaveNoEmptyFolderBehind) {
  FakeFileSystem run;
  SecretFiles files(&run);
  ASSERT_TRUE(files.write(kProd, file("etc/a", "1")));
  ASSERT_TRUE(files.write(kProd, file("etc/b", "2")));
  ASSERT_TRUE(run.write(temporary_path("secrets/shop/prod/etc/a"), "half", 0600));
  ASSERT_TRUE(files.remove(kProd, "etc/a"));
  ASSERT_TRUE(files.remove(kProd, "etc/a"));
  EXPECT_EQ(run.list("secrets/shop/prod/etc").value().size(), 1U);
  ASSERT_TRUE(files.remove(kProd, "etc/b"));
  EXPECT_TRUE(run.list("").value().empty());
  EXPECT_TRUE(files.remove(kTest, "never/was"));
  EXPECT_TRUE(SecretFiles(nullptr).remove(kProd, "etc/a"));
}

TEST(SecretFiles, KeepOnlyWhatIsUsed) {
  FakeFileSystem run;
  SecretFiles files(&run);
  EXPECT_TRUE(files.keep_only({{kProd, Paths{"a"}}}));
  ASSERT_TRUE(run.write("agent.json", "{}", 0600));
  ASSERT_TRUE(files.write(kProd, file("a", "1")));
  ASSERT_TRUE(files.write(kProd, file("deep/er/b", "2")));
  ASSERT_TRUE(files.write(kTest, file("a", "3")));
  ASSERT_TRUE(run.write("secrets/.x.titan-tmp", "half", 0600));
  run.disk().make_symlink("secrets/link", "../agent.json");
  ASSERT_TRUE(files.keep_only({{kProd, Paths{"a", "gone"}}}));
  EXPECT_TRUE(files.has(kProd, "a", 0640));
  EXPECT_FALSE(run.info("secrets/shop/prod/deep"));
  EXPECT_FALSE(run.info("secrets/shop/test"));
  EXPECT_EQ(run.list("secrets").value().size(), 1U);
  ASSERT_TRUE(files.keep_only({}));
  EXPECT_FALSE(run.info("secrets"));
  EXPECT_TRUE(run.info("agent.json"));
  EXPECT_TRUE(SecretFiles(nullptr).keep_only({}));
}

TEST(SecretFiles, WriteNothingWhenAllIsAsItShouldBe) {
  FakeFileSystem run;
  SecretFiles files(&run);
  ASSERT_TRUE(files.write(kProd, file("a", "1")));
  run.faults().reset();
  ASSERT_TRUE(files.keep_only({{kProd, Paths{"a"}}}));
  for (const std::string& call : run.faults().calls()) {
    EXPECT_TRUE(call.starts_with("info") || call.starts_with("list")) << call;
  }
}

TEST(SecretFiles, AreNeverWrittenToWhereALinkLeads) {
  const testing::TemporaryDirectory outside;
  const testing::TemporaryDirectory folder;
  ASSERT_EQ(symlink(outside.path().c_str(), (folder.path() + "/secrets").c_str()), 0);
  const auto run = DiskFileSystem::open(folder.path()).value();
  EXPECT_FALSE(SecretFiles(run.get()).write(kProd, file("a", "value")));
  EXPECT_TRUE(DiskFileSystem::open(outside.path()).value()->list("").value().empty());
}

}  // namespace
}  // namespace titan::agent
