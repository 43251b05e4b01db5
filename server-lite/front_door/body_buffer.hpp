#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/descriptor.hpp"
#include "base/result.hpp"

namespace titan::front_door {

// The body of a request while it comes in. What is over kBodyInMemoryMax waits in a file without a
// name, so that a slow client costs little memory. Not thread-safe; it can be moved to another
// thread.
class BodyBuffer {
 public:
  // `folder`: where files may be made.
  explicit BodyBuffer(std::string folder = "") : folder_(std::move(folder)) {}

  [[nodiscard]] std::size_t size() const { return size_; }
  // unavailable and exhausted: the file cannot be made or written.
  Result<void> add(std::string_view bytes);
  // All of it; the buffer is empty then. unavailable: the file cannot be read.
  Result<std::string> take();

 private:
  Result<void> spill();

  std::string folder_;
  std::string memory_;
  Descriptor file_{-1};  // when open, it holds what came before `memory_`
  std::size_t size_ = 0;
};

}  // namespace titan::front_door
