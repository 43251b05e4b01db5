#include "base/random.hpp"

#include <sodium.h>
#include <sys/random.h>

#include "base/assert.hpp"
#include "base/descriptor.hpp"

namespace titan {
namespace {

std::string hex16(std::uint64_t value) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex(16, '0');
  for (std::size_t i = 0; i < 16; ++i) hex[15 - i] = kDigits[(value >> (4 * i)) & 15U];
  return hex;
}

}  // namespace

std::uint64_t SystemRandom::next() {
  std::uint64_t value = 0;
  const ssize_t got = retry_interrupted([&] { return ::getrandom(&value, sizeof value, 0); });
  TITAN_ASSERT(got == sizeof value);
  return value;
}

void fill(Random& random, std::span<std::uint8_t> bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i % sizeof number == 0) number = random.next();
    bytes[i] = static_cast<std::uint8_t>(number >> (8 * (i % sizeof number)));
  }
  sodium_memzero(&number, sizeof number);
}

std::string make_uuid(Random& random) {
  const std::uint64_t high = (random.next() & ~0xf000ULL) | 0x4000ULL;
  const std::uint64_t low = (random.next() & ~(3ULL << 62U)) | (2ULL << 62U);
  const std::string hex = hex16(high) + hex16(low);
  return hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) + "-" +
         hex.substr(16, 4) + "-" + hex.substr(20);
}

std::string make_token(Random& random) {
  return hex16(random.next());
}

}  // namespace titan
