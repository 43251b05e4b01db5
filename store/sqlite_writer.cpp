#include "store/sqlite_writer.hpp"

#include <algorithm>
#include <utility>

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
                           const Clock& clock, Random& random)
    : connection_(std::move(connection)),
      position_(position),
      clock_(clock),
      random_(random),
      seq_(position.seq),
      horizon_(position.horizon),
      queue_([this](const WriteQueue::Group& group) { execute(group); }) {}

Result<void> SqliteWriter::run(const std::shared_ptr<WriteJob>& job) {
  queue_.run(job);
  return job->outcome;
}

void SqliteWriter::execute(const WriteQueue::Group& group) {
  const Position before = position_;
  const auto changes = std::make_shared<std::vector<model::Change>>();
  if (const auto written = write(group, *changes); !written) {
    position_ = before;
    for (const auto& job : group) job_of(job).outcome = written.error();
    return;
  }
  seq_ = position_.seq;
  horizon_ = position_.horizon;
  if (listener_ && !changes->empty()) listener_(*changes);
  for (const auto& job : group) job_of(job).group_changes = changes;
}

Result<void> SqliteWriter::write(const WriteQueue::Group& group,
                                 std::vector<model::Change>& changes) {
  const Position before = position_;
  TITAN_ASSIGN(Transaction transaction, Transaction::begin(*connection_));
  for (const auto& job : group) TITAN_TRY(write(job_of(job), changes));
  if (position_ != before) {
    TITAN_TRY(connection_->run("UPDATE meta SET last_seq = ?1, last_time = ?2",
                               static_cast<std::int64_t>(position_.seq), position_.time.micros()));
  }
  return transaction.commit();
}

// A refused job leaves nothing behind, and the others do not notice.
Result<void> SqliteWriter::write(WriteJob& job, std::vector<model::Change>& changes) {
  const Position before = position_;
  Writing writing{*connection_, position_, changes, clock_, random_};
  job.first_change = changes.size();
  const bool guarded = job.may_fail_halfway();
  if (guarded) TITAN_TRY(connection_->run("SAVEPOINT job"));
  job.outcome = job.write(writing);
  if (!job.outcome) {
    if (!job.refused()) return job.outcome;
    position_ = before;
    changes.resize(job.first_change);
    if (guarded) TITAN_TRY(connection_->run("ROLLBACK TO job"));
  }
  job.end_change = changes.size();
  return guarded ? connection_->run("RELEASE job") : Result<void>();
}

}  // namespace titan::store
