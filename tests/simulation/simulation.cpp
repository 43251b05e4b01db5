#include "tests/simulation/simulation.hpp"

#include <utility>

#include "store/backup.hpp"
#include "store/sqlite_store.hpp"
#include "tests/simulation/passing_store.hpp"
#include "tests/simulation/random_entities.hpp"

namespace titan::simulation {
namespace {

// What histories write: all up to the assignments. Whoever follows another kind finds nothing.
constexpr std::size_t kKindsWritten = static_cast<std::size_t>(model::Kind::assignment) + 1;

constexpr std::size_t kRecentMax = 25;
constexpr std::uint64_t kBackupPermille = 2;
constexpr std::uint64_t kRestorePermille = 1;
constexpr std::uint64_t kReadsMax = 5;  // after one operation, at most

// Shows every write to the model.
class ModelledStore final : public PassingStore {
 public:
  ModelledStore(std::unique_ptr<Store> inner, PlainModel& plain, Finding& broken,
                const Clock& clock)
      : PassingStore(std::move(inner)), plain_(plain), broken_(broken), clock_(clock) {}

  Result<std::vector<model::Change>> commit(const store::Batch& batch) override {
    auto answer = PassingStore::commit(batch);
    note(plain_.commit(batch, answer, clock_.wall()));
    return answer;
  }
  Result<std::uint64_t> compact(std::uint64_t seq, std::size_t limit) override {
    auto answer = PassingStore::compact(seq, limit);
    note(answer ? plain_.compact(seq, limit, *answer) : Finding(answer.error().text()));
    return answer;
  }

 private:
  void note(Finding finding) {
    if (!broken_) broken_ = std::move(finding);
  }

