#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstdint>

namespace titan::bench {

// How long things took, some millions of them, in buckets that are at most 1/32 wide.
class Latencies {
 public:
  void add(std::chrono::nanoseconds time) {
    const auto ns = static_cast<std::uint64_t>(time.count() < 0 ? 0 : time.count());
    ++buckets_[bucket_of(ns)];
    ++count_;
    if (ns > max_) max_ = ns;
  }

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] double max_us() const { return static_cast<double>(max_) / 1e3; }
  // The least time that so large a share of all did not exceed; 0: there are none.
  [[nodiscard]] double percentile_us(double percent) const {
    const auto wanted = static_cast<std::uint64_t>(percent / 100 * static_cast<double>(count_));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i];
      if (seen > wanted) return static_cast<double>(std::min(top_of(i), max_)) / 1e3;
    }
    return max_us();
  }

 private:
  // The five bits after the first one that is set, and where that one stands.
  static constexpr unsigned kBits = 5;
  static constexpr std::size_t kPerPower = 1UL << kBits;

  static std::size_t bucket_of(std::uint64_t ns) {
    if (ns < kPerPower) return ns;
    const auto shift = static_cast<unsigned>(std::bit_width(ns)) - 1 - kBits;
    return (shift + 1) * kPerPower + (ns >> shift) - kPerPower;
  }
  static std::uint64_t top_of(std::size_t bucket) {
    if (bucket < kPerPower) return bucket;
    const std::size_t shift = bucket / kPerPower - 1;
    return ((bucket % kPerPower + kPerPower + 1) << shift) - 1;
  }

  std::array<std::uint64_t, (64 - kBits + 1) * kPerPower> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace titan::bench
