#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.hpp"
#include "base/result.hpp"
#include "server-lite/front_door/limits.hpp"

namespace titan::front_door {

class Spool;

// A file without a name for bytes that would take too much memory while a client is slow. It is
// gone with the object. Not thread-safe; it can be moved to another thread, and several may read.
class SpoolFile {
 public:
  // Holds nothing.
  SpoolFile() = default;
  ~SpoolFile() { let_go(); }
  SpoolFile(SpoolFile&& other) noexcept { *this = std::move(other); }
  SpoolFile& operator=(SpoolFile&& other) noexcept;
  SpoolFile(const SpoolFile&) = delete;
  SpoolFile& operator=(const SpoolFile&) = delete;

  [[nodiscard]] bool is_open() const { return file_.is_open(); }
  [[nodiscard]] std::size_t size() const { return size_; }
  // unavailable; exhausted: no room on the disk.
  Result<void> append(std::string_view bytes);
  // Fills `to` with what stands at `offset`, as far as there is so much. unavailable.
  Result<std::size_t> read(std::size_t offset, std::span<char> to) const;

 private:
  friend class Spool;
  SpoolFile(Spool& spool, Descriptor file) : spool_(&spool), file_(std::move(file)) {}
  void let_go();

  Spool* spool_ = nullptr;  // null: it is not open
  Descriptor file_{-1};
  std::size_t size_ = 0;
};

// Where such files are made. It knows how much they hold together, and lets all who wait for the
// same content share one. Safe to share between threads; must live as long as its files.
class Spool {
 public:
  explicit Spool(std::string folder, std::uint64_t bytes_max = kSpoolBytesMax)
      : folder_(std::move(folder)), bytes_max_(bytes_max) {}

  // An empty file. unavailable, exhausted: it cannot be made.
  Result<SpoolFile> create();
  // What all files hold, each counted once.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  // They hold more than they may: nothing is refused here, but somebody should be.
  [[nodiscard]] bool is_full() const { return bytes_ > bytes_max_; }

  // The file that was shared under that key, while somebody holds it; else null.
  std::shared_ptr<const SpoolFile> find(const std::string& key) const;
  // A file of these bytes, which find() gives to others. `key`: what names the content, so that the
  // same key always means the same bytes. unavailable, exhausted: it cannot be made.
  Result<std::shared_ptr<const SpoolFile>> share(const std::string& key, std::string_view bytes);

  // Files that nobody holds any more stay open until they are closed with this: the kernel may need
  // a millisecond for one, for which the event loop must not wait. Returns how many there were.
  std::size_t close_left();
  [[nodiscard]] std::size_t left() const;

 private:
  friend class SpoolFile;

  const std::string folder_;
  const std::uint64_t bytes_max_;
  std::atomic<std::uint64_t> bytes_ = 0;
  mutable std::mutex mutex_;  // guards the next two
  std::map<std::string, std::weak_ptr<const SpoolFile>> shared_;
  std::vector<Descriptor> left_;
};

}  // namespace titan::front_door
