#include "model/template_manifest.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

#include "model/limits.hpp"

namespace titan::model {
namespace {

std::vector<TemplateFile> files(const std::vector<std::string>& paths) {
  std::vector<TemplateFile> files;
  for (const std::string& path : paths) {
    files.push_back({.path = path,
                     .mode = path.starts_with("hooks/") ? 0755U : 0644U,
                     .digest = Digest::of(path)});
  }
  return files;
}

Error refusal(const std::string& text) {
  const auto manifest = TemplateManifest::parse(text);
  EXPECT_FALSE(manifest.ok()) << text;
  return manifest ? Error() : manifest.error();
}

Error refusal(const std::string& text, const std::vector<std::string>& paths) {
  const auto spec = TemplateManifest::parse(text).value().complete(files(paths));
  EXPECT_FALSE(spec.ok()) << text;
  return spec ? Error() : spec.error();
}

TEST(TemplateManifest, SaysAllOfATemplateButItsFiles) {
  const auto manifest = TemplateManifest::parse(R"(
driver: systemd
defaults: {port: 1883}
valuesSchema:
  properties: {port: {type: integer}}
health:
  checks: [{systemd: {unit: a.service}}]
hooks:
  preApply: {file: hooks/migrate, timeout: 10m}
  postApply: {timeout: 30s}
files:
  - {path: root/a, mode: "0600", owner: adm}
escapes:
  - {path: "*.conf", kind: ini}
  - {path: root/etc/plain.conf, kind: plain}
)");
  ASSERT_TRUE(manifest.ok()) << manifest.error().text();
  const auto spec = manifest->complete(files(
      {"root/etc/x.conf", "root/a", "hooks/migrate", "root/etc/plain.conf", "partials/p.conf"}));
  ASSERT_TRUE(spec.ok()) << spec.error().text();
  EXPECT_EQ(spec->driver, "systemd");
  EXPECT_EQ(spec->defaults.json(), nlohmann::json({{"port", 1883}}));
  EXPECT_EQ(spec->values_schema.json(),
            nlohmann::json::parse(R"({"properties": {"port": {"type": "integer"}}})"));
  EXPECT_EQ(spec->hooks.pre_apply,
            (HookRule{.file = "hooks/migrate", .timeout = std::chrono::minutes(10)}));
  EXPECT_EQ(spec->hooks.post_apply, (HookRule{.timeout = std::chrono::seconds(30)}));
  ASSERT_EQ(spec->files.size(), 5U);
  EXPECT_EQ(spec->files[1].escape, "") << "a partial is escaped like what includes it";
  EXPECT_EQ(spec->files[2].mode, 0600U);
  EXPECT_EQ(spec->files[2].owner, "adm");
  EXPECT_EQ(spec->files[3].escape, "plain") << "the last that fits counts";
  EXPECT_EQ(spec->files[4].escape, "ini");
  EXPECT_EQ(spec->files[0].escape, "");
}

TEST(TemplateManifest, LeavesOutWhatIsIgnoredAndWhatNobodyMeans) {
  const auto manifest =
      TemplateManifest::parse(R"(ignore: ["*.md", "/docs/", "root/**/*.bak"])").value();
  for (const char* file : {"README.md", "root/x.md", "root/etc/a/b.bak", "template.yaml",
                           "template.yml", ".git", "a~", "root/.x.swp"}) {
    EXPECT_TRUE(manifest.leaves_out(file, false)) << file;
  }
  EXPECT_TRUE(manifest.leaves_out("docs", true));
  EXPECT_TRUE(manifest.leaves_out("root/.git", true));
  for (const char* file : {"docs", "root/docs", "b.bak", "root/template.yaml", "README"}) {
    EXPECT_FALSE(manifest.leaves_out(file, false)) << file;
  }
  EXPECT_FALSE(manifest.leaves_out("root/docs", true));
  EXPECT_FALSE(TemplateManifest().leaves_out("README.md", false));
}

TEST(TemplateManifest, RefusesWhatItCannotMean) {
  const auto expect = [](const std::string& text, const std::string& field,
                         const std::string& message) {
    const Error error = refusal(text);
    EXPECT_EQ(error.field, field) << text;
    EXPECT_NE(error.message.find(message), std::string::npos) << error.message;
  };
  expect("hook: {}", "hook", "did you mean \"hooks\"?");
  expect("escapes: [{path: a, kind: yml}]", "escapes[0].kind",
         "\"yml\" is no kind of escaping: expected one of plain, json, yaml, shell, systemd, toml, "
         "ini, xml (did you mean \"yaml\"?)");
  expect("escapes: [{kind: yaml}]", "escapes[0].path", "must be given");
  expect("escapes: [{path: \"a[b]\", kind: yaml}]", "escapes[0].path", "\"[\"");
  expect("ignore: [a, \"!b\"]", "ignore[1]", "takes nothing back");
  expect("ignore: {}", "ignore", "expected");
  expect("hooks: {preApply: {file: root/x}}", "hooks.preApply.file",
         "expected a file below hooks/");
  expect("hooks: {preApply: {file: \"hooks/{{values.x}}\"}}", "hooks.preApply.file",
         "without placeholders");
  expect("hooks: {preApply: {file: hooks/../x}}", "hooks.preApply.file", "");
  expect("hooks: {postApply: {timeout: 2h}}", "hooks.postApply.timeout",
         "expected at most 1h, found 2h");
  expect("hooks: {pre-apply: {}}", "hooks.pre-apply", "did you mean \"preApply\"?");
  expect("valuesSchema: 5", "valuesSchema", "expected an object");
}

TEST(TemplateManifest, RefusesARuleAboutAFileThatIsNotThere) {
  const Error file = refusal("files: [{path: root/ax, mode: \"0600\"}]", {"root/a"});
  EXPECT_EQ(file.field, "files[0].path");
  EXPECT_NE(file.message.find("did you mean \"root/a\"?"), std::string::npos) << file.message;
  const Error escape = refusal("escapes: [{path: \"*.conf\", kind: ini}]", {"root/a"});
  EXPECT_EQ(escape.field, "escapes[0].path");
  EXPECT_EQ(escape.message.find("\"*.conf\" fits no file of the template"), 0U) << escape.message;
  const Error hook = refusal("hooks: {preRemove: {file: hooks/b}}", {"hooks/a"});
  EXPECT_EQ(hook.field, "hooks.preRemove.file");
  EXPECT_NE(hook.message.find("is no file of the template"), std::string::npos) << hook.message;
  const Error mode =
      refusal("{hooks: {preRemove: {file: hooks/b}}, files: [{path: hooks/b, mode: \"0644\"}]}",
              {"hooks/b"});
  EXPECT_NE(mode.message.find("cannot be executed"), std::string::npos) << mode.message;
}

TEST(TemplateManifest, HasLimits) {
  EXPECT_EQ(refusal(std::string(kManifestBytesMax + 1, '#')).code, ErrorCode::exhausted);
  std::string many = "ignore:\n";
  for (std::size_t i = 0; i <= kIgnorePatternsMax; ++i) many += "- a\n";
  EXPECT_EQ(refusal(many).field, "ignore");
}

}  // namespace
}  // namespace titan::model
