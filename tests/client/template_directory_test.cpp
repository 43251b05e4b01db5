#include "client/template_directory.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "client/limits.hpp"
#include "model/limits.hpp"
#include "model/spec.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::client {
namespace {

using titan::testing::MemoryFileSystem;

class TemplateDirectoryTest : public ::testing::Test {
 protected:
  void file(const std::string& path, const std::string& content, std::uint32_t mode = 0644) {
    if (const auto folder = parent_of(path); !folder.empty()) {
      ASSERT_TRUE(make_directories(files_, folder));
    }
    ASSERT_TRUE(files_.write(path, content, mode));
  }
  std::vector<std::string> paths(const TemplateDirectory& directory) {
    std::vector<std::string> paths;
    for (const auto& each : directory.spec.files) paths.push_back(each.path);
    return paths;
  }

  MemoryFileSystem files_;
};

TEST_F(TemplateDirectoryTest, ReadsTheManifestAndTheFilesInOrder) {
  file("template.yaml", "driver: systemd\ndefaults: {interval: 5}\n");
  file("root/etc/{{deployment.name}}.conf", "a");
  file("kubernetes/x.yaml", "bb");
  file("a", "a");
  const auto read = read_template_directory(files_, "").value();
  EXPECT_EQ(read.spec.driver, "systemd");
  EXPECT_EQ(read.spec.defaults.json(), nlohmann::json({{"interval", 5}}));
  EXPECT_EQ(paths(read), (std::vector<std::string>{"a", "kubernetes/x.yaml",
                                                   "root/etc/{{deployment.name}}.conf"}));
  EXPECT_EQ(read.spec.files[1].size, 2U);
  EXPECT_EQ(read.spec.files[1].digest, Digest::of("bb"));
  const std::map<Digest, std::string> blobs = {{Digest::of("a"), "a"}, {Digest::of("bb"), "bb"}};
  EXPECT_EQ(read.blobs, blobs);
}

TEST_F(TemplateDirectoryTest, ReadsAFolderBelowTheRoot) {
  file("templates/x/template.yml", "driver: compose\n");
  file("templates/x/a", "a");
  const auto read = read_template_directory(files_, "templates/x").value();
  EXPECT_EQ(read.spec.driver, "compose");
  EXPECT_EQ(paths(read), std::vector<std::string>{"a"});
}

TEST_F(TemplateDirectoryTest, NeedsNoManifest) {
  file("a", "a");
  file("sub/template.yaml", "not a manifest: here");
  const auto read = read_template_directory(files_, "").value();
  EXPECT_EQ(read.spec.driver, "files");
  EXPECT_TRUE(read.spec.defaults.empty());
  EXPECT_EQ(paths(read), (std::vector<std::string>{"a", "sub/template.yaml"}));
}

TEST_F(TemplateDirectoryTest, SortsByThePathAsAWhole) {
  file("a/b", "1");
  file("a.txt", "2");
  file("a-b", "3");
  EXPECT_EQ(paths(read_template_directory(files_, "").value()),
            (std::vector<std::string>{"a-b", "a.txt", "a/b"}));
}

TEST_F(TemplateDirectoryTest, KeepsOfTheModeWhetherTheOwnerMayExecute) {
  file("script", "x", 0700);
  file("secret", "x", 0600);
  file("odd", "x", 0011);
  const auto read = read_template_directory(files_, "").value();
  EXPECT_EQ(read.spec.files[0].mode, 0644U) << read.spec.files[0].path;
  EXPECT_EQ(read.spec.files[1].mode, 0755U) << read.spec.files[1].path;
  EXPECT_EQ(read.spec.files[2].mode, 0644U) << read.spec.files[2].path;
}

TEST_F(TemplateDirectoryTest, TakesModesAndOwnersFromTheManifest) {
  file("template.yaml", R"(
files:
  - {path: root/etc/app/keys/, mode: "0600"}
  - {path: root/etc/, owner: "0:adm", mode: "0640"}
  - {path: "root/etc/{{deployment.name}}.conf", mode: "0444"}
  - {path: root/etc/app/keys/public, owner: nobody}
)");
  file("root/bin/tool", "x", 0755);
  file("root/etc/a", "x");
  file("root/etc/app/keys/private", "x");
  file("root/etc/app/keys/public", "x");
  file("root/etc/{{deployment.name}}.conf", "x");
  file("root/etcetera", "x");
  std::string text;
  const auto read = read_template_directory(files_, "").value();
  for (const auto& each : read.spec.files) {
    text += each.path + " " + model::mode_text(each.mode) + " " + each.owner + "\n";
  }
  EXPECT_EQ(text,
            "root/bin/tool 0755 \n"
            "root/etc/a 0640 0:adm\n"
            "root/etc/app/keys/private 0600 0:adm\n"
            "root/etc/app/keys/public 0600 nobody\n"
            "root/etc/{{deployment.name}}.conf 0444 0:adm\n"
            "root/etcetera 0644 \n");
}

TEST_F(TemplateDirectoryTest, ReadsHealthChecks) {
  file("template.yaml", R"(
health:
  checks:
    - http: {url: "http://localhost:{{values.port}}/"}
    - exec: [/usr/bin/true]
  startPeriod: 1m
)");
  const auto health = read_template_directory(files_, "").value().spec.health;
  EXPECT_EQ(health.checks.size(), 2U);
  EXPECT_EQ(health.checks[0].url, "http://localhost:{{values.port}}/");
  EXPECT_EQ(health.start_period, std::chrono::seconds(60));
}

TEST_F(TemplateDirectoryTest, LeavesOutGitAndWhatEditorsLeave) {
  file(".git/config", "x");
  file("sub/.git", "gitdir: elsewhere");
  file("a~", "x");
  file(".a.swp", "x");
  file("a", "x");
  file(".hidden", "x");
  EXPECT_EQ(paths(read_template_directory(files_, "").value()),
            (std::vector<std::string>{".hidden", "a"}));
}

TEST_F(TemplateDirectoryTest, RefusesWhatIsNoTemplateAndNamesThePlace) {
  struct Row {
    const char* what;
    std::function<void()> prepare;
    ErrorCode code;
    const char* text;
  };
  const Row rows[] = {
      {"an unknown key", [&] { file("template.yaml", "drivr: files\n"); }, ErrorCode::invalid,
       "template.yaml: drivr: unknown field (did you mean \"driver\"?)"},
      {"a driver that is no text", [&] { file("template.yaml", "driver: [a]\n"); },
       ErrorCode::invalid, "template.yaml: driver: expected a string, found an array"},
      {"defaults that are no object", [&] { file("template.yaml", "defaults: 5\n"); },
       ErrorCode::invalid, "template.yaml: defaults: expected an object, found the number 5"},
      {"a health check of no kind", [&] { file("template.yaml", "health: {checks: [{}]}\n"); },
       ErrorCode::invalid,
       "template.yaml: health.checks[0]: expected one of exec, http, tcp and systemd, found none"},
      {"a rule for no file",
       [&] {
         file("root/motd", "");
         file("template.yaml", "files: [{path: root/modt, owner: root}]\n");
       },
       ErrorCode::invalid,
       "template.yaml: files[0].path: \"root/modt\" is no file of the template, and no folder with "
       "\"/\" at its end (did you mean \"root/motd\"?)"},
      {"a folder without its end",
       [&] {
         file("root/motd", "");
         file("template.yaml", "files: [{path: root, owner: root}]\n");
       },
       ErrorCode::invalid,
       "template.yaml: files[0].path: \"root\" is no file of the template, and no folder with "
       "\"/\" at its end"},
      {"a rule that says nothing", [&] { file("template.yaml", "files: [{path: a}]\n"); },
       ErrorCode::invalid, "template.yaml: files[0].mode: must be given (or owner must)"},
      {"a mode that is none",
       [&] { file("template.yaml", "files: [{path: a, mode: \"0888\"}]\n"); }, ErrorCode::invalid,
       "template.yaml: files[0].mode: \"0888\" is not a file mode: expected octal digits up to "
       "0777"},
      {"an owner that is none", [&] { file("template.yaml", "files: [{path: a, owner: A}]\n"); },
       ErrorCode::invalid,
       "template.yaml: files[0].owner: \"A\" is not an owner: expected \"user\" or \"user:group\", "
       "each a name of lower-case letters, digits, '_' and '-', or a number up to 4294967294"},
      {"a path that climbs", [&] { file("template.yaml", "files: [{path: ../a, owner: root}]\n"); },
       ErrorCode::invalid,
       "template.yaml: files[0].path: the path has the part \"..\", expected plain names"},
      {"a path twice",
       [&] { file("template.yaml", "files: [{path: a/, owner: a}, {path: a/, owner: b}]\n"); },
       ErrorCode::invalid, "template.yaml: files[1].path: \"a/\" stands there twice"},
      {"two documents", [&] { file("template.yaml", "driver: a\n---\ndriver: b\n"); },
       ErrorCode::invalid, "template.yaml: holds more than one document; expected one"},
      {"two manifests",
       [&] {
         file("template.yaml", "");
         file("template.yml", "");
       },
       ErrorCode::invalid, "template.yaml: stands beside template.yml; expected one manifest"},
      {"a symbolic link",
       [&] {
         file("sub/a", "");
         files_.make_symlink("sub/link", "a");
       },
       ErrorCode::invalid,
       "sub/link: a template holds only files and folders, and this is a symbolic link"},
      {"a manifest that is a link",
       [&] {
         file("m", "");
         files_.make_symlink("template.yaml", "m");
       },
       ErrorCode::invalid,
       "template.yaml: a template holds only files and folders, and this is a symbolic link"},
  };
  for (const Row& row : rows) {
    files_ = MemoryFileSystem();
    row.prepare();
    const auto read = read_template_directory(files_, "");
    ASSERT_FALSE(read) << row.what;
    EXPECT_EQ(read.error().code, row.code) << row.what;
    EXPECT_EQ(read.error().text(), row.text) << row.what;
  }
}

TEST_F(TemplateDirectoryTest, NamesTheManifestThatIsNoYaml) {
  file("template.yaml", "driver: [\n");
  const auto read = read_template_directory(files_, "");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::invalid);
  EXPECT_EQ(read.error().subject, "template.yaml");
}

