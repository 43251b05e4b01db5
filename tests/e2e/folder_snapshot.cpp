#include "tests/e2e/folder_snapshot.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <stdexcept>

#include "tests/e2e/programs.hpp"

namespace titan::testing {
namespace {

namespace fs = std::filesystem;
constexpr int kLinesMax = 10;

FolderSnapshot::Entry read_entry(const fs::path& path) {
  struct stat found {};
  if (lstat(path.c_str(), &found) != 0) throw std::runtime_error("no entry " + path.string());
  FolderSnapshot::Entry entry{.mode = found.st_mode, .modified = found.st_mtim};
  if (S_ISREG(found.st_mode)) entry.content = read_text(path.string());
  if (S_ISLNK(found.st_mode)) entry.content = fs::read_symlink(path).string();
  return entry;
}

void write_entry(const fs::path& path, const FolderSnapshot::Entry& entry) {
  if (S_ISLNK(entry.mode)) {
    fs::create_symlink(entry.content, path);
  } else if (S_ISDIR(entry.mode)) {
    fs::create_directory(path);
  } else {
    std::ofstream(path, std::ios::binary) << entry.content;
  }
  if (!S_ISLNK(entry.mode)) chmod(path.c_str(), entry.mode & 07777);
}

void write_time(const fs::path& path, const FolderSnapshot::Entry& entry) {
  const std::array<timespec, 2> times = {entry.modified, entry.modified};
  utimensat(AT_FDCWD, path.c_str(), times.data(), AT_SYMLINK_NOFOLLOW);
}

}  // namespace

std::string FolderSnapshot::Entry::text() const {
  std::array<char, 8> octal{};
  std::snprintf(octal.data(), octal.size(), "%04o", mode & 07777U);
  const std::string permissions = octal.data();
  if (S_ISDIR(mode)) return "folder " + permissions;
  if (S_ISLNK(mode)) return "link to " + content;
  return "file " + permissions + " of " + std::to_string(content.size()) + " bytes";
}

FolderSnapshot::FolderSnapshot(const std::string& folder) {
  if (!fs::exists(folder)) return;
  for (const auto& item : fs::recursive_directory_iterator(folder)) {
    entries_[item.path().lexically_relative(folder).string()] = read_entry(item.path());
  }
}

FolderSnapshot FolderSnapshot::below(const std::string& folder) const {
  FolderSnapshot part;
  const std::string start = folder + "/";
  for (const auto& [path, entry] : entries_) {
    if (path.starts_with(start)) part.entries_[path.substr(start.size())] = entry;
  }
  return part;
}

void FolderSnapshot::restore(const std::string& folder) const {
  fs::create_directories(folder);
  for (const auto& item : fs::directory_iterator(folder)) fs::remove_all(item.path());
  // Parents sort before what they hold; their times change once more as that is written.
  for (const auto& [path, entry] : entries_) write_entry(fs::path(folder) / path, entry);
  for (const auto& [path, entry] : entries_) write_time(fs::path(folder) / path, entry);
}

std::string FolderSnapshot::difference(const FolderSnapshot& expected) const {
  std::set<std::string> paths;
  for (const auto& [path, entry] : entries_) paths.insert(path);
  for (const auto& [path, entry] : expected.entries_) paths.insert(path);
  std::string text;
  int lines = 0;
  for (const std::string& path : paths) {
    const auto found = entries_.find(path);
    const auto wanted = expected.entries_.find(path);
    const bool is_there = found != entries_.end();
    const bool is_wanted = wanted != expected.entries_.end();
    if (is_there && is_wanted && found->second.same_as(wanted->second)) continue;
    if (++lines > kLinesMax) return text + "  ...\n";
    text += "  " + path + ": " + (is_there ? found->second.text() : "nothing") + ", expected " +
            (is_wanted ? wanted->second.text() : "nothing") + "\n";
  }
  return text;
}

std::string FolderSnapshot::difference_of_paths(
    const FolderSnapshot& expected, const std::function<bool(const std::string&)>& counts) const {
  const auto paths_of = [&](const FolderSnapshot& from) {
    FolderSnapshot paths;
    for (const auto& [path, entry] : from.entries_) {
      if (counts(path)) paths.entries_[path] = {.mode = entry.mode};
    }
    return paths;
  };
  return paths_of(*this).difference(paths_of(expected));
}

}  // namespace titan::testing
