#include "server-lite/processor_runner.hpp"

#include <algorithm>
#include <utility>

#include "server-lite/actors.hpp"
#include "server-lite/limits.hpp"

namespace titan::server_lite {

ProcessorRunner::ProcessorRunner(store::Store& store,
                                 std::vector<std::reference_wrapper<Processor>> processors,
                                 KnownHead known_head, const Clock& clock, Log& log)
    : store_(store), known_head_(std::move(known_head)), clock_(clock), log_(log) {
  for (Processor& processor : processors) readers_.push_back(std::make_unique<Reader>(processor));
}

Result<void> ProcessorRunner::open() {
  TITAN_ASSIGN(const std::uint64_t horizon, store_.horizon());
  for (const auto& reader : readers_) {
    TITAN_ASSIGN(reader->stored, store_.cursor(reader->processor.name()));
    reader->taken = std::max(reader->stored, horizon);
    reader->done = reader->taken;
  }
  return {};
}

Clock::Monotonic ProcessorRunner::step() {
  Clock::Monotonic next = Clock::Monotonic::max();
  for (const auto& reader : readers_) {
    const auto stepped = step(*reader);
    if (stepped) {
      next = std::min(next, *stepped);
      continue;
    }
    log_.warning(
        "a processor could not do its work, and tries again",
        {{"processor", std::string(reader->processor.name())}, {"error", stepped.error().text()}});
    next = std::min(next, clock_.monotonic() + kFaultPause);
  }
  return next;
}

Result<Clock::Monotonic> ProcessorRunner::step(Reader& reader) {
  // The store has a change a moment before the fleet knows it.
  const std::uint64_t known = known_head_();
  if (reader.taken < known) {
    TITAN_ASSIGN(const std::vector<model::Change> page,
                 store_.changes(reader.taken, kProcessorPage));
    for (const model::Change& change : page) {
      if (change.seq > known) break;
      reader.processor.take(change);
      reader.taken = change.seq;
    }
  }
  const Clock::Monotonic now = clock_.monotonic();
  TITAN_ASSIGN(const Processor::Work work, reader.processor.work(now));
  if (const auto written = write(reader, work); !written) {
    for (const store::Mutation& mutation : work.mutations) reader.processor.redo(mutation.key);
    return written.error();
  }
  return reader.taken < known_head_() ? now : work.next;
}

// What was refused is left out of the cursor's way: the processor has it in mind again, and says a
// lower `done` next time.
Result<void> ProcessorRunner::write(Reader& reader, const Processor::Work& work) {
  const std::uint64_t done = std::min(work.done, reader.taken);
  const store::Cursor cursor{std::string(reader.processor.name()), done};
  store::Batch batch{.mutations = work.mutations, .actor = std::string(kServerActor)};
  if (!batch.mutations.empty()) {
    if (done > reader.stored) batch.cursor = cursor;
    const auto committed = store_.commit(batch);
    if (committed) {
      reader.stored = std::max(reader.stored, done);
    } else if (committed.error().code != ErrorCode::conflict &&
               committed.error().code != ErrorCode::not_found) {
      return committed.error();
    } else {
      // One of them was overtaken: each by itself, then.
      for (const store::Mutation& mutation : work.mutations) {
        batch.mutations = {mutation};
        batch.cursor = {};
        if (!store_.commit(batch)) reader.processor.redo(mutation.key);
      }
      return {};
    }
  }
  reader.done = done;
  if (done > reader.stored + kCursorLagMax) return store_cursor(reader);
  return {};
}

Result<void> ProcessorRunner::store_cursor(Reader& reader) {
  if (reader.done <= reader.stored) return {};
  const std::uint64_t done = reader.done;
  TITAN_TRY(store_.commit({.cursor = store::Cursor{std::string(reader.processor.name()), done},
                           .actor = std::string(kServerActor)}));
  reader.stored = done;
  return {};
}

Result<void> ProcessorRunner::flush() {
  for (const auto& reader : readers_) TITAN_TRY(store_cursor(*reader));
  return {};
}

std::vector<ProcessorRunner::Progress> ProcessorRunner::progress() const {
  std::vector<Progress> progress;
  for (const auto& reader : readers_) {
    progress.push_back({std::string(reader->processor.name()), reader->done});
  }
  return progress;
}

}  // namespace titan::server_lite
