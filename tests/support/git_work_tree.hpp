#pragma once

#include <string>
#include <vector>

#include "tests/support/temporary_directory.hpp"

namespace titan::testing {

// A Git repository with a work tree, as people have them, made by the real git without a
// configuration of its own. A test fails when git does.
class GitWorkTree {
 public:
  GitWorkTree();

  [[nodiscard]] const std::string& path() const { return folder_.path(); }
  void write(const std::string& file, const std::string& content, bool may_run = false);
  void remove(const std::string& file);
  // Commits all that is there; the commit's id.
  std::string commit(const std::string& message);
  // Its output, without the last line's end.
  std::string git(std::vector<std::string> arguments, const std::string& input = "");

 private:
  TemporaryDirectory folder_;
};

}  // namespace titan::testing
