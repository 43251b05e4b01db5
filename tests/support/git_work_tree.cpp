#include "tests/support/git_work_tree.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/process_runner.hpp"
#include "base/text.hpp"

namespace titan::testing {

GitWorkTree::GitWorkTree() {
  git({"init", "--quiet", "--initial-branch=main"});
}

void GitWorkTree::write(const std::string& file, const std::string& content, bool may_run) {
  const std::filesystem::path place = std::filesystem::path(path()) / file;
  std::filesystem::create_directories(place.parent_path());
  std::ofstream(place, std::ios::binary) << content;
  using std::filesystem::perms;
  std::filesystem::permissions(place,
                               may_run ? perms::owner_all : perms::owner_read | perms::owner_write);
}

void GitWorkTree::remove(const std::string& file) {
  std::filesystem::remove_all(std::filesystem::path(path()) / file);
}

std::string GitWorkTree::commit(const std::string& message) {
  git({"add", "--all"});
  git({"commit", "--quiet", "--allow-empty", "--message", message});
  return git({"rev-parse", "HEAD"});
}

std::string GitWorkTree::git(std::vector<std::string> arguments, const std::string& input) {
  arguments.insert(arguments.begin(), {"git", "-C", path()});
  const auto outcome =
      SystemProcessRunner().run({.arguments = arguments,
                                 .input = input,
                                 .environment = {{"GIT_CONFIG_GLOBAL", "/dev/null"},
                                                 {"GIT_CONFIG_SYSTEM", "/dev/null"},
                                                 {"GIT_AUTHOR_NAME", "tim"},
                                                 {"GIT_AUTHOR_EMAIL", "tim@example.org"},
                                                 {"GIT_COMMITTER_NAME", "tim"},
                                                 {"GIT_COMMITTER_EMAIL", "tim@example.org"}}});
  EXPECT_TRUE(outcome.ok());
  if (!outcome) return {};
  EXPECT_EQ(outcome->exit_code, 0) << join(arguments, " ") << ": " << outcome->errors;
  return std::string(trim(outcome->output));
}

}  // namespace titan::testing
