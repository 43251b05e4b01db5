#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

// Internal to front_door/.
namespace titan::front_door {

// Some threads that carry out jobs in the order in which they came. Safe to share between threads.
class WorkerPool {
 public:
  using Job = std::function<void()>;

  WorkerPool(std::size_t threads, std::size_t jobs_max);
  // Carries out what waits, and ends.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // false: as many as may wait do so already.
  bool post(Job job);
  // The same, also when there are too many: for what was taken already.
  void post_anyway(Job job);
  [[nodiscard]] std::size_t waiting() const;

 private:
  void run();

  const std::size_t jobs_max_;
  mutable std::mutex mutex_;  // guards the next two
  std::deque<Job> jobs_;
  bool ends_ = false;
  std::condition_variable has_jobs_;  // or ends
  std::vector<std::thread> threads_;
};

}  // namespace titan::front_door
