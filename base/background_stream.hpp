#pragma once

#include <cstdint>
#include <memory>
#include <ostream>

namespace titan {

// A stream whose lines a thread of its own writes to another stream, every kBackgroundPause at
// most: so whoever writes never waits for who reads. At most kBackgroundBytesMax wait; of what
// comes beyond that, whole flushes are dropped and counted. The destructor writes what waits.
// Several threads may write if they take turns from the first byte up to the flush, as Log does.
class BackgroundStream final : public std::ostream {
 public:
  // Borrows `target`, which nobody else writes to meanwhile.
  explicit BackgroundStream(std::ostream& target);
  ~BackgroundStream() override;
  BackgroundStream(const BackgroundStream&) = delete;
  BackgroundStream& operator=(const BackgroundStream&) = delete;

  // How many flushes were dropped so far. From any thread.
  [[nodiscard]] std::uint64_t dropped() const;

 private:
  class Lines;
  const std::unique_ptr<Lines> lines_;
};

}  // namespace titan
