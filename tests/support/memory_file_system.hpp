#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.hpp"

namespace titan::testing {

// A disk in memory that keeps the contract of FileSystem, except that permissions hinder nobody.
// It knows what would survive a power cut: the content and mode of a file at once (write()
// flushes) or, of write_unflushed(), from flush() on; the entries of a folder from its last
// sync_directory(), or flush(), only. For one thread.
class MemoryFileSystem final : public FileSystem {
 public:
  MemoryFileSystem();
  ~MemoryFileSystem() override;

  // Loses what a power cut may lose, and the locks.
  void power_cut();
  // A link at `path`, as somebody else would make it; survives a power cut. Its folder must exist.
  void make_symlink(const std::string& path, const std::string& target);
  // What absolute_path() and in_memory() say: "/memory" and true until then.
  void stand_at(std::string absolute_path, bool in_memory);

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
  struct Node;
  struct Place;

  [[nodiscard]] Result<std::shared_ptr<Node>> folder_at(const std::string& path) const;
  [[nodiscard]] Result<Place> find_place(const std::string& path) const;
  [[nodiscard]] Result<std::shared_ptr<Node>> open_regular(const std::string& path, bool create);

  std::string absolute_path_ = "/memory";
  bool in_memory_ = true;
  std::shared_ptr<Node> root_;  // shared: a node may stand in the present and in the durable tree
};

}  // namespace titan::testing
