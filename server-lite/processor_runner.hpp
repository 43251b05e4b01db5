#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "server-lite/processor.hpp"
#include "store/store.hpp"

namespace titan::server_lite {

// Feeds the processors and commits what they want. A cursor is stored with the writes that it
// stands for, or by itself once it is kCursorLagMax ahead of what is stored; so killing the server
// repeats at most that many changes to a processor and loses none.
// step() and flush() are for one thread at a time, progress() for any.
class ProcessorRunner {
 public:
  struct Progress {
    std::string name;
    std::uint64_t done = 0;  // changes up to this seq are dealt with
  };

  // Up to which seq the fleet in memory knows the feed, which processors ask about its changes.
  using KnownHead = std::function<std::uint64_t()>;

  // Borrows all. The order of processors is the order in which they work.
  ProcessorRunner(store::Store& store, std::vector<std::reference_wrapper<Processor>> processors,
                  KnownHead known_head, const Clock& clock, Log& log);
  // Reads the cursors. Call it once, first.
  Result<void> open();

  // One piece of work for each processor; returns when to call again: now when there is more.
  // A fault of the store is logged, and tried again after kFaultPause.
  Clock::Monotonic step();
  // Stores all cursors, as before compaction or the end.
  Result<void> flush();

  [[nodiscard]] std::vector<Progress> progress() const;

 private:
  struct Reader {
    explicit Reader(Processor& its) : processor(its) {}
    Processor& processor;
    std::uint64_t taken = 0;              // told to the processor
    std::uint64_t stored = 0;             // the stored cursor
    std::atomic<std::uint64_t> done = 0;  // could be stored
  };
  Result<Clock::Monotonic> step(Reader& reader);
  Result<void> write(Reader& reader, const Processor::Work& work);
  Result<void> store_cursor(Reader& reader);

  store::Store& store_;
  std::vector<std::unique_ptr<Reader>> readers_;
  const KnownHead known_head_;
  const Clock& clock_;
  Log& log_;
};

}  // namespace titan::server_lite
