#include "gitops/git_path.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "gitops/limits.hpp"

namespace titan::gitops {
namespace {

TEST(GitPath, AcceptsWhatAnyFileSystemHoldsSafely) {
  for (const std::string path :
       {"service.yaml", "root/etc/titan/agent.yaml", ".gitignore", ".gitattributes", ".github/x",
        "git", "agit", ".git2", "a.git", "git~", "gitt~1", "root/etc/systemd/mnt-a\\x2db.mount",
        "grüße/æøå.conf", "with space", "..."}) {
    EXPECT_TRUE(check_git_path(path).ok()) << path;
  }
}

TEST(GitPath, RefusesWhatIsNoPlainRelativePath) {
  const std::string nul("a\0b", 3);
  for (const std::string& path :
       {std::string(), std::string("/etc/passwd"), std::string("a//b"), std::string("a/"),
        std::string("./a"), std::string("../a"), std::string("a/../b"), nul, std::string("a\nb"),
        std::string("a\x7F"), std::string(5000, 'x')}) {
    const auto checked = check_git_path(path);
    ASSERT_FALSE(checked.ok()) << quote(path);
    EXPECT_EQ(checked.error().code, ErrorCode::invalid);
  }
}

TEST(GitPath, RefusesEveryNameThatSomeFileSystemReadsAsGitsOwn) {
  for (const std::string path :
       {".git",          ".GIT",         ".gIt/config",  "a/.git/hooks/post-checkout",
        ".git.",         ".git ",        ".git. . ",     ".git::$INDEX_ALLOCATION/config",
        ".git:x",        "git~1",        "GIT~1/config", "git~2",
        ".g\u200Cit",    ".git\uFEFF",   "\u206A.git",   ".gi\u202Et/config",
        "a\\.git",       ".git\\config", "x\\git~1\\y",  ".gitmodules",
        "a/.GitModules", "gitmod~1",     "GI7EBA~1",     ".gitmodules "}) {
    const auto checked = check_git_path(path);
    ASSERT_FALSE(checked.ok()) << path;
    EXPECT_EQ(checked.error().code, ErrorCode::invalid);
    EXPECT_NE(checked.error().message.find("Git keeps for itself"), std::string::npos) << path;
  }
}

TEST(GitPath, RefusesAPathThatIsTooDeep) {
  std::string path = "a";
  for (std::size_t i = 1; i < kPathDepthMax; ++i) path += "/a";
  EXPECT_TRUE(check_git_path(path).ok());
  EXPECT_FALSE(check_git_path(path + "/a").ok());
}

}  // namespace
}  // namespace titan::gitops
