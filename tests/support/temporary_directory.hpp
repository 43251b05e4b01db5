#pragma once

#include <string>

namespace titan::testing {

// A new empty folder, removed with all that is in it when the object goes.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  // Below `parent`, which must exist.
  explicit TemporaryDirectory(const std::string& parent);
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  // Absolute, without a slash at the end.
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// A parent that lies in memory, where there is one: for tests that flush often and are not about
// the disk. Otherwise where TemporaryDirectory() puts its folders.
std::string folder_in_memory();

}  // namespace titan::testing
