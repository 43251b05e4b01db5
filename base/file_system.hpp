#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.hpp"
#include "base/result.hpp"

namespace titan {

// The seam to the disk: a folder, and what may be done below it.
//
// A FileSystem is a capability. It is opened on one root folder and every path is relative to
// that root ("etc/titan/agent.yaml"; "" is the root itself). No path leads outside: "..", an
// absolute path, and a symbolic link that points out of the root are refused with `invalid`, by
// the kernel itself (openat2, RESOLVE_BENEATH), so a link swapped in meanwhile gains nothing.
// Symbolic links that stay below the root are followed in folders, never in the last name; the
// whole path of list() and sync_directory() is a folder's. Absolute links always lead out.
//
// Thread-safety: methods may be called from several threads; two writers of one path at once are
// kept apart by the caller (see lock()).
// Errors of all methods, besides those named: not_found (a folder on the way), denied,
// exhausted (no space, a limit of base/limits.hpp), unavailable (I/O error). An Error's subject
// is the path. read(), write() and lock() want a regular file: a folder is a conflict; a link,
// device, pipe or socket is invalid, and never waited for. So nothing is ever written to where a
// link leads: what replaces one is renamed over it.
class FileSystem {
 public:
  enum class Type { file, directory, symlink, other };
  struct Entry {
    std::string name;
    Type type = Type::file;
    bool operator==(const Entry&) const = default;
  };
  struct Info {
    Type type = Type::file;
    std::uint32_t mode = 0;  // permission bits only
    std::uint64_t size = 0;  // bytes
    std::uint32_t user = 0;  // whose it is, as numbers
    std::uint32_t group = 0;
    // Which file it is, and when anything of it was changed last, as the kernel counts: equal as
    // long as nobody wrote to it, replaced it, or set its mode or owner. Times are for comparing
    // alone: they are of the wall clock.
    std::uint64_t inode = 0;
    std::int64_t changed_ns = 0;
    bool operator==(const Info&) const = default;
  };
  // Held until destroyed; the kernel lets go of it when the process ends in any way.
  class Lock {
   public:
    virtual ~Lock() = default;
  };

  virtual ~FileSystem() = default;

  // The whole content of a regular file; exhausted when it is longer than `bytes_max`.
  virtual Result<std::string> read(const std::string& path, std::size_t bytes_max) = 0;
  // What is at `path` itself, not where a link leads. not_found when nothing is.
  virtual Result<Info> info(const std::string& path) = 0;
  // The entries of a folder by name, without "." and "..".
  virtual Result<std::vector<Entry>> list(const std::string& path) = 0;
  // The text of a symbolic link, which need not lead anywhere. invalid when something else is
  // there.
  virtual Result<std::string> read_link(const std::string& path) = 0;
  // Whether the folder, or all below the root, is kept in memory and on no disk: of tmpfs or
  // ramfs, by statfs(2). What tmpfs holds may be swapped out.
  virtual Result<bool> in_memory(const std::string& path) = 0;
  // The root's absolute path, without symbolic links in it; not_found when it has none any more.
  virtual Result<std::string> absolute_path() = 0;

  // Creates the file, or empties it, writes all of `content`, sets `mode`, and flushes it to the
  // disk. Not atomic: see write_atomically().
  virtual Result<void> write(const std::string& path, std::string_view content,
                             std::uint32_t mode) = 0;
  // The same without flushing: until flush() is done, a power cut may leave the file as it was, or
  // empty, or in part. For many files, since one flush() costs about as much as one file's.
  virtual Result<void> write_unflushed(const std::string& path, std::string_view content,
                                       std::uint32_t mode) = 0;
  // Makes what write_unflushed() wrote survive a power cut, and with it all that was done to the
  // folders of the same disks. Done at once when there is nothing.
  virtual Result<void> flush() = 0;
  // invalid for a symbolic link.
  virtual Result<void> set_mode(const std::string& path, std::uint32_t mode) = 0;
  // Gives a regular file to this user and group, and flushes it. denied: only root may.
  virtual Result<void> set_owner(const std::string& path, std::uint32_t user,
                                 std::uint32_t group) = 0;
  // Replaces `to` in one step when it exists. conflict when `to` is a folder, or a folder would
  // replace a file.
  virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
  // Makes a symbolic link with the text `target`, which may lead anywhere and may be absolute.
  // conflict when something is there; see link_atomically().
  virtual Result<void> make_link(const std::string& path, const std::string& target) = 0;
  // Done when the folder, or a link to one below the root, exists already; its mode stays.
  // conflict when something else is there.
  virtual Result<void> make_directory(const std::string& path, std::uint32_t mode) = 0;
  // Removes a link itself. conflict for a folder.
  virtual Result<void> remove_file(const std::string& path) = 0;
  // conflict when the folder is not empty, or no folder.
  virtual Result<void> remove_directory(const std::string& path) = 0;
  // Makes renames, new files and removals in the folder survive a power cut.
  virtual Result<void> sync_directory(const std::string& path) = 0;

