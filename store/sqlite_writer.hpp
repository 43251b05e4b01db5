#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
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
  Position& position;                   // moved on by the job
  std::vector<model::Change>& changes;  // of the whole group; the job adds its own
  const Clock& clock;
  Random& random;

  Timestamp next_time();
};

// One piece of work for the writer, in the transaction of its group.
class WriteJob : public WriteQueue::Job {
 public:
  using Job::Job;
  // Called by the leader, once. An error is of the file and ends the whole group, unless the job
  // says by refused() that it is its own alone.
  virtual Result<void> write(Writing& writing) = 0;
  // Whether write() may refuse the job after it has written something of it.
  [[nodiscard]] virtual bool may_fail_halfway() const { return false; }
  [[nodiscard]] bool refused() const { return refused_; }

  // Once the queue has run the job:
  Result<void> outcome = {};
  // its changes among those of its group. Each job may move its own out of it.
  std::shared_ptr<std::vector<model::Change>> group_changes = {};
  std::size_t first_change = 0;
  std::size_t end_change = 0;

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
  SqliteWriter(std::unique_ptr<Connection> connection, Position position, const Clock& clock,
               Random& random);

  // Set before the first run().
  void listen(Store::Listener listener) { listener_ = std::move(listener); }
  // Returns the job's outcome.
  Result<void> run(const std::shared_ptr<WriteJob>& job);
  // Of what is durable.
  [[nodiscard]] std::uint64_t seq() const { return seq_; }
  [[nodiscard]] std::uint64_t horizon() const { return horizon_; }

 private:
  void execute(const WriteQueue::Group& group);
  Result<void> write(const WriteQueue::Group& group, std::vector<model::Change>& changes);
  Result<void> write(WriteJob& job, std::vector<model::Change>& changes);

  // These are the leader's.
  std::unique_ptr<Connection> connection_;
  Position position_;
  const Clock& clock_;
  Random& random_;
  Store::Listener listener_;

  std::atomic<std::uint64_t> seq_;
  std::atomic<std::uint64_t> horizon_;
  WriteQueue queue_;
};

}  // namespace titan::store
