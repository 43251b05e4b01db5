#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace titan::testing {

// What a system call may do outside the process, and how it may fail: a row of syscall_rules().
struct SyscallRule {
  enum class Effect : std::uint8_t {
    changes,    // always something outside the process
    opens,      // only when its flags say so: it makes, empties or opens for writing
    writes,     // a file or a socket, not a pipe or a terminal
    maps,       // a file, when the memory is shared and may be written
    locks,      // a file, when its argument says so: fcntl has other uses
    reads,      // nothing; it is there because a disk may fail it
    announces,  // nothing that stays: a lock goes with its process, a flush changes no content
  };
  // How it may fail, beside EIO, which any of them may.
  enum Failure : std::uint8_t {
    no_failure = 0,
    no_space = 1,     // ENOSPC
    interrupted = 2,  // EINTR
    shortened = 4,    // it does a part of what it was asked for
  };
  // Which arguments say what it is about.
  enum class Subject : std::uint8_t {
    path,                // the first
    path_in_folder,      // the second, below the folder that is the first
    paths,               // the first and the second
    paths_in_folders,    // the second and the fourth, below the first and the third
    new_link,            // the second
    new_link_in_folder,  // the third, below the second
    descriptor,          // the first
    third_descriptor,
    fifth_descriptor,
    everything,
  };

  long number = -1;
  std::string_view name = {};
  Effect effect = Effect::changes;
  Subject subject = Subject::everything;
  std::uint8_t failures = no_failure;
};

// All system calls by which a program changes something outside itself, and those by which it reads
// files. Constant, so safe to share.
const std::vector<SyscallRule>& syscall_rules();
// Null when the table has none.
const SyscallRule* find_syscall_rule(long number);

}  // namespace titan::testing
