#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/random.hpp"

namespace titan {

// Overwrites all memory that `bytes` has, also what it does not use now, and leaves it empty. Not
// left out by a compiler that sees no further use.
void wipe(std::string& bytes);

// Bytes that must not stay in memory: keys, and what they open. They lie in one place on the heap,
// which is overwritten with zeros when the Secret is destroyed or assigned over; a move hands over
// the place and leaves the other Secret empty. There is no way to print one, and copies are made by
// copy() alone. The memory is not locked: a system that swaps should encrypt its swap.
// Safe to share between threads while it is const.
class Secret {
 public:
  Secret() = default;  // no bytes
  // Wipes the string it is given. Copies of it made before (a string that grew has left some) are
  // the caller's to see to.
  static Secret of(std::string&& bytes);
  // The string stays as it is, and is the caller's to wipe.
  static Secret of(const std::string& bytes);
  // Key material: from a SystemRandom, or in a simulation from its seed.
  static Secret random(Random& random, std::size_t bytes);
  // To be filled by buffer().
  static Secret zeros(std::size_t bytes);

  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  [[nodiscard]] Secret copy() const;
  [[nodiscard]] std::string_view bytes() const { return {bytes_.get(), size_}; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  // The same bytes, to write to.
  [[nodiscard]] std::span<std::uint8_t> buffer();
  // Whether the bytes are the same. How long it takes depends on their number only.
  [[nodiscard]] bool equals(std::string_view other) const;

 private:
  explicit Secret(std::size_t size);
  static Secret of_bytes(std::string_view bytes);

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
};

}  // namespace titan
