#include "gitops/template_source.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "gitops/limits.hpp"
#include "model/limits.hpp"
#include "tests/support/git_work_tree.hpp"

namespace titan::gitops {
namespace {

class TemplateSourceTest : public ::testing::Test {
 protected:
  model::TemplateGit place(const std::string& ref = "main", const std::string& path = "deploy") {
    return {.repository = tree_.path(), .ref = ref, .path = path};
  }
  Result<TemplateReading> read(const model::TemplateGit& git) {
    TITAN_ASSIGN(const std::string tip, source_.tip(git));
    return source_.read(git, tip);
  }
  // Why what is committed now is no template.
  Error refusal(const model::TemplateGit& git) {
    const auto reading = read(git);
    EXPECT_FALSE(reading.ok());
    return reading ? Error() : reading.error();
  }
  // Commits a tree of these lines of git-mktree(1), which nobody could check out, as `deploy`.
  void commit_tree(const std::string& lines) {
    const std::string inner = tree_.git({"mktree", "--missing"}, lines);
    const std::string outer = tree_.git({"mktree"}, "040000 tree " + inner + "\tdeploy\n");
    const std::string commit = tree_.git({"commit-tree", outer, "-m", "odd"});
    tree_.git({"update-ref", "refs/heads/main", commit});
  }

