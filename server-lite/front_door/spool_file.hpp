#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/descriptor.hpp"
#include "base/result.hpp"

// Internal to front_door/.
namespace titan::front_door {

// A file without a name for bytes that would take too much memory while a client is slow. It is
// gone with the object. Not thread-safe; it can be moved to another thread.
class SpoolFile {
 public:
  // Holds nothing.
  SpoolFile() = default;
  // An empty file in the folder. unavailable: it cannot be made.
  static Result<SpoolFile> create(const std::string& folder);

  [[nodiscard]] bool is_open() const { return file_.is_open(); }
  [[nodiscard]] std::size_t size() const { return is_open() ? size_ : 0; }
  // unavailable; exhausted: no room on the disk.
  Result<void> append(std::string_view bytes);
  // Fills `to` with what stands at `offset`, as far as there is so much. unavailable.
  Result<std::size_t> read(std::size_t offset, std::span<char> to) const;

 private:
  Descriptor file_{-1};
  std::size_t size_ = 0;
};

}  // namespace titan::front_door
