#include "store/write_queue.hpp"

#include <utility>

#include "store/limits.hpp"

namespace titan::store {

WriteQueue::WriteQueue(Serve execute, Serve announce)
    : executor_([this, serve = std::move(execute)] { execute_all(serve); }),
      announcer_([this, serve = std::move(announce)] { announce_all(serve); }) {}

WriteQueue::~WriteQueue() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  has_jobs_.notify_one();
  executor_.join();
  announcer_.join();
}

void WriteQueue::run(const std::shared_ptr<Job>& job) {
  {
    const std::lock_guard lock(mutex_);
    line_.push_back(job);
  }
  has_jobs_.notify_one();
  std::unique_lock lock(job->mutex_);
  job->told_.wait(lock, [&] { return job->done_; });
}

std::size_t WriteQueue::waiting() {
  const std::lock_guard lock(mutex_);
  return line_.size();
}

void WriteQueue::execute_all(const Serve& execute) {
  bool is_last = false;
  while (!is_last) {
    Group group = take_group();
    is_last = group.empty();
    if (!is_last) execute(group);
    {
      const std::lock_guard lock(mutex_);
      executed_.push_back(std::move(group));
    }
    has_executed_.notify_one();
  }
}

void WriteQueue::announce_all(const Serve& announce) {
  while (true) {
    const Group group = take_executed();
    if (group.empty()) return;
    announce(group);
    tell_done(group);
  }
}

WriteQueue::Group WriteQueue::take_group() {
  std::unique_lock lock(mutex_);
  has_jobs_.wait(lock, [this] { return !line_.empty() || ends_; });
  Group group;
  std::size_t weight = 0;
  while (!line_.empty() && group.size() < kGroupBatchesMax) {
    weight += line_.front()->weight_;
    if (!group.empty() && weight > kGroupMutationsMax) break;
    group.push_back(std::move(line_.front()));
    line_.pop_front();
  }
  return group;
}

WriteQueue::Group WriteQueue::take_executed() {
  std::unique_lock lock(mutex_);
  has_executed_.wait(lock, [this] { return !executed_.empty(); });
  Group group = std::move(executed_.front());
  executed_.pop_front();
  return group;
}

void WriteQueue::tell_done(const Group& group) {
  for (const auto& job : group) {
    {
      const std::lock_guard lock(job->mutex_);
      job->done_ = true;
    }
    job->told_.notify_one();
  }
}

}  // namespace titan::store
