#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace titan::model {

// How far a host or a reader has come in the change log: "<epoch>.<seq>". The epoch is random
// for each life of a store (created, or restored from a backup); a seq means nothing in another.
struct Bookmark {
  std::string epoch = {};  // 16 lower-case hex digits
  std::uint64_t seq = 0;

  [[nodiscard]] std::string text() const { return epoch + "." + std::to_string(seq); }
  // invalid unless `text` is 16 lower-case hex digits, a dot, and a decimal number without
  // leading zeros below 2^63.
  static Result<Bookmark> parse(std::string_view text);
  bool operator==(const Bookmark&) const = default;
};

}  // namespace titan::model
