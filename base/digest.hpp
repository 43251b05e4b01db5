#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace titan {

// The SHA-256 (FIPS 180-4) of some bytes, written "sha256:<64 lower-case hex digits>".
class Digest {
 public:
  static constexpr std::size_t kBytes = 32;

  Digest() = default;  // all zeros: the digest of nothing that exists
  static Digest of(std::string_view bytes);
  // invalid when `text` is not exactly of the form above.
  static Result<Digest> parse(std::string_view text);

  [[nodiscard]] std::string text() const;
  // The 64 hex digits alone, for file names.
  [[nodiscard]] std::string hex() const;
  // The first 64 bits, for tables of many digests that nobody chooses.
  [[nodiscard]] std::uint64_t short_form() const;
  [[nodiscard]] bool empty() const { return *this == Digest(); }
  auto operator<=>(const Digest&) const = default;

 private:
  friend class Hasher;
  [[nodiscard]] std::string text_after(std::string_view prefix) const;

  std::array<std::uint8_t, kBytes> bytes_{};
};

// A Digest built piece by piece. Each piece is preceded by its length, so that ("ab", "c") and
// ("a", "bc") differ; Digest::of() hashes the plain bytes.
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;

  Hasher& add(std::string_view piece);
  Hasher& add(std::uint64_t number);
  // Ends the hash; the Hasher must not be used afterwards.
  [[nodiscard]] Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace titan
