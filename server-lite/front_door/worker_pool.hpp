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

// Some threads that carry out jobs in the order in which they came. They are nicer than others
// (kWorkerNiceness): where they share a core with the loop, it need not wait for them. Safe to
// share between threads.
class WorkerPool {
 public:
  using Job = std::function<void()>;

  // `on_lull` is called by a worker that has carried out a job and finds no other one waiting.
  WorkerPool(std::size_t threads, std::function<void()> on_lull);
  // Carries out what waits, and ends.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Takes the jobs out of the vector.
  void post(std::vector<Job>& jobs);
  [[nodiscard]] std::size_t waiting() const;

 private:
  void run();

  const std::function<void()> on_lull_;
  mutable std::mutex mutex_;  // guards the next three
  std::deque<Job> jobs_;
  std::size_t idle_ = 0;  // threads that wait for jobs
  bool ends_ = false;
  std::condition_variable has_jobs_;  // or ends
  std::vector<std::thread> threads_;
};

}  // namespace titan::front_door
