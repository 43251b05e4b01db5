#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace titan::testing {

// All that is in a folder, kept in memory: small folders, since every content is. A value.
//
// What it knows of an entry: kind, permission bits, content or what a link leads to, and when it
// was modified, which restore() gives back but no comparison looks at.
class FolderSnapshot {
 public:
  struct Entry {
    mode_t mode = 0;           // with the kind: S_IFDIR, S_IFREG, S_IFLNK
    std::string content = {};  // of a file; of a link, where it leads
    timespec modified = {};
    [[nodiscard]] bool is_file() const { return S_ISREG(mode); }
    [[nodiscard]] bool same_as(const Entry& other) const {
      return mode == other.mode && content == other.content;
    }
    // "file 0644 of 12 bytes"
    [[nodiscard]] std::string text() const;
  };
  using Entries = std::map<std::string, Entry>;  // by relative path

  FolderSnapshot() = default;
  // Empty when there is no such folder.
  explicit FolderSnapshot(const std::string& folder);

  [[nodiscard]] const Entries& entries() const { return entries_; }
  // What is below `folder`, by the path from there.
  [[nodiscard]] FolderSnapshot below(const std::string& folder) const;
  // Makes `folder` what it was, whatever is there now.
  void restore(const std::string& folder) const;

  // How it differs from what was expected, an entry a line, at most ten; empty: it does not.
  [[nodiscard]] std::string difference(const FolderSnapshot& expected) const;
  // The same by paths alone, of those that `counts` says.
  [[nodiscard]] std::string difference_of_paths(
      const FolderSnapshot& expected, const std::function<bool(const std::string&)>& counts) const;

 private:
  Entries entries_ = {};
};

}  // namespace titan::testing
