#include "model/rendered_path.hpp"

#include <gtest/gtest.h>

#include "base/file_system.hpp"
#include "base/text.hpp"
#include "model/limits.hpp"

namespace titan::model {
namespace {

TEST(RenderedPath, AcceptsWhatAnyFileSystemHoldsSafely) {
  for (const std::string path :
       {"service.yaml", "root/etc/titan/agent.yaml", ".gitignore", ".gitattribute", ".github/x",
        "git", "agit", ".git2", "a.git", "git~", "gitt~1", "root/etc/systemd/mnt-a\\x2db.mount",
        "grüße/æøå.conf", "with space", "..."}) {
    EXPECT_TRUE(check_rendered_path(path).ok()) << path;
  }
}

TEST(RenderedPath, RefusesWhatIsNoPlainRelativePath) {
  const std::string nul("a\0b", 3);
  for (const std::string& path :
       {std::string(), std::string("/etc/passwd"), std::string("a//b"), std::string("a/"),
        std::string("./a"), std::string("../a"), std::string("a/../b"), nul, std::string("a\nb"),
        std::string("a\x7F"), std::string(5000, 'x')}) {
    const auto checked = check_rendered_path(path);
    ASSERT_FALSE(checked.ok()) << quote(path);
    EXPECT_EQ(checked.error().code, ErrorCode::invalid);
  }
}

TEST(RenderedPath, RefusesEveryNameThatSomeFileSystemReadsAsGitsOwn) {
  for (const std::string path : {".git",
                                 ".GIT",
                                 ".gIt/config",
                                 "a/.git/hooks/post-checkout",
                                 ".git.",
                                 ".git ",
                                 ".git. . ",
                                 ".git::$INDEX_ALLOCATION/config",
                                 ".git:x",
                                 "git~1",
                                 "GIT~1/config",
                                 "git~2",
                                 ".g\u200Cit",
                                 ".git\uFEFF",
                                 "\u206A.git",
                                 ".gi\u202Et/config",
                                 "a\\.git",
                                 ".git\\config",
                                 "x\\git~1\\y",
                                 ".gitmodules",
                                 "a/.GitModules",
                                 "gitmod~1",
                                 "GI7EBA~1",
                                 ".gitmodules ",
                                 ".gitattributes",
                                 "a/.GitAttributes/b",
                                 ".gitattributes.",
                                 "gitatt~1",
                                 "GI7D29~2"}) {
    const auto checked = check_rendered_path(path);
    ASSERT_FALSE(checked.ok()) << path;
    EXPECT_EQ(checked.error().code, ErrorCode::invalid);
    EXPECT_NE(checked.error().message.find("Git keeps for itself"), std::string::npos) << path;
  }
}

TEST(RenderedPath, RefusesAPathThatIsTooDeep) {
  std::string path = "a";
  for (std::size_t i = 1; i < kRenderedPathDepthMax; ++i) path += "/a";
  EXPECT_TRUE(check_rendered_path(path).ok());
  EXPECT_FALSE(check_rendered_path(path + "/a").ok());
}

TEST(RenderedPath, RefusesANameThatATemporaryFileHasOrForWhichItWouldBeTooLong) {
  for (const std::string path : {".a.titan-tmp", "root/etc/.agent.yaml.titan-tmp", ".a.titan-tmp/b",
                                 "..titan-tmp.titan-tmp"}) {
    EXPECT_NE(check_rendered_path(path).error().message.find("being written"), std::string::npos)
        << path;
  }
  for (const std::string path : {"a.titan-tmp", ".titan-tmp", ".a.titan-tmp2", "titan-tmp"}) {
    EXPECT_TRUE(check_rendered_path(path).ok()) << path;
  }
  const std::string longest(kRenderedNameBytesMax, 'x');
  EXPECT_TRUE(check_rendered_path("a/" + longest).ok());
  EXPECT_TRUE(check_relative_path(temporary_path("a/" + longest)).ok());
  EXPECT_FALSE(check_rendered_path("a/" + longest + "x").ok());
}

TEST(RenderedPath, RefusesWhatIsNotUtf8) {
  for (const char* path : {"\xC0\xAE\xC0\xAE/a", "a\xFF", "\xED\xA0\x80", "\xE2\x80"}) {
    EXPECT_FALSE(check_rendered_path(path).ok());
  }
}

}  // namespace
}  // namespace titan::model
