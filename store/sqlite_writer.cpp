#include "store/sqlite_writer.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "store/limits.hpp"

namespace titan::store {
namespace {

WriteJob& job_of(const std::shared_ptr<WriteQueue::Job>& job) {
  return static_cast<WriteJob&>(*job);  // run() takes no other
}

}  // namespace

Timestamp Writing::next_time() {
  const std::int64_t after_last = position.time.micros() + 1;
  position.time = Timestamp::from_micros(std::max(clock.wall().micros(), after_last));
  return position.time;
}

Error WriteJob::refuse(Error error) {
  refused_ = true;
  return error;
}

SqliteWriter::SqliteWriter(std::unique_ptr<Connection> connection, Position position,
                           const Clock& clock)
    : connection_(std::move(connection)),
      position_(position),
      clock_(clock),
      seq_(position.seq),
      horizon_(position.horizon),
      queue_([this](const WriteQueue::Group& group) { execute(group); },
             [this](const WriteQueue::Group& group) { announce(group); }) {}

Result<void> SqliteWriter::run(const std::shared_ptr<WriteJob>& job) {
  queue_.run(job);
  return job->outcome;
}

void SqliteWriter::execute(const WriteQueue::Group& group) {
  const Position before = position_;
  if (const auto written = write(group); !written) {
    position_ = before;
    for (const auto& job : group) job_of(job).outcome = written.error();
    return;
  }
  seq_ = position_.seq;
  horizon_ = position_.horizon;
  ++groups_;
  jobs_ += group.size();
}

void SqliteWriter::announce(const WriteQueue::Group& group) {
  std::vector<std::size_t> ends;  // of the changes of each job
  for (const auto& job : group) {
    if (job_of(job).outcome) job_of(job).add_changes(announced_);
    ends.push_back(announced_.size());
  }
  if (listener_ && !announced_.empty()) listener_(announced_);
  auto change = std::make_move_iterator(announced_.begin());
  for (std::size_t i = 0; i < group.size(); ++i) {
    const auto end =
        std::make_move_iterator(announced_.begin()) + static_cast<std::ptrdiff_t>(ends[i]);
    job_of(group[i]).changes.assign(change, end);
    change = end;
  }
  announced_.clear();
  if (announced_.capacity() > kGroupBatchesMax) announced_.shrink_to_fit();
}

Result<void> SqliteWriter::write(const WriteQueue::Group& group) {
  const Position before = position_;
  TITAN_ASSIGN(Transaction transaction, Transaction::begin(*connection_));
  for (const auto& job : group) TITAN_TRY(write(job_of(job)));
  if (position_ != before) {
    TITAN_TRY(connection_->run("UPDATE meta SET last_seq = ?1, last_time = ?2",
                               static_cast<std::int64_t>(position_.seq), position_.time.micros()));
  }
  return transaction.commit();
}

// A refused job leaves nothing behind, and the others do not notice.
Result<void> SqliteWriter::write(WriteJob& job) {
  const Position before = position_;
  Writing writing{*connection_, position_, clock_};
  const bool guarded = job.may_fail_halfway();
  if (guarded) TITAN_TRY(connection_->run("SAVEPOINT job"));
  job.outcome = job.write(writing);
  if (!job.outcome) {
    if (!job.refused()) return job.outcome;
    position_ = before;
    if (guarded) TITAN_TRY(connection_->run("ROLLBACK TO job"));
  }
  return guarded ? connection_->run("RELEASE job") : Result<void>();
}

}  // namespace titan::store
