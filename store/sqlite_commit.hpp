#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "store/sqlite_prepare.hpp"
#include "store/sqlite_writer.hpp"
#include "store/store.hpp"

// Internal to store/: what the writer does. Each job is made by the thread that waits for it, and
// borrows what it is given.
namespace titan::store {

// What stands under a key as the writer sees it.
struct Found {
  std::int64_t row = 0;
  std::uint64_t seq = 0;  // of its last change
};

class CommitJob final : public WriteJob {
 public:
  explicit CommitJob(PreparedBatch prepared);
  Result<void> write(Writing& writing) override;
  [[nodiscard]] bool may_fail_halfway() const override;
  void add_changes(std::vector<model::Change>& all) override;

 private:
  Result<void> apply(const Mutation& mutation, PreparedMutation& prepared, Writing& writing);
  Result<std::optional<Found>> find(const Mutation& mutation, PreparedMutation& prepared,
                                    Writing& writing);
  Result<bool> create(const model::Key& key, PreparedMutation& prepared, Writing& writing);
  Result<void> update(const model::Key& key, const Found& found, PreparedMutation& prepared,
                      Writing& writing);
  Result<void> remove(const model::Key& key, const Found& found, PreparedMutation& prepared,
                      Writing& writing);
  Result<void> log(const model::Key& key, const PreparedMutation& prepared, std::uint64_t previous,
                   const std::string* before, const std::string* after, Writing& writing);
  Result<void> apply(const Observation& observation, std::optional<PreparedReport>& prepared,
                     Writing& writing);
  Result<void> move(const Cursor& cursor, Writing& writing);
  static PreparedMutation::Written next(model::Operation operation, Writing& writing);

  PreparedBatch prepared_;
};

class BlobJob final : public WriteJob {
 public:
  BlobJob(const BlobName& name, std::string_view bytes);
  Result<void> write(Writing& writing) override;
  [[nodiscard]] bool is_new() const { return is_new_; }

 private:
  const BlobName& name_;
  const std::string_view bytes_;
  bool is_new_ = false;
};

class CompactJob final : public WriteJob {
 public:
  CompactJob(std::uint64_t seq, std::size_t limit);
  Result<void> write(Writing& writing) override;
  [[nodiscard]] std::uint64_t horizon() const { return horizon_; }

 private:
  const std::uint64_t seq_;
  const std::size_t limit_;
  std::uint64_t horizon_ = 0;
};

}  // namespace titan::store