  testing::GitWorkTree tree_;
  LocalTemplateSource source_{
      {.repositories = std::filesystem::path(tree_.path()).parent_path().string() + "/"}};
};

TEST_F(TemplateSourceTest, ReadsTheTemplateThatIsCommittedInTheFolder) {
  tree_.write("README", "of the repository");
  tree_.write("deploy/template.yaml", "driver: systemd\ndefaults: {port: 1}\nignore: ['*.md']\n");
  tree_.write("deploy/root/etc/{{deployment.name}}.conf", "port {{values.port}}\n");
  tree_.write("deploy/hooks/pre-apply", "#!/bin/sh\n", true);
  tree_.write("deploy/README.md", "ignored");
  const std::string commit = tree_.commit("first");
  tree_.write("deploy/root/uncommitted", "x");
  EXPECT_EQ(source_.tip(place()).value(), commit);
  const auto reading = read(place());
  ASSERT_TRUE(reading.ok()) << reading.error().text();
  EXPECT_EQ(reading->commit, commit);
  EXPECT_EQ(reading->spec.driver, "systemd");
  EXPECT_EQ(reading->spec.defaults.json(), nlohmann::json({{"port", 1}}));
  ASSERT_EQ(reading->spec.files.size(), 2U);
  EXPECT_EQ(reading->spec.files[0].path, "hooks/pre-apply");
  EXPECT_EQ(reading->spec.files[0].mode, 0755U);
  EXPECT_EQ(reading->spec.files[1].path, "root/etc/{{deployment.name}}.conf");
  EXPECT_EQ(reading->spec.files[1].mode, 0644U);
  EXPECT_EQ(reading->blobs.at(reading->spec.files[1].digest), "port {{values.port}}\n");
}

TEST_F(TemplateSourceTest, FollowsABranchATagOrTheHead) {
  tree_.write("deploy/a", "1");
  const std::string first = tree_.commit("first");
  tree_.git({"tag", "light"});
  tree_.git({"tag", "--annotate", "--message", "v1", "v1"});
  tree_.write("deploy/a", "2");
  const std::string second = tree_.commit("second");
  EXPECT_EQ(source_.tip(place("main")).value(), second);
  EXPECT_EQ(source_.tip(place("")).value(), second);
  EXPECT_EQ(source_.tip(place("light")).value(), first);
  EXPECT_EQ(source_.tip(place("v1")).value(), first);
  EXPECT_EQ(source_.tip(place("refs/tags/v1")).value(), first);
  tree_.git({"branch", "v1", second});
  EXPECT_EQ(source_.tip(place("v1")).value(), second) << "a branch goes first";
  EXPECT_EQ(source_.tip(place("gone")).error().text(), "it has no branch and no tag \"gone\"");
  EXPECT_EQ(source_.tip(place("gone")).error().code, ErrorCode::not_found);
  // What was read stays readable once the branch has gone on.
  EXPECT_EQ(source_.read(place(), first)->spec.files[0].digest, Digest::of("1"));
}

TEST_F(TemplateSourceTest, ReadsTheTopAndABareRepository) {
  tree_.write("root/a", "1");
  tree_.commit("first");
  testing::TemporaryDirectory bare;
  tree_.git({"clone", "--quiet", "--bare", tree_.path(), bare.path() + "/x.git"});
  const model::TemplateGit git{.repository = "file://" + bare.path() + "/x.git", .ref = "main"};
  const auto reading = read(git);
  ASSERT_TRUE(reading.ok()) << reading.error().text();
  EXPECT_EQ(reading->spec.files[0].path, "root/a");
}

TEST_F(TemplateSourceTest, NamesTheFileThatIsNoGood) {
  tree_.write("deploy/template.yaml", "hook: {}\n");
  tree_.commit("bad");
  EXPECT_EQ(refusal(place()).text(),
            "deploy/template.yaml: hook: unknown field (did you mean \"hooks\"?)");
  tree_.write("deploy/template.yaml", "escapes: [{path: a, kind: ini}]\n");
  tree_.commit("bad, too");
  EXPECT_EQ(refusal(place()).subject, "deploy/template.yaml");
  EXPECT_EQ(refusal(place()).field, "escapes[0].path");
  tree_.write("deploy/template.yml", "");
  tree_.commit("two");
  EXPECT_NE(refusal(place()).message.find("expected one manifest"), std::string::npos);
  EXPECT_EQ(refusal(place("main", "deplyo")).code, ErrorCode::not_found);
  EXPECT_EQ(refusal(place("main", "deploy/template.yaml")).code, ErrorCode::not_found);
}

TEST_F(TemplateSourceTest, RefusesLinksAndSubmodulesButForIgnoredOnes) {
  tree_.write("deploy/a", "1");
  std::filesystem::create_symlink("/etc/passwd", tree_.path() + "/deploy/passwd");
  tree_.commit("a link");
  EXPECT_EQ(refusal(place()).text(),
            "deploy/passwd: a template holds only files and folders, and this is a symbolic link");
  tree_.write("deploy/template.yaml", "ignore: [passwd, /vendor]\n");
  const std::string commit = tree_.commit("ignored");
  EXPECT_TRUE(read(place()).ok());
  tree_.git({"update-index", "--add", "--cacheinfo", "160000," + commit + ",deploy/vendor"});
  tree_.git({"commit", "--quiet", "--message", "a submodule"});
  EXPECT_TRUE(read(place()).ok());
  tree_.git({"update-index", "--add", "--cacheinfo", "160000," + commit + ",deploy/sub"});
  tree_.git({"commit", "--quiet", "--message", "another"});
  EXPECT_NE(refusal(place()).message.find("a submodule"), std::string::npos);
  std::filesystem::remove(tree_.path() + "/deploy/template.yaml");
  std::filesystem::create_symlink("a", tree_.path() + "/deploy/template.yaml");
  tree_.commit("the manifest is a link");
  EXPECT_EQ(refusal(place()).subject, "deploy/template.yaml");
}

TEST_F(TemplateSourceTest, RefusesNamesThatNoDirectoryWouldHave) {
  tree_.write("a", "1");
  tree_.commit("first");
  const std::string blob = tree_.git({"hash-object", "-w", "a"});
  for (const std::string name : {"..", "."}) {
    commit_tree("100644 blob " + blob + "\t" + name + "\n");
    EXPECT_FALSE(read(place()).ok()) << name;
  }
  commit_tree("100644 blob " + blob + "\t\xff\xfe\n");
  EXPECT_NE(refusal(place()).message.find("not UTF-8"), std::string::npos);
  commit_tree("100644 blob " + std::string(40, '1') + "\tgone\n");
  EXPECT_EQ(refusal(place()).subject, "deploy/gone");
}

TEST_F(TemplateSourceTest, HasTheLimitsOfATemplatesDirectory) {
  tree_.write("deploy/large", std::string(model::kTemplateFileBytesMax + 1, '\0'));
  tree_.commit("large");
  EXPECT_EQ(refusal(place()).code, ErrorCode::exhausted);
  EXPECT_EQ(refusal(place()).subject, "deploy/large");
  tree_.remove("deploy/large");
  for (std::size_t i = 0; i <= model::kTemplateFilesMax; ++i) {
    tree_.write("deploy/" + std::to_string(i), "x");
  }
  tree_.commit("many");
  EXPECT_EQ(refusal(place()).code, ErrorCode::exhausted);
  tree_.write("deploy/template.yaml", "ignore: ['1*', '2*']\n");
  tree_.commit("fewer");
  EXPECT_TRUE(read(place()).ok());
  std::string deep = "deploy";
  for (std::size_t i = 0; i < kSourceDepthMax + 2; ++i) deep += "/d";
  tree_.write(deep + "/x", "x");
  tree_.commit("deep");
  EXPECT_EQ(refusal(place()).code, ErrorCode::exhausted);
}

// Few objects that unfold into 10^20 files.
TEST_F(TemplateSourceTest, StopsAtATreeThatUnfoldsWithoutEnd) {
  tree_.write("a", "1");
  tree_.commit("first");
  std::string entry = "100644 blob " + tree_.git({"hash-object", "-w", "a"});
  std::string lines;
  for (int level = 0; level < 20; ++level) {
    lines.clear();
    for (int i = 0; i < 10; ++i) lines += entry + "\t.x" + std::to_string(i) + ".swp\n";
    if (level > 0) {
      lines.clear();
      for (int i = 0; i < 10; ++i) lines += entry + "\t" + std::to_string(i) + "\n";
    }
    entry = "040000 tree " + tree_.git({"mktree"}, lines);
  }
  commit_tree(lines);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(refusal(place()).code, ErrorCode::exhausted);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST_F(TemplateSourceTest, LooksOnlyBelowTheFolderThatItMay) {
  const auto refused = [](const LocalTemplateSource& source, const std::string& repository) {
    const auto checked = source.check({.repository = repository});
    EXPECT_FALSE(checked.ok()) << repository;
    if (checked) return std::string();
    EXPECT_EQ(checked.error().field, "repository");
    EXPECT_EQ(checked.error().code, ErrorCode::invalid);
    return checked.error().message;
  };
  testing::TemporaryDirectory folder;
  const LocalTemplateSource source({.repositories = folder.path()});
  EXPECT_TRUE(source.check({.repository = folder.path() + "/x.git"}).ok());
  EXPECT_TRUE(source.check({.repository = "file://" + folder.path() + "/x.git"}).ok());
  for (const std::string& repository : std::vector<std::string>{
           tree_.path(), "/etc", folder.path() + "/../x", folder.path() + "-not/x", "file:///etc",
           "file://" + folder.path() + "/%2e%2e/x"}) {
    EXPECT_NE(refused(source, repository).find("is not below"), std::string::npos) << repository;
  }
  EXPECT_NE(refused(source, "x.git").find("no absolute path"), std::string::npos);
  EXPECT_FALSE(refused(source, "https://example.org/x.git").empty());
  EXPECT_FALSE(refused(source, "git@example.org:x.git").empty());
  EXPECT_NE(refused(LocalTemplateSource({}), "/srv/git/x.git").find("--template-repositories"),
            std::string::npos);
}

TEST_F(TemplateSourceTest, FollowsNoLinkOutOfThatFolder) {
  tree_.write("deploy/a", "1");
  tree_.commit("first");
  testing::TemporaryDirectory folder;
  std::filesystem::create_directory_symlink(tree_.path(), folder.path() + "/x");
  LocalTemplateSource source({.repositories = folder.path()});
  EXPECT_EQ(source.tip({.repository = folder.path() + "/x"}).error().code, ErrorCode::denied);
  std::filesystem::create_directory(folder.path() + "/y");
  std::ofstream(folder.path() + "/y/.git") << "gitdir: " << tree_.path() << "/.git\n";
  EXPECT_EQ(source.tip({.repository = folder.path() + "/y"}).error().code, ErrorCode::denied);
  EXPECT_EQ(source.tip({.repository = folder.path() + "/none"}).error().code,
            ErrorCode::unavailable);
  EXPECT_EQ(source.tip({.repository = folder.path()}).error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace titan::gitops
