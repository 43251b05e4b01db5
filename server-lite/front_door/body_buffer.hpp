#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "server-lite/front_door/spool.hpp"

namespace titan::front_door {

// The body of a request while it comes in. What is over kBodyInMemoryMax waits in a SpoolFile. Not
// thread-safe; it can be moved to another thread.
class BodyBuffer {
 public:
  // Takes no bytes.
  BodyBuffer() = default;
  // Borrows the spool.
  explicit BodyBuffer(Spool& spool) : spool_(&spool) {}

  [[nodiscard]] std::size_t size() const { return size_; }
  // How much of it is in the file.
  [[nodiscard]] std::size_t spooled() const { return file_.size(); }
  // unavailable and exhausted: the file cannot be made or written.
  Result<void> add(std::string_view bytes);
  // All of it; the buffer is empty then. unavailable: the file cannot be read.
  Result<std::string> take();

 private:
  Result<void> spill();

  Spool* spool_ = nullptr;
  std::string memory_;
  SpoolFile file_;  // when open, it holds what came before `memory_`
  std::size_t size_ = 0;
};

}  // namespace titan::front_door
