#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.hpp"
#include "tests/support/faults.hpp"

namespace titan::testing {

// Any FileSystem, with its calls recorded and failing on demand: "read PATH", "info PATH",
// "list PATH", "read_link PATH", "in_memory PATH", "absolute_path", "write PATH", "write_unflushed
// PATH", "flush", "set_mode PATH", "set_owner PATH", "rename FROM TO", "make_link PATH",
// "make_directory PATH", "remove_file PATH", "remove_directory PATH", "sync_directory PATH", "lock
// PATH". A call that fails has no effect, except that a write leaves half of its content behind, as
// a full disk does. Borrows `inner`.
class FailingFileSystem : public FileSystem {
 public:
  explicit FailingFileSystem(FileSystem& inner) : inner_(inner) {}

  Faults& faults() { return faults_; }

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
  FileSystem& inner_;
  Faults faults_;
};

}  // namespace titan::testing