  // An exclusive advisory lock on a file, which is created when absent. Does not wait:
  // conflict when another process (or another Lock in this one) holds it, or held it until now and
  // gave the file another name or removed it.
  virtual Result<std::unique_ptr<Lock>> lock(const std::string& path) = 0;
};

// The real disk below `root`.
class DiskFileSystem final : public FileSystem {
 public:
  // not_found when `root` is no folder; unavailable when the kernel has no openat2 (Linux < 5.6).
  static Result<std::unique_ptr<DiskFileSystem>> open(const std::string& root);
  // The same, after creating `root` and the folders on the way to it if needed, with mode 0755
  // less the process's umask.
  static Result<std::unique_ptr<DiskFileSystem>> create(const std::string& root);
  ~DiskFileSystem() override;

  Result<std::string> read(const std::string& path, std::size_t bytes_max) override;
  Result<Info> info(const std::string& path) override;
  Result<std::vector<Entry>> list(const std::string& path) override;
  Result<std::string> read_link(const std::string& path) override;
  Result<bool> in_memory(const std::string& path) override;
  Result<std::string> absolute_path() override;
  Result<void> write(const std::string& path, std::string_view content,
                     std::uint32_t mode) override;
  Result<void> write_unflushed(const std::string& path, std::string_view content,
                               std::uint32_t mode) override;
  Result<void> flush() override;
  Result<void> set_mode(const std::string& path, std::uint32_t mode) override;
  Result<void> set_owner(const std::string& path, std::uint32_t user, std::uint32_t group) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> make_link(const std::string& path, const std::string& target) override;
  Result<void> make_directory(const std::string& path, std::uint32_t mode) override;
  Result<void> remove_file(const std::string& path) override;
  Result<void> remove_directory(const std::string& path) override;
  Result<void> sync_directory(const std::string& path) override;
  Result<std::unique_ptr<Lock>> lock(const std::string& path) override;

 private:
  explicit DiskFileSystem(int root) : root_(root) {}
  Result<Descriptor> write_open(const std::string& path, std::string_view content,
                                std::uint32_t mode);

  int root_;                                       // an open descriptor of the root folder, owned
  std::mutex mutex_;                               // guards the next
  std::map<std::uint64_t, Descriptor> unflushed_;  // a file on each disk that wants a flush
};

// invalid unless `path` is relative, of plain names ("." and ".." are none), without NUL, within
// kPathBytesMax. "" is refused too.
Result<void> check_relative_path(std::string_view path);
// "etc/titan" of "etc/titan/agent.yaml"; "" of a path with one name.
std::string parent_of(std::string_view path);
// The name that write_atomically() uses beside `path` while it writes: ".agent.yaml.titan-tmp".
// The same path has always the same one, so that a later run finds what a killed one left.
std::string temporary_path(const std::string& path);

// Creates the folders of `path` that are missing, each flushed into its parent.
Result<void> make_directories(FileSystem& files, const std::string& path,
                              std::uint32_t mode = 0755);
// Writes the file, or makes the link, at temporary_path(path) and flushes it: what is at `path`
// stays as it is. What stands there already, from one that was cut off, is replaced. After an error
// nothing is left there, if the disk lets it. The folder must exist.
enum class Flush { now, later };  // later: FileSystem::flush() is to be called
Result<void> write_beside(FileSystem& files, const std::string& path, std::string_view content,
                          std::uint32_t mode, Flush flush = Flush::now);
Result<void> link_beside(FileSystem& files, const std::string& path, const std::string& target);
// The file is the old one or the new one whole, whenever the process or the power ends: temporary
// file beside it, flushed, renamed over, folder flushed. The folder must exist. After an error the
// temporary file is removed, if the disk lets it. A link at `path` is replaced.
Result<void> write_atomically(FileSystem& files, const std::string& path, std::string_view content,
                              std::uint32_t mode);
// The same for a symbolic link, which replaces a file or a link: at any moment the old one or the
// new one is there.
Result<void> link_atomically(FileSystem& files, const std::string& path, const std::string& target);
// Like remove_file(), but done when there is nothing, and the folder is flushed.
Result<void> remove_if_present(FileSystem& files, const std::string& path);

}  // namespace titan