  PlainModel& plain_;
  Finding& broken_;
  const Clock& clock_;
};

}  // namespace

Simulation::Simulation(Options options)
    : options_(std::move(options)),
      folder_(testing::folder_in_memory()),
      random_(options_.seed ^ 0x9e3779b97f4a7c15U),
      dice_(options_.seed) {
  make_readers();
}

Simulation::~Simulation() = default;

void Simulation::make_readers() {
  int number = 0;
  for (int i = 0; i < options_.feed_readers; ++i) {
    std::optional<model::Kind> kind;
    if (i % 3 != 0) kind = model::kKinds[dice_.below(kKindsWritten)];
    readers_.push_back(std::make_unique<FeedReader>(number++, kind));
  }
  for (int i = 0; i < options_.host_readers; ++i) {
    const std::string host = "h" + std::to_string(static_cast<std::uint64_t>(i) % kHosts);
    readers_.push_back(std::make_unique<HostReader>(number++, host));
  }
}

Simulation::Outcome Simulation::run() {
  Finding finding = start();
  while (!finding && outcome_.operations < options_.operations) {
    ++outcome_.operations;
    finding = operate();
    if (!finding) finding = std::exchange(broken_, {});
    if (!finding) finding = read();
    if (!finding) finding = std::exchange(broken_, {});
  }
  if (finding) outcome_.finding = story(*finding);
  outcome_.changes += plain_.head();
  outcome_.horizon = plain_.horizon();
  return outcome_;
}

Finding Simulation::operate() {
  move_clocks();
  if (dice_.permille(options_.restart_permille)) return restart();
  if (dice_.permille(kBackupPermille)) return back_up();
  if (backed_up_ && dice_.permille(kRestorePermille)) return restore();
  std::string done;
  Finding finding = subject_->write(dice_, plain_, done);
  note(std::move(done));
  const std::uint64_t horizon = plain_.horizon();
  subject_->tidy(dice_);
  if (plain_.horizon() != horizon) note("the horizon is " + std::to_string(plain_.horizon()));
  return finding;
}

// Time goes by, and now and then somebody sets the clock, back or forward.
void Simulation::move_clocks() {
  clock_.advance(std::chrono::microseconds(dice_.below(2'000'000)));
  if (dice_.permille(10)) {
    const std::int64_t by = static_cast<std::int64_t>(dice_.below(20'000'000)) - 10'000'000;
    clock_.set_wall(Timestamp::from_micros(clock_.wall().micros() + by));
  }
}

Finding Simulation::start() {
  auto opened = store::SqliteStore::open(database(), clock_, random_,
                                         {.synchronous = store::SqliteStore::Synchronous::normal});
  if (!opened) return "the store does not open: " + opened.error().text();
  store_ = *std::move(opened);
  const auto head = store_->head();
  const auto horizon = store_->horizon();
  if (!head || !horizon) return "the store does not say where it stands";
  if (plain_.epoch().empty()) plain_.begin_epoch(head->epoch);
  if (*head != plain_.bookmark() || *horizon != plain_.horizon()) {
    return "after a start the store stands at " + head->text() + " with the horizon " +
           std::to_string(*horizon) + ", expected " + plain_.bookmark().text() + " with " +
           std::to_string(plain_.horizon());
  }
  if (options_.wrap) store_ = options_.wrap(std::move(store_));
  store_ = std::make_unique<ModelledStore>(std::move(store_), plain_, broken_, clock_);
  auto subject = options_.open({*store_, clock_, random_});
  if (!subject) return "what is on the store does not open: " + subject.error().text();
  subject_ = *std::move(subject);
  return check_reports();
}

Finding Simulation::check_reports() {
  const auto heads = store_->report_heads();
  if (!heads) return "no reports: " + heads.error().text();
  std::map<std::string, PlainModel::Report> found;
  for (const auto& head : *heads) found[head.host] = {head.bookmark, head.time, head.digest};
  if (found == plain_.reports()) return {};
  return "there are " + std::to_string(found.size()) + " reports, not the expected " +
         std::to_string(plain_.reports().size()) + ", or others";
}

Finding Simulation::restart() {
  note("restart");
  ++outcome_.restarts;
  subject_.reset();
  store_.reset();
  return start();
}

Finding Simulation::back_up() {
  note("backup at #" + std::to_string(plain_.head()));
  const auto done = store::back_up(database(), backup(), {.replace = true});
  if (!done) return "the backup failed: " + done.error().text();
  if (done->bookmark != plain_.bookmark()) {
    return "the backup shows " + done->bookmark.text() + ", expected " + plain_.bookmark().text();
  }
  backed_up_ = plain_;
  return {};
}

Finding Simulation::restore() {
  note("restore to #" + std::to_string(backed_up_->head()));
  ++outcome_.restores;
  outcome_.changes += plain_.head() - backed_up_->head();
  subject_.reset();
  store_.reset();
  {
    const auto lock = store::lock_database(database());
    if (!lock) return "the database cannot be locked: " + lock.error().text();
    const auto done = store::restore(backup(), database(), **lock, random_, {.replace = true});
    if (!done) return "the restore failed: " + done.error().text();
    if (done->bookmark.epoch == plain_.epoch() || done->bookmark.epoch == backed_up_->epoch()) {
      return "a restored store goes on in the epoch " + done->bookmark.epoch;
    }
    plain_ = *backed_up_;
    plain_.begin_epoch(done->bookmark.epoch);
  }
  return start();
}

Finding Simulation::read() {
  for (std::uint64_t reads = dice_.below(kReadsMax); reads > 0; --reads) {
    Reader& reader = *readers_[next_reader()];
    const std::string before = reader.text();
    ++outcome_.tally.reads;
    Finding finding = reader.read(*subject_, plain_, dice_, outcome_.tally);
    if (finding) return before + ": " + *finding;
  }
  return {};
}

// Of ten readers one reads often, and one so seldom that it falls far behind.
std::size_t Simulation::next_reader() {
  const std::uint64_t choice = dice_.below(100);
  std::uint64_t of_ten = 1 + dice_.below(8);
  if (choice < 50) of_ten = 0;
  if (choice == 99) of_ten = 9;
  return dice_.below(readers_.size() / 10) * 10 + of_ten;
}

void Simulation::note(std::string what) {
  recent_.push_back(std::to_string(outcome_.operations) + ": " + std::move(what));
  if (recent_.size() > kRecentMax) recent_.pop_front();
}

std::string Simulation::story(const std::string& finding) const {
  std::string text = finding + "\nat " + plain_.bookmark().text() + ", the horizon is " +
                     std::to_string(plain_.horizon()) + ", operation " +
                     std::to_string(outcome_.operations) + "; the last operations:\n";
  for (const std::string& operation : recent_) text += "  " + operation + "\n";
  return text + "replay: TITAN_SIMULATION_SEED=" + std::to_string(options_.seed);
}

}  // namespace titan::simulation