TEST_F(TemplateDirectoryTest, SaysWhichFolderIsMissing) {
  const auto read = read_template_directory(files_, "nowhere");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::not_found);
  EXPECT_EQ(read.error().subject, "nowhere");
}

TEST_F(TemplateDirectoryTest, RefusesAFileOverTheLimit) {
  file("sub/big", std::string(model::kTemplateFileBytesMax + 1, 'x'));
  const auto read = read_template_directory(files_, "");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::exhausted);
  EXPECT_EQ(read.error().subject, "sub/big");
}

TEST_F(TemplateDirectoryTest, RefusesFilesOverTheLimitTogether) {
  const std::string most(model::kTemplateFileBytesMax, 'x');
  for (std::size_t i = 0; i <= model::kTemplateBytesMax / most.size(); ++i) {
    file("f" + std::to_string(i), most);
  }
  const auto read = read_template_directory(files_, "");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::exhausted);
}

TEST_F(TemplateDirectoryTest, RefusesMoreFilesThanTheLimit) {
  for (std::size_t i = 0; i <= model::kTemplateFilesMax; ++i) file("f" + std::to_string(i), "");
  const auto read = read_template_directory(files_, "");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::exhausted);
}

TEST_F(TemplateDirectoryTest, RefusesFoldersNestedDeeperThanTheLimit) {
  std::string path;
  for (std::size_t i = 0; i <= kTemplateDepthMax; ++i) path += "d/";
  file(path + "a", "");
  const auto read = read_template_directory(files_, "");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::exhausted);
}

