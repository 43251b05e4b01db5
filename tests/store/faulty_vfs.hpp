#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <string>

namespace titan::store {

// An SQLite file layer (VFS) over the system's, which counts the calls made of it and makes some
// fail: a disk as it is on a bad day. A write that fails has written its first half. Calls that
// give something back (unlock, close) never fail, as those of the system do not. Nothing is
// flushed to the real disk, which only costs time here. For one thread; it must outlive all
// connections that use it.
class FaultyVfs {
 public:
  enum class Fault {
    io_error,   // any call
    disk_full,  // calls that may need space: open, write, map shared memory
    kill,       // any call: the process is killed in the middle of it
  };
  struct Plan {
    Fault fault = Fault::io_error;
    std::uint64_t at = 0;  // the n-th call from now on that the fault is about; 0: none
    bool lasting = false;  // and all after it
  };

  // Registered while it lives, under a name of its own.
  FaultyVfs();
  ~FaultyVfs();
  FaultyVfs(const FaultyVfs&) = delete;
  FaultyVfs& operator=(const FaultyVfs&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }
  // Counts from 0 again.
  void begin(Plan plan);
  // No more faults; goes on counting.
  void heal() { plan_.at = 0; }
  // Since begin(): how many calls that the planned fault is about, and the first that failed
  // ("write titan.db-wal"; empty when none did).
  [[nodiscard]] std::uint64_t calls() const { return calls_; }
  [[nodiscard]] const std::string& struck() const { return struck_; }

  // For the functions that SQLite calls: one call, and whether it is to fail.
  bool strikes(const char* call, const char* file, bool needs_space);
  // The code of a call that fails.
  [[nodiscard]] int code(int io_error) const;
  [[nodiscard]] sqlite3_vfs& real() const { return *real_; }

 private:
  std::string name_;
  sqlite3_vfs* real_;
  sqlite3_vfs vfs_;
  Plan plan_;
  std::uint64_t calls_ = 0;
  std::string struck_;
};

}  // namespace titan::store
