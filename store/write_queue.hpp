#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

// Internal to store/: how threads that want to write become one writer.
namespace titan::store {

// Who comes while somebody writes waits in line. When the writing is done, the first in line
// becomes the leader: it takes the next group from the line, carries it out on its own thread, and
// then gives the lead away and wakes its followers. So at any time at most one thread carries out,
// and nobody holds a mutex while it does. (LevelDB's writers stand in line like this.)
//
// A group is the first in line and what follows it, up to kGroupBatchesMax jobs and
// kGroupMutationsMax of weight together.
// Safe to share between threads.
class WriteQueue {
 public:
  class Job {
   public:
    explicit Job(std::size_t weight) : weight_(weight) {}
    virtual ~Job() = default;

   private:
    friend class WriteQueue;
    enum class Turn { waits, leads, done };
    const std::size_t weight_;
    // Not an atomic to wait on: that would first yield a few times, and with many threads in line
    // each yield costs a switch.
    std::mutex mutex_;  // guards the next
    Turn turn_ = Turn::waits;
    std::condition_variable told_;
  };
  // A job is shared by the thread that waits for it and the leader that wakes that thread: either
  // may be the last to touch it.
  using Group = std::vector<std::shared_ptr<Job>>;

  // `execute` is called by one thread at a time, and sees what the calls before it left.
  explicit WriteQueue(std::function<void(const Group&)> execute) : execute_(std::move(execute)) {}

  // Returns once the job was carried out, by this thread or by another. The jobs are carried out in
  // the order in which they came.
  void run(const std::shared_ptr<Job>& job);
  // How many stand in line, without those that are being carried out.
  std::size_t waiting();

 private:
  // Whether this job's thread leads; else it has to wait for its turn.
  bool enqueue(const std::shared_ptr<Job>& job);
  Group take_group();
  void give_lead_away();
  static Job::Turn await_turn(Job& job);
  static void tell(Job& job, Job::Turn turn);

  const std::function<void(const Group&)> execute_;
  std::mutex mutex_;  // guards the next two; held for moments only
  std::deque<std::shared_ptr<Job>> line_;
  bool led_ = false;  // somebody leads, or was told to
};

}  // namespace titan::store
