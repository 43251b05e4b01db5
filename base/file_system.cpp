#include "base/file_system.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/descriptor.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"

namespace titan {
namespace {

constexpr std::uint32_t kModeBits = 07777;
constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
constexpr std::uint32_t kDirectoryMode = 0755;
constexpr decltype(statfs::f_type) kRamfsMagic = 0x858458f6;  // the kernel's header has none
constexpr std::uint32_t kPrivateMode = 0600;
constexpr std::size_t kReadBytes = 16UL << 10U;
// openat2 gives EAGAIN when a folder was renamed while it walked; a few tries are plenty.
constexpr int kRaceRetries = 16;

Error failed(const std::string& path, std::string_view doing, int errno_value = errno) {
  return about(path, system_error(errno_value, doing));
}

FileSystem::Type type_of_mode(mode_t mode) {
  if (S_ISREG(mode)) return FileSystem::Type::file;
  if (S_ISDIR(mode)) return FileSystem::Type::directory;
  if (S_ISLNK(mode)) return FileSystem::Type::symlink;
  return FileSystem::Type::other;
}

// Opens a folder; every part of the path counts as a folder, so links below the root are followed.
Result<Descriptor> open_folder(int root, const std::string& path, std::uint64_t flags) {
  open_how how{};
  how.flags = flags | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  const char* name = path.empty() ? "." : path.c_str();
  long opened = -1;
  for (int tries = 0; tries < kRaceRetries; ++tries) {
    opened =
        retry_interrupted([&] { return ::syscall(SYS_openat2, root, name, &how, sizeof how); });
    if (opened >= 0 || errno != EAGAIN) break;
  }
  if (opened >= 0) return Descriptor(static_cast<int>(opened));
  if (errno == EXDEV || errno == ELOOP) {
    return about(path, invalid("the path leads out of the root folder by a symbolic link"));
  }
  return failed(path, "opening the folder");
}

// The last name of a path, and its folder held open, so that what is done to the name cannot be
// led elsewhere by a link that is swapped in on the way.
struct Place {
  Descriptor folder;
  std::string name;

