#include "server-lite/front_door/worker_pool.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <iterator>
#include <utility>

#include "server-lite/front_door/limits.hpp"

namespace titan::front_door {

WorkerPool::WorkerPool(std::size_t threads, std::function<void()> on_lull)
    : on_lull_(std::move(on_lull)) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  has_jobs_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

// One is woken, and wakes the next when there is more to do: waking costs more than a small job.
void WorkerPool::post(std::vector<Job>& jobs) {
  bool wakes = false;
  {
    const std::lock_guard lock(mutex_);
    std::move(jobs.begin(), jobs.end(), std::back_inserter(jobs_));
    wakes = idle_ > 0;
  }
  jobs.clear();
  if (wakes) has_jobs_.notify_one();
}

std::size_t WorkerPool::waiting() const {
  const std::lock_guard lock(mutex_);
  return jobs_.size();
}

void WorkerPool::run() {
  // On Linux a thread has its own.
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kWorkerNiceness);
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    has_jobs_.wait(lock, [this] { return !jobs_.empty() || ends_; });
    --idle_;
    while (!jobs_.empty()) {
      Job job = std::move(jobs_.front());
      jobs_.pop_front();
      const bool wakes = !jobs_.empty() && idle_ > 0;
      lock.unlock();
      if (wakes) has_jobs_.notify_one();
      job();
      job = nullptr;
      lock.lock();
    }
    if (ends_) return;
    lock.unlock();
    on_lull_();
    lock.lock();
  }
}

}  // namespace titan::front_door
