#pragma once

#include <cstdint>
#include <string>

namespace titan {

// Where random numbers come from: the system, or a seed in a simulation.
// SystemRandom is safe to share between threads.
class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next() = 0;
};

class SystemRandom final : public Random {
 public:
  std::uint64_t next() override;
};

// A UUID of version 4 (RFC 4122), in lower case.
std::string make_uuid(Random& random);
// 16 lower-case hex digits.
std::string make_token(Random& random);

}  // namespace titan
