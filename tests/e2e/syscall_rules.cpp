#include "tests/e2e/syscall_rules.hpp"

#include <sys/syscall.h>

#include <algorithm>

namespace titan::testing {
namespace {

using Effect = SyscallRule::Effect;
using Subject = SyscallRule::Subject;

constexpr std::uint8_t kNone = SyscallRule::no_failure;
constexpr std::uint8_t kSpace = SyscallRule::no_space;
constexpr std::uint8_t kSignal = SyscallRule::interrupted;
constexpr std::uint8_t kShort = SyscallRule::shortened;

// Not here: what ends with the process (memory, descriptors, signals, timers, pipes to itself), and
// fork, since a child that does nothing has changed nothing.
std::vector<SyscallRule> make_rules() {
  return {
      // A file comes into being, is emptied, or is about to be written.
      {SYS_openat, "openat", Effect::opens, Subject::path_in_folder, kSpace | kSignal},
      {SYS_openat2, "openat2", Effect::opens, Subject::path_in_folder, kSpace | kSignal},
      {SYS_mknodat, "mknodat", Effect::changes, Subject::path_in_folder, kSpace},
      // Its content changes.
      {SYS_write, "write", Effect::writes, Subject::descriptor, kSpace | kSignal | kShort},
      {SYS_pwrite64, "pwrite64", Effect::writes, Subject::descriptor, kSpace | kSignal | kShort},
      {SYS_writev, "writev", Effect::writes, Subject::descriptor, kSpace | kSignal | kShort},
      {SYS_pwritev, "pwritev", Effect::writes, Subject::descriptor, kSpace | kSignal | kShort},
      {SYS_pwritev2, "pwritev2", Effect::writes, Subject::descriptor, kSpace | kSignal | kShort},
      {SYS_sendfile, "sendfile", Effect::writes, Subject::descriptor, kSpace | kSignal},
      {SYS_copy_file_range, "copy_file_range", Effect::changes, Subject::third_descriptor, kSpace},
      {SYS_truncate, "truncate", Effect::changes, Subject::path, kSignal},
      {SYS_ftruncate, "ftruncate", Effect::changes, Subject::descriptor, kSignal},
      {SYS_fallocate, "fallocate", Effect::changes, Subject::descriptor, kSpace | kSignal},
      {SYS_mmap, "mmap", Effect::maps, Subject::fifth_descriptor, kNone},
      // What a folder holds changes.
      {SYS_renameat, "renameat", Effect::changes, Subject::paths_in_folders, kSpace},
      {SYS_renameat2, "renameat2", Effect::changes, Subject::paths_in_folders, kSpace},
      {SYS_linkat, "linkat", Effect::changes, Subject::paths_in_folders, kSpace},
      {SYS_unlinkat, "unlinkat", Effect::changes, Subject::path_in_folder, kNone},
      {SYS_mkdirat, "mkdirat", Effect::changes, Subject::path_in_folder, kSpace},
      {SYS_symlinkat, "symlinkat", Effect::changes, Subject::new_link_in_folder, kSpace},
      // What is known of a file changes.
      {SYS_fchmod, "fchmod", Effect::changes, Subject::descriptor, kNone},
      {SYS_fchmodat, "fchmodat", Effect::changes, Subject::path_in_folder, kNone},
      {SYS_fchown, "fchown", Effect::changes, Subject::descriptor, kNone},
      {SYS_fchownat, "fchownat", Effect::changes, Subject::path_in_folder, kNone},
      {SYS_utimensat, "utimensat", Effect::changes, Subject::path_in_folder, kNone},
      {SYS_setxattr, "setxattr", Effect::changes, Subject::path, kSpace},
      {SYS_fsetxattr, "fsetxattr", Effect::changes, Subject::descriptor, kSpace},
      // What a power cut would leave changes, or what other processes may do meanwhile.
      {SYS_fsync, "fsync", Effect::announces, Subject::descriptor, kSpace | kSignal},
      {SYS_fdatasync, "fdatasync", Effect::announces, Subject::descriptor, kSpace | kSignal},
      {SYS_syncfs, "syncfs", Effect::announces, Subject::descriptor, kSpace},
      {SYS_sync, "sync", Effect::announces, Subject::everything, kNone},
      {SYS_sync_file_range, "sync_file_range", Effect::announces, Subject::descriptor, kSpace},
      {SYS_msync, "msync", Effect::announces, Subject::everything, kNone},
      {SYS_flock, "flock", Effect::announces, Subject::descriptor, kSignal},
      {SYS_fcntl, "fcntl", Effect::locks, Subject::descriptor, kSignal},
      // What others are told.
      {SYS_connect, "connect", Effect::writes, Subject::descriptor, kSignal},
      {SYS_sendto, "sendto", Effect::writes, Subject::descriptor, kSignal | kShort},
      {SYS_sendmsg, "sendmsg", Effect::writes, Subject::descriptor, kSignal},
      {SYS_sendmmsg, "sendmmsg", Effect::writes, Subject::descriptor, kSignal},
      {SYS_shutdown, "shutdown", Effect::writes, Subject::descriptor, kNone},
      {SYS_execveat, "execveat", Effect::changes, Subject::everything, kNone},
      {SYS_execve, "execve", Effect::changes, Subject::everything, kNone},
      // Nothing changes, but a bad disk can be met.
      {SYS_read, "read", Effect::reads, Subject::descriptor, kSignal | kShort},
      {SYS_pread64, "pread64", Effect::reads, Subject::descriptor, kSignal | kShort},
      {SYS_getdents64, "getdents64", Effect::reads, Subject::descriptor, kNone},
      {SYS_newfstatat, "newfstatat", Effect::reads, Subject::path_in_folder, kNone},
      {SYS_faccessat, "faccessat", Effect::reads, Subject::path_in_folder, kNone},
      {SYS_readlinkat, "readlinkat", Effect::reads, Subject::path_in_folder, kNone},
#ifdef SYS_open  // newer architectures have only the calls that name a folder
      {SYS_open, "open", Effect::opens, Subject::path, kSpace | kSignal},
      {SYS_creat, "creat", Effect::changes, Subject::path, kSpace | kSignal},
      {SYS_mknod, "mknod", Effect::changes, Subject::path, kSpace},
      {SYS_rename, "rename", Effect::changes, Subject::paths, kSpace},
      {SYS_link, "link", Effect::changes, Subject::paths, kSpace},
      {SYS_unlink, "unlink", Effect::changes, Subject::path, kNone},
      {SYS_mkdir, "mkdir", Effect::changes, Subject::path, kSpace},
      {SYS_rmdir, "rmdir", Effect::changes, Subject::path, kNone},
      {SYS_symlink, "symlink", Effect::changes, Subject::new_link, kSpace},
      {SYS_chmod, "chmod", Effect::changes, Subject::path, kNone},
      {SYS_chown, "chown", Effect::changes, Subject::path, kNone},
      {SYS_lchown, "lchown", Effect::changes, Subject::path, kNone},
      {SYS_utimes, "utimes", Effect::changes, Subject::path, kNone},
      {SYS_access, "access", Effect::reads, Subject::path, kNone},
      {SYS_stat, "stat", Effect::reads, Subject::path, kNone},
      {SYS_lstat, "lstat", Effect::reads, Subject::path, kNone},
      {SYS_readlink, "readlink", Effect::reads, Subject::path, kNone},
#endif
  };
}

}  // namespace

const std::vector<SyscallRule>& syscall_rules() {
  static const std::vector<SyscallRule> rules = make_rules();
  return rules;
}

const SyscallRule* find_syscall_rule(long number) {
  const auto found = std::ranges::find(syscall_rules(), number, &SyscallRule::number);
  return found == syscall_rules().end() ? nullptr : &*found;
}

}  // namespace titan::testing
