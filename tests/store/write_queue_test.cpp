#include "store/write_queue.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "store/limits.hpp"

namespace titan::store {
namespace {

class NumberedJob final : public WriteQueue::Job {
 public:
  NumberedJob(std::size_t number, std::size_t weight) : Job(weight), number_(number) {}
  [[nodiscard]] std::size_t number() const { return number_; }

 private:
  std::size_t number_;
};

// What the queue carried out, a line of numbers per group. Job 0 is the first; while it is carried
// out, the others come, one after the other.
std::vector<std::vector<std::size_t>> groups_of(const std::vector<std::size_t>& weights) {
  std::vector<std::vector<std::size_t>> groups;
  std::vector<std::thread> threads;
  WriteQueue* line = nullptr;
  const auto execute = [&](const WriteQueue::Group& group) {
    auto& numbers = groups.emplace_back();
    for (const auto& job : group) {
      numbers.push_back(static_cast<const NumberedJob&>(*job).number());
    }
    if (groups.size() > 1) return;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      threads.emplace_back([&, i] { line->run(std::make_shared<NumberedJob>(i + 1, weights[i])); });
      while (line->waiting() < i + 1) std::this_thread::yield();
    }
  };
  WriteQueue queue(execute, [](const WriteQueue::Group&) {});
  line = &queue;
  queue.run(std::make_shared<NumberedJob>(0, 1));
  for (std::thread& thread : threads) thread.join();
  return groups;
}

using Groups = std::vector<std::vector<std::size_t>>;

TEST(WriteQueue, CarriesOutTogetherWhatWaitedInTheOrderOfComing) {
  EXPECT_EQ(groups_of({}), (Groups{{0}}));
  EXPECT_EQ(groups_of({1, 1, 1, 1}), (Groups{{0}, {1, 2, 3, 4}}));
}

TEST(WriteQueue, EndsAGroupBeforeItIsTooHeavy) {
  EXPECT_EQ(groups_of({1, kGroupMutationsMax, 1, kGroupMutationsMax - 1, 1}),
            (Groups{{0}, {1}, {2}, {3, 4}, {5}}));
  EXPECT_EQ(groups_of({2 * kGroupMutationsMax, 1}), (Groups{{0}, {1}, {2}}));
}

TEST(WriteQueue, EndsAGroupBeforeItHasTooManyJobs) {
  const auto groups = groups_of(std::vector<std::size_t>(kGroupBatchesMax + 1, 1));
  ASSERT_EQ(groups.size(), 3U);
  EXPECT_EQ(groups[1].size(), kGroupBatchesMax);
  EXPECT_EQ(groups[2], std::vector{kGroupBatchesMax + 1});
}

}  // namespace
}  // namespace titan::store
