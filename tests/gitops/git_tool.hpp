#pragma once

#include <string>
#include <utility>
#include <vector>

#include "gitops/repository.hpp"

namespace titan::testing {

// The real git, to look at a repository from outside; without configuration of its own.
class GitTool {
 public:
  explicit GitTool(std::string repository) : repository_(std::move(repository)) {}

  // The output of "git --git-dir REPOSITORY <arguments>"; the test fails when git does.
  std::string run(std::vector<std::string> arguments, const std::string& input = {}) const;
  // The lines of that output.
  [[nodiscard]] std::vector<std::string> lines(std::vector<std::string> arguments) const;

  // "100644 hosts/tim-pi/kustomization.yaml" for each file of main.
  [[nodiscard]] std::vector<std::string> files() const;
  [[nodiscard]] std::string content(const std::string& path) const;
  [[nodiscard]] std::string tip() const;
  [[nodiscard]] std::vector<std::string> subjects() const;  // newest first
  // Fails the test unless git-fsck finds nothing wrong and nothing to warn of.
  void expect_sound() const;
  // Fails the test unless each commit of main that names hosts (Titan-Host) changes files in their
  // folders alone.
  void expect_no_foreign_path() const;
  // Adds a commit with one file on top of main, as a person would.
  void commit_file(const std::string& path, const std::string& content) const;

 private:
  std::string repository_;
};

// "git init --bare" at `path`.
void make_bare_repository(const std::string& path);
void make_repository_with_work_tree(const std::string& path);

model::RenderedDeployment deployment(const std::string& workspace, const std::string& name,
                                     std::vector<model::RenderedFile> files,
                                     std::uint64_t version = 1);
// One file "settings.conf" with this content.
model::RenderedDeployment small_deployment(const std::string& name, const std::string& content);
gitops::CommitInfo info_at(std::uint64_t seq);

}  // namespace titan::testing
