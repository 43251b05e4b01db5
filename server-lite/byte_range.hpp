#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace titan::server_lite {

// The part of some bytes that a request asks for (RFC 9110, section 14).
struct ByteRange {
  std::size_t from = 0;
  std::size_t bytes = 0;  // 0: it cannot be satisfied, there is nothing from there on

  // "bytes 0-4/10", or "bytes */10" of what cannot be satisfied.
  [[nodiscard]] std::string content_range(std::size_t size) const;
};

// What a Range header asks of `size` bytes: "bytes=FROM-TO", both included, or "bytes=FROM-" for
// all from there on; what is beyond the end is cut off. nullopt: it asks in another way, for
// several parts, for the last bytes, in another unit or in bad form; then it counts for nothing, as
// the RFC allows, and all of it is the answer.
std::optional<ByteRange> read_byte_range(std::string_view header, std::size_t size);

}  // namespace titan::server_lite
