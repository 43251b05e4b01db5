#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "store/sqlite_connection.hpp"
#include "store/store.hpp"
#include "store/write_queue.hpp"

// Internal to store/: the one writer.
namespace titan::store {

// How far the writes have come: the next seq and time are greater.
struct Position {
  std::uint64_t seq = 0;
  Timestamp time = {};
  std::uint64_t horizon = 0;
  bool operator==(const Position&) const = default;
};

// What a job writes with.
struct Writing {
  Connection& connection;
  Position& position;  // moved on by the job
  const Clock& clock;

  Timestamp next_time();
};

// One piece of work for the writer, in the transaction of its group.
class WriteJob : public WriteQueue::Job {
 public:
  using Job::Job;
  // Called once. An error is of the file and ends the whole group, unless the job says by refused()
  // that it is its own alone.
  virtual Result<void> write(Writing& writing) = 0;
  // Whether write() may refuse the job after it has written something of it.
  [[nodiscard]] virtual bool may_fail_halfway() const { return false; }
  [[nodiscard]] bool refused() const { return refused_; }
  // Called once, by the announcing thread, when what it wrote is durable: adds its changes.
  virtual void add_changes(std::vector<model::Change>& /*all*/) {}

  // Once the queue has run the job:
  Result<void> outcome = {};
  // what it changed.
  std::vector<model::Change> changes = {};

 protected:
  // Marks an error as this job's own.
  Error refuse(Error error);

 private:
  bool refused_ = false;
};

// Owns the connection that makes every write and every checkpoint, and writes what waits in groups:
// one transaction each, whose commit makes all of it durable. run(), seq() and horizon() are safe
// to share between threads.
class SqliteWriter {
 public:
  SqliteWriter(std::unique_ptr<Connection> connection, Position position, const Clock& clock);

  // Set before the first run().
  void listen(Store::Listener listener) { listener_ = std::move(listener); }
  // Returns the job's outcome.
  Result<void> run(const std::shared_ptr<WriteJob>& job);
  // Of what is durable.
  [[nodiscard]] std::uint64_t seq() const { return seq_; }
  [[nodiscard]] std::uint64_t horizon() const { return horizon_; }
  // Since it was made: groups that became durable, and the jobs in them.
  [[nodiscard]] std::uint64_t groups() const { return groups_; }
  [[nodiscard]] std::uint64_t jobs() const { return jobs_; }
  [[nodiscard]] std::size_t waiting() { return queue_.waiting(); }

 private:
  void execute(const WriteQueue::Group& group);
  void announce(const WriteQueue::Group& group);
  Result<void> write(const WriteQueue::Group& group);
  Result<void> write(WriteJob& job);

  // These are the executing thread's.
  std::unique_ptr<Connection> connection_;
  Position position_;
  const Clock& clock_;

  // These are the announcing thread's.
  Store::Listener listener_;
  std::vector<model::Change> announced_;  // of one group; kept for its room

  std::atomic<std::uint64_t> seq_;
  std::atomic<std::uint64_t> horizon_;
  std::atomic<std::uint64_t> groups_ = 0;
  std::atomic<std::uint64_t> jobs_ = 0;
  WriteQueue queue_;
};

}  // namespace titan::store
