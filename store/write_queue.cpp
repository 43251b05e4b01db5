#include "store/write_queue.hpp"

#include "store/limits.hpp"

namespace titan::store {

void WriteQueue::run(const std::shared_ptr<Job>& job) {
  if (!enqueue(job) && await_turn(*job) == Job::Turn::done) return;
  const Group group = take_group();
  execute_(group);
  // First the lead: the next group is written while this one's threads wake up.
  give_lead_away();
  for (const auto& done : group) {
    if (done != job) tell(*done, Job::Turn::done);
  }
}

std::size_t WriteQueue::waiting() {
  const std::lock_guard lock(mutex_);
  return line_.size();
}

bool WriteQueue::enqueue(const std::shared_ptr<Job>& job) {
  const std::lock_guard lock(mutex_);
  line_.push_back(job);
  if (led_) return false;
  led_ = true;
  return true;
}

WriteQueue::Group WriteQueue::take_group() {
  const std::lock_guard lock(mutex_);
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

void WriteQueue::give_lead_away() {
  std::shared_ptr<Job> next;
  {
    const std::lock_guard lock(mutex_);
    if (line_.empty()) {
      led_ = false;
      return;
    }
    next = line_.front();
  }
  tell(*next, Job::Turn::leads);
}

WriteQueue::Job::Turn WriteQueue::await_turn(Job& job) {
  std::unique_lock lock(job.mutex_);
  job.told_.wait(lock, [&] { return job.turn_ != Job::Turn::waits; });
  return job.turn_;
}

void WriteQueue::tell(Job& job, Job::Turn turn) {
  {
    const std::lock_guard lock(job.mutex_);
    job.turn_ = turn;
  }
  job.told_.notify_one();
}

}  // namespace titan::store
