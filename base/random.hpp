#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace titan {

// Where random numbers come from: the system, or a seed in a simulation. Keys and nonces are made
// of them, too, so that a simulation repeats itself with the same keys.
class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next() = 0;
};

// The kernel's generator (getrandom(2)), which is fit for keys; it waits for that after a start of
// the machine. Safe to share between threads.
class SystemRandom final : public Random {
 public:
  std::uint64_t next() override;
};

// Fills `bytes` from the numbers in order, eight bytes of each, the lowest first.
void fill(Random& random, std::span<std::uint8_t> bytes);
// A UUID of version 4 (RFC 4122), in lower case.
std::string make_uuid(Random& random);
// 16 lower-case hex digits.
std::string make_token(Random& random);

}  // namespace titan
