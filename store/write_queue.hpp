#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

// Internal to store/: how threads that want to write become one writer.
namespace titan::store {

// Who wants to write stands in line and waits. Two threads of the queue's own serve the line: one
// carries out the jobs, group by group; the other announces each group that was carried out and
// wakes those who wait for it. So the next group is written while the last one is announced, and
// nobody holds a mutex while it does either.
//
// A group is the first in line and what follows it, up to kGroupBatchesMax jobs and
// kGroupMutationsMax of weight together. Whoever comes while a group is written becomes part of
// the next: the more writers, the larger the groups.
// Safe to share between threads.
class WriteQueue {
 public:
  class Job {
   public:
    explicit Job(std::size_t weight) : weight_(weight) {}
    virtual ~Job() = default;

   private:
    friend class WriteQueue;
    const std::size_t weight_;
    // Not an atomic to wait on: that would first yield a few times, and with many threads in line
    // each yield costs a switch.
    std::mutex mutex_;  // guards the next
    bool done_ = false;
    std::condition_variable told_;
  };
  // A job is shared by the thread that waits for it and the one that wakes that thread: either may
  // be the last to touch it.
  using Group = std::vector<std::shared_ptr<Job>>;
  using Serve = std::function<void(const Group&)>;

  // `execute` and `announce` are each called with one group after the other, in order. A group is
  // announced when it was carried out, and its jobs return when it was announced.
  WriteQueue(Serve execute, Serve announce);
  // REQUIRES: nobody waits.
  ~WriteQueue();
  WriteQueue(const WriteQueue&) = delete;
  WriteQueue& operator=(const WriteQueue&) = delete;

  // Returns once the job was carried out and announced. The jobs are carried out in the order in
  // which they came.
  void run(const std::shared_ptr<Job>& job);
  // How many stand in line, without those that are being carried out.
  std::size_t waiting();

 private:
  void execute_all(const Serve& execute);
  void announce_all(const Serve& announce);
  // Each waits for the next group; an empty one means that the queue ends.
  Group take_group();
  Group take_executed();
  static void tell_done(const Group& group);

  std::mutex mutex_;  // guards the next three; held for moments only
  std::deque<std::shared_ptr<Job>> line_;
  std::deque<Group> executed_;  // and not yet announced; an empty group is the last
  bool ends_ = false;
  std::condition_variable has_jobs_;      // or ends
  std::condition_variable has_executed_;  // likewise

  std::thread executor_;
  std::thread announcer_;
};

}  // namespace titan::store
