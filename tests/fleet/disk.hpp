#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.hpp"
#include "tests/support/memory_file_system.hpp"

namespace titan::fleet {

// Thrown in the midst of a step when the process is killed or the power ends there: nothing of the
// step happens any more.
struct Stopped {};

// When the process of a host is stopped: at one of its next changes of any of its disks. For one
// thread.
class Stopper {
 public:
  // At the n-th change from now on, counted from 1: before it is done, or after it.
  void stop_at(std::uint64_t n, bool after);
  void forget() { left_ = 0; }
  [[nodiscard]] bool is_set() const { return left_ > 0; }

  enum class Moment { none, before, after };
  // For disks: one change more. When it is the last one, says which side of it the end is on.
  Moment count();

 private:
  std::uint64_t left_ = 0;
  bool after_ = false;
};

// One disk of a host: in memory, ready for a power cut, full or broken for a while, and the place
// where the process may be stopped. A write that is stopped, or has no space, leaves half of its
// content. For one thread.
class Disk final : public FileSystem {
 public:
  enum class Health { well, full, broken };
  // Faults of the agent, on purpose: flushes that it leaves out.
  struct LeftOut {
    bool file_flushes = false;    // what was written since written_back() goes with the power
    bool folder_flushes = false;  // sync_directory() does nothing
  };

  Disk(Stopper& stopper, const LeftOut& left_out) : stopper_(stopper), left_out_(left_out) {}

  Health health = Health::well;

  // What others find on it, and may do with it.
  testing::MemoryFileSystem& memory() { return memory_; }
  void power_cut();
  // As if the kernel had written back by itself what was written, some time ago.
  void written_back();
  // How many changes were made of it, but for locks.
  [[nodiscard]] std::uint64_t changes() const { return changes_; }
  [[nodiscard]] const std::string& last_change() const { return last_change_; }

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
  enum class Flush { now, later };
  Result<void> write(const std::string& path, std::string_view content, std::uint32_t mode,
                     Flush flush);
  template <class Effect>
  Result<void> change(const std::string& name, bool needs_space, const Effect& effect);

  Stopper& stopper_;
  const LeftOut left_out_;
  testing::MemoryFileSystem memory_;
  std::uint64_t changes_ = 0;
  std::string last_change_;
};

}  // namespace titan::fleet
