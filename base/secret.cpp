#include "base/secret.hpp"

#include <sodium.h>

#include <algorithm>
#include <utility>

#include "base/sodium.hpp"

namespace titan {

void wipe(std::string& bytes) {
  bytes.resize(bytes.capacity());
  sodium_memzero(bytes.data(), bytes.size());
  bytes.clear();
}

Secret::Secret(std::size_t size) : bytes_(std::make_unique<char[]>(size)), size_(size) {}

Secret::Secret(Secret&& other) noexcept
    : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  Secret taken(std::move(other));
  std::swap(bytes_, taken.bytes_);  // what was here is wiped with `taken`
  std::swap(size_, taken.size_);
  return *this;
}

Secret::~Secret() {
  if (bytes_) sodium_memzero(bytes_.get(), size_);
}

Secret Secret::of_bytes(std::string_view bytes) {
  Secret secret(bytes.size());
  std::ranges::copy(bytes, secret.bytes_.get());
  return secret;
}

Secret Secret::of(std::string&& bytes) {
  Secret secret = of_bytes(bytes);
  wipe(bytes);  // in its own place: a short string that is moved leaves its bytes behind
  return secret;
}

Secret Secret::of(const std::string& bytes) {
  return of_bytes(bytes);
}

Secret Secret::random(Random& random, std::size_t bytes) {
  Secret secret(bytes);
  fill(random, secret.buffer());
  return secret;
}

Secret Secret::zeros(std::size_t bytes) {
  return Secret(bytes);
}

Secret Secret::copy() const {
  return of_bytes(bytes());
}

std::span<std::uint8_t> Secret::buffer() {
  return {reinterpret_cast<std::uint8_t*>(bytes_.get()), size_};
}

bool Secret::equals(std::string_view other) const {
  return other.size() == size_ && sodium_memcmp(bytes_.get(), other.data(), size_) == 0;
}

}  // namespace titan