TEST(TemplateDirectoryOnDisk, RefusesAPipe) {
  const titan::testing::TemporaryDirectory folder;
  ASSERT_EQ(mkfifo((folder.path() + "/pipe").c_str(), 0600), 0);
  const auto files = DiskFileSystem::open(folder.path()).value();
  const auto read = read_template_directory(*files, "");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().text(),
            "pipe: a template holds only files and folders, and this is no regular file");
}

TEST(TemplateDirectoryOnDisk, ReadsTheExample) {
  const auto files = DiskFileSystem::open("examples/device-service").value();
  const auto read = read_template_directory(*files, "").value();
  EXPECT_EQ(read.spec.driver, "files");
  EXPECT_EQ(read.spec.files.size(), 3U);
  EXPECT_EQ(read.spec.files[2].path, "root/usr/local/bin/{{workload.name}}-report.sh");
  EXPECT_EQ(read.spec.files[2].mode, 0755U);
}

TEST_F(TemplateDirectoryTest, LeavesOutWhatTheManifestIgnoresAndDoesNotReadIt) {
  file("template.yaml", "ignore: ['*.md', /build]\nescapes: [{path: root/, kind: ini}]\n");
  file("README.md", "x");
  file("root/a", "a");
  file("root/build", "b");
  file("build/large", std::string(model::kTemplateFileBytesMax + 1, 'x'));
  const auto read = read_template_directory(files_, "");
  ASSERT_TRUE(read.ok()) << read.error().text();
  EXPECT_EQ(paths(*read), (std::vector<std::string>{"root/a", "root/build"}));
  EXPECT_EQ(read->spec.files[0].escape, "ini");
  EXPECT_EQ(read->blobs.size(), 2U);
}

TEST_F(TemplateDirectoryTest, NamesTheManifestWhoseRuleFitsNothing) {
  file("template.yaml", "hooks: {preApply: {file: hooks/gone}}\n");
  file("root/a", "a");
  const auto read = read_template_directory(files_, "");
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().subject, "template.yaml");
  EXPECT_EQ(read.error().field, "hooks.preApply.file");
}

}  // namespace
}  // namespace titan::client
