#include "tests/gitops/git_tool.hpp"

#include <gtest/gtest.h>

#include <set>

#include "base/process_runner.hpp"
#include "base/text.hpp"

namespace titan::testing {
namespace {

Outcome run_git(std::vector<std::string> arguments, const std::string& input) {
  arguments.insert(arguments.begin(), "git");
  SystemProcessRunner runner;
  Command command;
  command.arguments = std::move(arguments);
  command.input = input;
  command.environment = {{"GIT_CONFIG_NOSYSTEM", "1"},
                         {"GIT_CONFIG_GLOBAL", "/dev/null"},
                         {"GIT_AUTHOR_NAME", "Ada"},
                         {"GIT_AUTHOR_EMAIL", "ada@example.org"},
                         {"GIT_COMMITTER_NAME", "Ada"},
                         {"GIT_COMMITTER_EMAIL", "ada@example.org"},
                         {"LC_ALL", "C"}};
  return runner.run(command).value();
}

}  // namespace

std::string GitTool::run(std::vector<std::string> arguments, const std::string& input) const {
  arguments.insert(arguments.begin(), {"--git-dir", repository_});
  const Outcome outcome = run_git(arguments, input);
  EXPECT_EQ(outcome.exit_code, 0) << join(arguments, " ") << "\n" << outcome.errors;
  return outcome.output;
}

std::vector<std::string> GitTool::lines(std::vector<std::string> arguments) const {
  std::string output = run(std::move(arguments));
  if (output.ends_with('\n')) output.pop_back();
  return output.empty() ? std::vector<std::string>() : split(output, '\n');
}

std::vector<std::string> GitTool::files() const {
  return lines({"ls-tree", "-r", "--format=%(objectmode) %(path)", "main"});
}

std::string GitTool::content(const std::string& path) const {
  return run({"cat-file", "blob", "main:" + path});
}

std::string GitTool::tip() const {
  return std::string(trim(run({"rev-parse", "main"})));
}

std::vector<std::string> GitTool::subjects() const {
  return lines({"log", "--format=%s", "main"});
}

void GitTool::expect_sound() const {
  const Outcome outcome =
      run_git({"--git-dir", repository_, "fsck", "--strict", "--no-dangling"}, "");
  EXPECT_EQ(outcome.exit_code, 0);
  const std::string said(trim(outcome.output + outcome.errors));
  EXPECT_TRUE(said.empty() || said.starts_with("notice: ")) << said;
}

void GitTool::expect_no_foreign_path() const {
  for (const std::string& id : lines({"rev-list", "main"})) {
    std::set<std::string> hosts;
    for (const std::string& host :
         lines({"log", "-1", "--format=%(trailers:key=Titan-Host,valueonly)", id})) {
      if (!host.empty()) hosts.insert(host);
    }
    if (hosts.empty()) continue;  // by hand
    for (const std::string& path :
         lines({"diff-tree", "-r", "--root", "--name-only", "--no-commit-id", id})) {
      const auto names = split(path, '/');
      EXPECT_TRUE(names.size() > 2 && names[0] == "hosts" && hosts.contains(names[1]))
          << id << " changes " << path;
    }
  }
}

void GitTool::commit_file(const std::string& path, const std::string& content) const {
  const bool has_main = !lines({"for-each-ref", "refs/heads/main"}).empty();
  const std::string blob(trim(run({"hash-object", "-w", "--stdin"}, content)));
  run({"read-tree", has_main ? "main" : "--empty"});
  run({"update-index", "--add", "--cacheinfo", "100644," + blob + "," + path});
  const std::string tree(trim(run({"write-tree"})));
  std::vector<std::string> commit = {"commit-tree", tree, "-m", "Add " + path};
  if (has_main) commit.insert(commit.end(), {"-p", "main"});
  run({"update-ref", "refs/heads/main", std::string(trim(run(commit)))});
}

void make_bare_repository(const std::string& path) {
  ASSERT_EQ(run_git({"init", "--bare", "--initial-branch=main", path}, "").exit_code, 0);
}

void make_repository_with_work_tree(const std::string& path) {
  ASSERT_EQ(run_git({"init", path}, "").exit_code, 0);
}

model::RenderedDeployment deployment(const std::string& workspace, const std::string& name,
                                     std::vector<model::RenderedFile> files,
                                     std::uint64_t version) {
  model::RenderedDeployment made;
  made.key = {.kind = model::Kind::deployment, .workspace = workspace, .name = name};
  made.version = version;
  made.files = std::move(files);
  made.digest = model::digest_of(made.files);
  return made;
}

model::RenderedDeployment small_deployment(const std::string& name, const std::string& content) {
  return deployment("default", name, {{.path = "settings.conf", .content = content}});
}

gitops::CommitInfo info_at(std::uint64_t seq) {
  return {.bookmark = {.epoch = "00c0ffee00c0ffee", .seq = seq},
          .time = Timestamp::parse("2026-03-01T12:00:00.5Z").value(),
          .author_name = "titan-agent",
          .author_email = "titan-agent@tim-pi"};
}

}  // namespace titan::testing