  // not_found when there is nothing.
  [[nodiscard]] Result<struct stat> look(const std::string& path) const {
    struct stat found {};
    if (::fstatat(folder.get(), name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) {
      return failed(path, "looking");
    }
    return found;
  }
};

Result<Place> find_place(int root, const std::string& path) {
  TITAN_TRY(check_relative_path(path));
  const std::string parent = parent_of(path);
  auto folder = open_folder(root, parent, O_PATH);
  if (!folder) return about(path, std::move(folder).error());
  return Place{std::move(*folder), path.substr(parent.empty() ? 0 : parent.size() + 1)};
}

Result<void> check_root_or_relative(const std::string& path) {
  if (path.empty()) return {};
  return check_relative_path(path);
}

Result<void> check_regular(const std::string& path, mode_t mode) {
  switch (type_of_mode(mode)) {
    case FileSystem::Type::file:
      return {};
    case FileSystem::Type::directory:
      return about(path, conflict("is a folder, expected a file"));
    case FileSystem::Type::symlink:
      return about(path, invalid("is a symbolic link, expected a file"));
    case FileSystem::Type::other:
      break;
  }
  return about(path, invalid("is a device, pipe or socket, expected a file"));
}

// Opens the regular file at `place`. Looks before it opens, since merely opening a device can have
// effects; looks again afterwards, and never waits, in case another file was swapped in.
Result<Descriptor> open_regular(const Place& place, const std::string& path, int flags) {
  if (auto found = place.look(path); found) {
    TITAN_TRY(check_regular(path, found->st_mode));
  } else if (found.error().code != ErrorCode::not_found || (flags & O_CREAT) == 0) {
    return std::move(found).error();
  }
  Descriptor file(retry_interrupted([&] {
    return ::openat(place.folder.get(), place.name.c_str(),
                    flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, kPrivateMode);
  }));
  if (!file.is_open()) return failed(path, "opening");
  struct stat opened {};
  if (::fstat(file.get(), &opened) != 0) return failed(path, "looking");
  TITAN_TRY(check_regular(path, opened.st_mode));
  return file;
}

Result<void> write_all(int file, const std::string& path, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written =
        retry_interrupted([&] { return ::write(file, content.data(), content.size()); });
    if (written < 0) return failed(path, "writing");
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> flush_file(int descriptor, const std::string& path) {
  if (retry_interrupted([&] { return ::fsync(descriptor); }) != 0) {
    return failed(path, "flushing to the disk");
  }
  return {};
}

Result<Descriptor> open_root(const std::string& root) {
  Descriptor folder(
      retry_interrupted([&] { return ::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC); }));
  if (!folder.is_open()) return failed(root, "opening the folder");
  open_how how{};
  how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH;
  const Descriptor probe(
      static_cast<int>(::syscall(SYS_openat2, folder.get(), ".", &how, sizeof how)));
  if (!probe.is_open() && errno == ENOSYS) {
    return about(root, unavailable("the kernel has no openat2; Linux 5.6 or newer is needed"));
  }
  if (!probe.is_open()) return failed(root, "opening the folder");
  return folder;
}

Result<void> sync_outside_folder(const std::string& path) {
  const Descriptor folder(
      retry_interrupted([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!folder.is_open()) return failed(path, "opening the folder");
  return flush_file(folder.get(), path);
}

// The lock lives as long as the open file does.
class DiskLock final : public FileSystem::Lock {
 public:
  explicit DiskLock(Descriptor file) : file_(std::move(file)) {}

 private:
  Descriptor file_;
};

struct CloseStream {
  void operator()(DIR* stream) const { ::closedir(stream); }
};

Result<FileSystem::Entry> entry_of(int folder, const dirent& found, const std::string& path) {
  FileSystem::Entry entry{.name = found.d_name};
  switch (found.d_type) {
    case DT_REG:
      entry.type = FileSystem::Type::file;
      return entry;
    case DT_DIR:
      entry.type = FileSystem::Type::directory;
      return entry;
    case DT_LNK:
      entry.type = FileSystem::Type::symlink;
      return entry;
    default:
      break;  // some disks do not say
  }
  struct stat looked {};
  if (::fstatat(folder, found.d_name, &looked, AT_SYMLINK_NOFOLLOW) != 0) {
    return failed(path, "looking");
  }
  entry.type = type_of_mode(looked.st_mode);
  return entry;
}

bool is_link(FileSystem& files, const std::string& path) {
  const auto found = files.info(path);
  return found && found->type == FileSystem::Type::symlink;
}

// Puts what was written beside `path` in its place.
Result<void> move_over(FileSystem& files, const std::string& path) {
  const std::string temporary = temporary_path(path);
  if (auto moved = files.rename(temporary, path); !moved) {
    static_cast<void>(files.remove_file(temporary));  // the first error tells more
    return moved;
  }
  return files.sync_directory(parent_of(path));
}

}  // namespace

Result<std::unique_ptr<DiskFileSystem>> DiskFileSystem::open(const std::string& root) {
  TITAN_ASSIGN(Descriptor folder, open_root(root));
  return std::unique_ptr<DiskFileSystem>(new DiskFileSystem(folder.release()));
}

Result<std::unique_ptr<DiskFileSystem>> DiskFileSystem::create(const std::string& root) {
  std::size_t end = 0;
  while (end < root.size()) {
    end = std::min(root.find('/', end + 1), root.size());
    const std::string part = root.substr(0, end);
    if (::mkdir(part.c_str(), kDirectoryMode) == 0) {
      const std::size_t slash = part.rfind('/');
      const std::string parent = slash == std::string::npos ? "." : part.substr(0, slash + 1);
      TITAN_TRY(sync_outside_folder(parent));
    } else if (errno != EEXIST) {
      return failed(part, "creating the folder");
    }
  }
  return open(root);
}

DiskFileSystem::~DiskFileSystem() {
  ::close(root_);
}

Result<std::string> DiskFileSystem::read(const std::string& path, std::size_t bytes_max) {
  TITAN_ASSIGN(const Place place, find_place(root_, path));
  TITAN_ASSIGN(const Descriptor file, open_regular(place, path, O_RDONLY));
  std::string content;
  std::array<char, kReadBytes> piece{};
  while (true) {
    const ssize_t got =
        retry_interrupted([&] { return ::read(file.get(), piece.data(), piece.size()); });
    if (got < 0) return failed(path, "reading");
    if (got == 0) return content;
    content.append(piece.data(), static_cast<std::size_t>(got));
    if (content.size() > bytes_max) {
      return about(path, exhausted("is longer than " + std::to_string(bytes_max) + " bytes"));
    }
  }
}

Result<FileSystem::Info> DiskFileSystem::info(const std::string& path) {
  struct stat found {};
  if (path.empty()) {
    if (::fstatat(root_, "", &found, AT_EMPTY_PATH) != 0) return failed(path, "looking");
  } else {
    TITAN_ASSIGN(const Place place, find_place(root_, path));
    TITAN_ASSIGN(found, place.look(path));
  }
  return Info{.type = type_of_mode(found.st_mode),
              .mode = found.st_mode & kModeBits,
              .size = static_cast<std::uint64_t>(found.st_size),
              .user = found.st_uid,
              .group = found.st_gid,
              .inode = found.st_ino,
              .changed_ns = found.st_ctim.tv_sec * kNanosPerSecond + found.st_ctim.tv_nsec};
}

Result<std::vector<FileSystem::Entry>> DiskFileSystem::list(const std::string& path) {
  TITAN_TRY(check_root_or_relative(path));
  TITAN_ASSIGN(Descriptor folder, open_folder(root_, path, O_RDONLY));
  const std::unique_ptr<DIR, CloseStream> stream(::fdopendir(folder.get()));
  if (!stream) return failed(path, "listing");
  const int owned_by_stream = folder.release();
  std::vector<Entry> entries;
  while (true) {
    errno = 0;
    const dirent* found = ::readdir(stream.get());
    if (found == nullptr && errno != 0) return failed(path, "listing");
    if (found == nullptr) break;
    const std::string_view name = found->d_name;
    if (name == "." || name == "..") continue;
    if (entries.size() == kDirectoryEntriesMax) {
      return about(path, exhausted("the folder has more than " +
                                   std::to_string(kDirectoryEntriesMax) + " entries"));
    }
    TITAN_ASSIGN(Entry entry, entry_of(owned_by_stream, *found, path));
    entries.push_back(std::move(entry));
  }
  std::sort(entries.begin(), entries.end(),
            [](const Entry& left, const Entry& right) { return left.name < right.name; });
  return entries;
}

Result<std::string> DiskFileSystem::read_link(const std::string& path) {
  TITAN_ASSIGN(const Place place, find_place(root_, path));
  TITAN_ASSIGN(const struct stat found, place.look(path));
  if (!S_ISLNK(found.st_mode)) return about(path, invalid("is no symbolic link"));
  std::string target(kPathBytesMax + 1, '\0');
  const ssize_t length =
      ::readlinkat(place.folder.get(), place.name.c_str(), target.data(), target.size());
  if (length < 0) return failed(path, "reading the link");
  if (static_cast<std::size_t>(length) == target.size()) {
    return about(path, exhausted("leads to a path of more than " + std::to_string(kPathBytesMax) +
                                 " bytes"));
  }
  target.resize(static_cast<std::size_t>(length));
  return target;
}

Result<bool> DiskFileSystem::in_memory(const std::string& path) {
  TITAN_TRY(check_root_or_relative(path));
  TITAN_ASSIGN(const Descriptor folder, open_folder(root_, path, O_PATH));
  struct statfs found {};
  if (retry_interrupted([&] { return ::fstatfs(folder.get(), &found); }) != 0) {
    return failed(path, "asking for the kind of the file system");
  }
  return found.f_type == TMPFS_MAGIC || found.f_type == kRamfsMagic;
}

// By the kernel's word for the folder that is open, since the path that it was opened by may lead
// elsewhere now.
Result<std::string> DiskFileSystem::absolute_path() {
  const std::string link = "/proc/self/fd/" + std::to_string(root_);
  std::string path(kPathBytesMax + 1, '\0');
  const ssize_t length = ::readlink(link.c_str(), path.data(), path.size());
  if (length < 0) return failed("", "asking for the path of the root folder");
  path.resize(static_cast<std::size_t>(length));
  struct stat root {};
  struct stat there {};
  if (::fstatat(root_, "", &root, AT_EMPTY_PATH) != 0) return failed("", "looking");
  const bool is_there = ::stat(path.c_str(), &there) == 0;
  if (!is_there || there.st_dev != root.st_dev || there.st_ino != root.st_ino) {
    return about("", not_found("the root folder has no path any more"));
  }
  return path;
}

Result<Descriptor> DiskFileSystem::write_open(const std::string& path, std::string_view content,
                                              std::uint32_t mode) {
  TITAN_ASSIGN(const Place place, find_place(root_, path));
  TITAN_ASSIGN(Descriptor file, open_regular(place, path, O_WRONLY | O_CREAT));
  // Private while it is written: an old file's wider mode must not show the new content.
  if (::fchmod(file.get(), kPrivateMode) != 0) return failed(path, "setting the mode");
  if (retry_interrupted([&] { return ::ftruncate(file.get(), 0); }) != 0) {
    return failed(path, "emptying");
  }
  TITAN_TRY(write_all(file.get(), path, content));
  if (::fchmod(file.get(), mode & kModeBits) != 0) return failed(path, "setting the mode");
  return file;
}

Result<void> DiskFileSystem::write(const std::string& path, std::string_view content,
                                   std::uint32_t mode) {
  TITAN_ASSIGN(const Descriptor file, write_open(path, content, mode));
  return flush_file(file.get(), path);
}

Result<void> DiskFileSystem::write_unflushed(const std::string& path, std::string_view content,
                                             std::uint32_t mode) {
  TITAN_ASSIGN(Descriptor file, write_open(path, content, mode));
  struct stat written {};
  if (::fstat(file.get(), &written) != 0) return failed(path, "looking");
  const std::lock_guard lock(mutex_);
  unflushed_.try_emplace(written.st_dev, std::move(file));
  return {};
}

// syncfs(2) tells of errors in writing back since Linux 5.8.
Result<void> DiskFileSystem::flush() {
  std::map<std::uint64_t, Descriptor> disks;
  {
    const std::lock_guard lock(mutex_);
    disks.swap(unflushed_);
  }
  for (const auto& disk : disks) {
    if (retry_interrupted([&] { return ::syncfs(disk.second.get()); }) != 0) {
      return failed("", "flushing to the disk");
    }
  }
  return {};
}

Result<void> DiskFileSystem::set_mode(const std::string& path, std::uint32_t mode) {
  TITAN_ASSIGN(const Place place, find_place(root_, path));
  TITAN_ASSIGN(const struct stat found, place.look(path));
  if (S_ISLNK(found.st_mode)) return about(path, invalid("a symbolic link has no mode of its own"));
  const int folder = place.folder.get();
  if (::fchmodat(folder, place.name.c_str(), mode & kModeBits, AT_SYMLINK_NOFOLLOW) != 0) {
    return failed(path, "setting the mode");
  }
  return {};
}

Result<void> DiskFileSystem::set_owner(const std::string& path, std::uint32_t user,
                                       std::uint32_t group) {
  TITAN_ASSIGN(const Place place, find_place(root_, path));
  TITAN_ASSIGN(const Descriptor file, open_regular(place, path, O_RDONLY));
  if (retry_interrupted([&] { return ::fchown(file.get(), user, group); }) != 0) {
    return failed(path, "setting the owner");
  }
  return flush_file(file.get(), path);
}

Result<void> DiskFileSystem::rename(const std::string& from, const std::string& to) {
  TITAN_ASSIGN(const Place source, find_place(root_, from));
  TITAN_ASSIGN(const Place target, find_place(root_, to));
  TITAN_ASSIGN(const struct stat moved, source.look(from));
  if (auto found = target.look(to); found) {
    // The kernel would replace an empty folder.
    if (S_ISDIR(found->st_mode)) return about(to, conflict("is a folder, and is not replaced"));
    if (S_ISDIR(moved.st_mode)) {
      return about(to, conflict("is no folder, and is not replaced by one"));
    }
  }
  if (::renameat(source.folder.get(), source.name.c_str(), target.folder.get(),
                 target.name.c_str()) != 0) {
    return failed(to, "renaming " + from);
  }
  return {};
}

Result<void> DiskFileSystem::make_link(const std::string& path, const std::string& target) {
  TITAN_ASSIGN(const Place place, find_place(root_, path));
  if (target.empty() || target.size() > kPathBytesMax || target.find('\0') != std::string::npos) {
    return about(path, invalid("a symbolic link leads to 1 to " + std::to_string(kPathBytesMax) +
                               " bytes without NUL"));
  }
  if (::symlinkat(target.c_str(), place.folder.get(), place.name.c_str()) == 0) return {};
  if (errno == EEXIST) return about(path, conflict("exists already"));
  return failed(path, "making a symbolic link");
}

Result<void> DiskFileSystem::make_directory(const std::string& path, std::uint32_t mode) {
  TITAN_ASSIGN(const Place place, find_place(root_, path));
  const char* name = place.name.c_str();
  if (::mkdirat(place.folder.get(), name, mode & kModeBits) == 0) {
    // Once more, since the umask took some bits away.
    if (::fchmodat(place.folder.get(), name, mode & kModeBits, AT_SYMLINK_NOFOLLOW) != 0) {
      return failed(path, "setting the mode");
    }
    return {};
  }
  if (errno != EEXIST) return failed(path, "creating the folder");
  auto existing = open_folder(root_, path, O_PATH);
  if (existing) return {};
  if (existing.error().code == ErrorCode::not_found) {
    return about(path, conflict("exists and is no folder"));
  }
  return std::move(existing).error();
}

Result<void> DiskFileSystem::remove_file(const std::string& path) {
  TITAN_ASSIGN(const Place place, find_place(root_, path));
  if (::unlinkat(place.folder.get(), place.name.c_str(), 0) != 0) return failed(path, "removing");
  return {};
}

Result<void> DiskFileSystem::remove_directory(const std::string& path) {
  TITAN_ASSIGN(const Place place, find_place(root_, path));
  if (::unlinkat(place.folder.get(), place.name.c_str(), AT_REMOVEDIR) == 0) return {};
  if (errno == ENOTDIR) return about(path, conflict("is no folder"));
  return failed(path, "removing the folder");
}

Result<void> DiskFileSystem::sync_directory(const std::string& path) {
  TITAN_TRY(check_root_or_relative(path));
  TITAN_ASSIGN(const Descriptor folder, open_folder(root_, path, O_RDONLY));
  return flush_file(folder.get(), path);
}

Result<std::unique_ptr<FileSystem::Lock>> DiskFileSystem::lock(const std::string& path) {
  TITAN_ASSIGN(const Place place, find_place(root_, path));
  TITAN_ASSIGN(Descriptor file, open_regular(place, path, O_RDWR | O_CREAT));
  if (retry_interrupted([&] { return ::flock(file.get(), LOCK_EX | LOCK_NB); }) != 0) {
    if (errno == EWOULDBLOCK) return about(path, conflict("is locked by another process"));
    return failed(path, "locking");
  }
  // Its last holder may have renamed or removed it since it was opened: then it guards nothing.
  struct stat locked {};
  if (::fstat(file.get(), &locked) != 0) return failed(path, "looking");
  const auto there = place.look(path);
  if (!there && there.error().code != ErrorCode::not_found) return there.error();
  if (!there || there->st_dev != locked.st_dev || there->st_ino != locked.st_ino) {
    return about(path, conflict("was locked by another process until now"));
  }
  return std::make_unique<DiskLock>(std::move(file));
}

Result<void> check_relative_path(std::string_view path) {
  const auto refuse = [&](std::string why) -> Result<void> {
    return about(std::string(path.substr(0, kPathPartBytesMax)), invalid(std::move(why)));
  };
  if (path.empty()) return refuse("the path is empty");
  if (path.size() > kPathBytesMax) {
    return refuse("the path is longer than " + std::to_string(kPathBytesMax) + " bytes");
  }
  if (path.front() == '/') return refuse("the path is absolute, expected a relative one");
  if (path.find('\0') != std::string_view::npos) return refuse("the path holds a NUL byte");
  for (const std::string& part : split(path, '/')) {
    if (part.empty() || part == "." || part == "..") {
      return refuse("the path has the part " + quote(part) + ", expected plain names");
    }
    if (part.size() > kPathPartBytesMax) {
      return refuse("a name in the path is longer than " + std::to_string(kPathPartBytesMax) +
                    " bytes");
    }
  }
  return {};
}

std::string parent_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return std::string(path.substr(0, slash == std::string_view::npos ? 0 : slash));
}

std::string temporary_path(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::size_t name = slash == std::string::npos ? 0 : slash + 1;
  return path.substr(0, name) + "." + path.substr(name) + ".titan-tmp";
}

Result<void> make_directories(FileSystem& files, const std::string& path, std::uint32_t mode) {
  if (path.empty()) return {};
  TITAN_TRY(check_relative_path(path));
  std::size_t end = 0;
  while (end < path.size()) {
    end = std::min(path.find('/', end + 1), path.size());
    const std::string part = path.substr(0, end);
    const auto found = files.info(part);
    if (found && found->type == FileSystem::Type::directory) continue;
    if (!found && found.error().code != ErrorCode::not_found) return found.error();
    TITAN_TRY(files.make_directory(part, mode));
    if (!found) TITAN_TRY(files.sync_directory(parent_of(part)));
  }
  return {};
}

Result<void> write_beside(FileSystem& files, const std::string& path, std::string_view content,
                          std::uint32_t mode, Flush flush) {
  TITAN_TRY(check_relative_path(path));
  const std::string temporary = temporary_path(path);
  const auto write = [&] {
    return flush == Flush::now ? files.write(temporary, content, mode)
                               : files.write_unflushed(temporary, content, mode);
  };
  auto written = write();
  if (!written && written.error().code == ErrorCode::invalid && is_link(files, temporary)) {
    // link_beside() was cut off here.
    TITAN_TRY(files.remove_file(temporary));
    written = write();
  }
  if (!written) static_cast<void>(files.remove_file(temporary));  // the first error tells more
  return written;
}

Result<void> link_beside(FileSystem& files, const std::string& path, const std::string& target) {
  TITAN_TRY(check_relative_path(path));
  const std::string temporary = temporary_path(path);
  auto made = files.make_link(temporary, target);
  if (!made && made.error().code == ErrorCode::conflict) {
    TITAN_TRY(files.remove_file(temporary));
    made = files.make_link(temporary, target);
  }
  return made;
}

Result<void> write_atomically(FileSystem& files, const std::string& path, std::string_view content,
                              std::uint32_t mode) {
  TITAN_TRY(write_beside(files, path, content, mode));
  return move_over(files, path);
}

Result<void> link_atomically(FileSystem& files, const std::string& path,
                             const std::string& target) {
  TITAN_TRY(link_beside(files, path, target));
  return move_over(files, path);
}

Result<void> remove_if_present(FileSystem& files, const std::string& path) {
  if (auto removed = files.remove_file(path); !removed) {
    if (removed.error().code == ErrorCode::not_found) return {};
    return removed;
  }
  return files.sync_directory(parent_of(path));
}

}  // namespace titan
