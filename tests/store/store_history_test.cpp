#include <algorithm>
#include <map>
#include <utility>

#include "tests/store/store_contract.hpp"

namespace titan::store {
namespace {

using model::Change;
using model::Entity;
using model::Key;
using model::Kind;

// The contract in plain memory: what a Store must be indistinguishable from.
class PlainStore {
 public:
  explicit PlainStore(const Clock& clock) : clock_(clock) {}

  // What the commit must have done, ids apart; nullopt when it must be refused.
  std::optional<std::vector<Change>> commit(const Batch& batch) {
    const auto entities_before = entities_;
    const Timestamp last_time_before = last_time_;
    std::vector<Change> changes;
    for (const Mutation& mutation : batch.mutations) {
      if (apply(mutation, changes)) continue;
      entities_ = entities_before;
      last_time_ = last_time_before;
      return std::nullopt;
    }
    for (const Observation& observation : batch.observations) apply(observation);
    if (batch.cursor) {
      std::uint64_t& passed = cursors_[batch.cursor->name];
      passed = std::max(passed, batch.cursor->seq);
    }
    log_.insert(log_.end(), changes.begin(), changes.end());
    return changes;
  }
  void compact(std::uint64_t seq, std::size_t limit) {
    std::uint64_t end = std::min<std::uint64_t>(seq, log_.size());
    for (const auto& [name, passed] : cursors_) end = std::min(end, passed);
    if (end > horizon_) horizon_ = std::min<std::uint64_t>(end, horizon_ + limit);
  }
  // Takes over the id that the store under test gave.
  void name_id(const Change& change) {
    const auto found = entities_.find(change.key);
    if (change.after && found != entities_.end()) found->second.id = change.after->id;
    log_.at(change.seq - 1) = change;
  }

  [[nodiscard]] const std::map<Key, Entity>& entities() const { return entities_; }
  [[nodiscard]] std::uint64_t seq() const { return log_.size(); }
  [[nodiscard]] std::uint64_t horizon() const { return horizon_; }
  [[nodiscard]] const std::map<std::string, std::uint64_t>& cursors() const { return cursors_; }
  [[nodiscard]] std::vector<Change> log() const {
    return {log_.begin() + static_cast<std::ptrdiff_t>(horizon_), log_.end()};
  }
  // What the log says of a moment, from the start.
  [[nodiscard]] std::map<Key, Entity> entities_at(std::uint64_t seq) const {
    std::map<Key, Entity> entities;
    for (std::uint64_t i = 0; i < seq; ++i) {
      entities.erase(log_[i].key);
      if (log_[i].after) entities.emplace(log_[i].key, *log_[i].after);
    }
    return entities;
  }
  [[nodiscard]] std::vector<SpecChange> spec_changes() const {
    const auto seen = [](std::optional<Entity> entity) {
      if (entity && entity->deleting) entity.reset();
      return entity;
    };
    std::vector<SpecChange> altering;
    for (const Change& change : log()) {
      const auto before = seen(change.before);
      const auto after = seen(change.after);
      const bool alike = before && after ? before->spec == after->spec : !before && !after;
      if (!alike) altering.push_back({change.seq, change.time, change.key, before});
    }
    return altering;
  }
  [[nodiscard]] std::vector<StoredReport> reports() const {
    std::vector<StoredReport> reports;
    for (const auto& [host, stored] : reports_) reports.push_back(stored);
    return reports;
  }

 private:
  Timestamp next_time() {
    last_time_ = std::max(clock_.wall(), Timestamp::from_micros(last_time_.micros() + 1));
    return last_time_;
  }

  bool apply(const Mutation& mutation, std::vector<Change>& changes) {
    const auto found = entities_.find(mutation.key);
    const bool exists = found != entities_.end();
    const std::uint64_t revision = exists ? found->second.revision : 0;
    if (!exists && !mutation.entity) return false;
    if (mutation.expected_revision && *mutation.expected_revision != revision) return false;
    Change change{.seq = log_.size() + changes.size() + 1, .key = mutation.key};
    if (exists) change.before = found->second;
    if (!mutation.entity) {
      change.operation = model::Operation::deleted;
      change.time = next_time();
      entities_.erase(found);
      changes.push_back(change);
      return true;
    }
    Entity after = *mutation.entity;
    if (exists) {
      after.id = found->second.id;
      after.created_time = found->second.created_time;
      after.modified_time = found->second.modified_time;
      after.revision = revision;
      after.version = found->second.version;
      if (after == found->second) return true;
      if (after.spec != found->second.spec) ++after.version;
    } else {
      after.version = 1;
    }
    ++after.revision;
    change.operation = exists ? model::Operation::updated : model::Operation::created;
    change.time = after.modified_time = next_time();
    if (!exists) after.created_time = change.time;
    entities_[mutation.key] = after;
    change.after = after;
    changes.push_back(change);
    return true;
  }

  void apply(const Observation& observation) {
    const model::HostReport before = reports_[observation.host].report;
    reports_.erase(observation.host);
    if (!observation.report) return;
    const Timestamp time = next_time();
    model::HostReport report = *observation.report;
    for (model::DeploymentReport& deployment : report.deployments) {
      const auto known =
          std::ranges::find(before.deployments, deployment.key, &model::DeploymentReport::key);
      date(deployment, known == before.deployments.end() ? nullptr : &*known, time);
    }
    reports_[observation.host] = {
        .host = observation.host, .bookmark = observation.bookmark, .time = time, .report = report};
  }

  // Each time is the earliest report from which on all said the same of what the time is about.
  static void date(model::DeploymentReport& now, const model::DeploymentReport* before,
                   Timestamp time) {
    const bool same_form = before != nullptr && before->desired_digest == now.desired_digest;
    const bool same = same_form && before->version == now.version &&
                      before->rendered_digest == now.rendered_digest &&
                      before->status == now.status && before->reason == now.reason;
    now.since = same ? before->since : time;
    if (same_form) {
      now.delivered = before->delivered;
    } else if (now.delivered == Timestamp() && !now.desired_digest.empty()) {
      now.delivered = time;
    }
    const bool same_commit = same_form && before->commit == now.commit;
    if (!now.commit.empty()) now.committed = same_commit ? before->committed : time;
    if (now.status == model::Status::ready) now.deployed = time;
    if (same_form && before->deployed != Timestamp()) now.deployed = before->deployed;
  }

  const Clock& clock_;
  std::map<Key, Entity> entities_;
  std::map<std::string, StoredReport> reports_;
  std::map<std::string, std::uint64_t> cursors_;
  std::vector<Change> log_;  // also of what is compacted
  std::uint64_t horizon_ = 0;
  Timestamp last_time_;
};

// The changes without what only the store under test can know.
std::vector<Change> without_ids(std::vector<Change> changes) {
  for (Change& change : changes) {
    if (change.before) change.before->id.clear();
    if (change.after) change.after->id.clear();
  }
  return changes;
}

class StoreHistory : public StoreContract {
 protected:
  static constexpr std::uint64_t kSeed = 20'260'301;

  std::size_t below(std::size_t end) { return dice_.below(end); }

  Entity any_entity() {
    const std::string name(1, static_cast<char>('a' + below(6)));
    Entity entity;
    switch (below(3)) {
      case 0:
        entity = host(name, below(2) == 0 ? model::Labels{} : model::Labels{{"site", "lab"}});
        break;
      case 1:
        entity = workspace(name, below(2) == 0 ? "" : "described");
        break;
      default:
        entity = workload(below(2) == 0 ? "team-a" : "team-b", name, below(2) == 0 ? "x" : "y");
    }
    if (below(4) == 0) entity.tags = {{"n", std::to_string(below(3))}};
    if (below(4) == 0) entity.status = model::Status::ready;
    if (below(8) == 0) entity.deleting = true;
    return entity;
  }

  model::HostReport any_report() {
    model::HostReport made = report(std::to_string(below(100)));
    const model::DeploymentReport one = made.deployments.front();
    made.deployments.clear();
    for (const char* name : {"one", "two", "three"}) {
      if (below(4) == 0) continue;
      model::DeploymentReport& deployment = made.deployments.emplace_back(one);
      deployment.key.name = name;
      if (below(4) == 0) deployment.version = below(3);
      if (below(4) == 0) deployment.commit = std::to_string(below(3));
      if (below(4) != 0) deployment.desired_digest = Digest::of(std::to_string(below(2)));
      if (below(2) == 0) deployment.status = model::Status::ready;
      const bool is_given = !deployment.desired_digest.empty() && below(2) == 0;
      if (is_given) deployment.delivered = Timestamp::from_micros(1 + below(100));
    }
    std::ranges::sort(made.deployments, {}, &model::DeploymentReport::key);
    return made;
  }

  Batch any_batch() {
    Batch batch;
    const std::size_t mutations = below(4);
    for (std::size_t i = 0; i < mutations; ++i) {
      Mutation mutation{.key = {}, .entity = any_entity()};
      mutation.key = mutation.entity->key();
      const auto stored = plain_.entities().find(mutation.key);
      const std::uint64_t revision =
          stored == plain_.entities().end() ? 0 : stored->second.revision;
      if (below(3) == 0) mutation.expected_revision = below(5) == 0 ? below(4) : revision;
      if (below(4) == 0 && (revision > 0 || below(8) == 0)) mutation.entity.reset();
      batch.mutations.push_back(std::move(mutation));
    }
    if (below(4) == 0) {
      Observation observation{.host = std::string(1, static_cast<char>('a' + below(4)))};
      if (below(4) != 0) observation.report = any_report();
      observation.bookmark = {"0123456789abcdef", below(1000)};
      batch.observations.push_back(std::move(observation));
    }
    if (below(10) == 0) {
      const std::uint64_t seq = plain_.seq() - std::min<std::uint64_t>(plain_.seq(), below(20));
      batch.cursor = Cursor{below(2) == 0 ? "one" : "two", seq};
    }
    return batch;
  }

  // Everything that can be read is what the plain store says.
  void expect_same() {
    const std::uint64_t horizon = plain_.horizon();
    EXPECT_EQ(store_->horizon().value(), horizon);
    EXPECT_EQ(store_->changes(horizon, 10'000, {}).value(), plain_.log());
    EXPECT_EQ(store_->spec_changes(horizon, 10'000).value(), plain_.spec_changes());
    for (const auto& [name, passed] : plain_.cursors()) {
      EXPECT_EQ(store_->cursor(name).value(), passed);
    }
    EXPECT_EQ(reports(), plain_.reports());
    EXPECT_EQ(store_->head()->seq, plain_.seq());
    EXPECT_EQ(listed({}), plain_.entities());
    const std::uint64_t at = horizon + below(plain_.seq() - horizon + 1);
    EXPECT_EQ(listed(at), plain_.entities_at(at)) << "at " << at;
  }

  // All kinds, by small pages.
  std::map<Key, Entity> listed(std::optional<std::uint64_t> at) {
    std::map<Key, Entity> found;
    for (const Kind kind : model::kKinds) {
      ListQuery query{.kind = kind, .at = at, .limit = 1 + below(5)};
      do {
        const Page page = store_->list(query).value();
        for (const Entity& entity : page.items)
          EXPECT_TRUE(found.emplace(entity.key(), entity).second);
        query.after = page.next;
      } while (query.after);
    }
    return found;
  }

  PlainStore plain_{clock_};
  testing::SeededRandom dice_{kSeed};
};

TEST_P(StoreHistory, OfRandomOperationsIsThatOfAPlainModel) {
  RecordProperty("seed", std::to_string(kSeed));
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  std::size_t refused = 0;
  for (int operation = 0; operation < 4'000; ++operation) {
    SCOPED_TRACE("operation " + std::to_string(operation));
    step_back(std::chrono::microseconds(1'000 - static_cast<int>(below(3'000))));
    const Batch batch = any_batch();
    const auto expected = plain_.commit(batch);
    const auto found = store_->commit(batch);
    ASSERT_EQ(found.has_value(), expected.has_value())
        << (found ? "was accepted" : found.error().text());
    if (!found) {
      ++refused;
    } else {
      ASSERT_EQ(without_ids(*found), without_ids(*expected));
      for (const Change& change : *found) plain_.name_id(change);
    }
    if (below(500) == 0) reopen();
    if (below(20) == 0) {
      const std::uint64_t seq = below(plain_.seq() + 1);
      const std::size_t limit = 1 + below(40);
      plain_.compact(seq, limit);
      ASSERT_EQ(store_->compact(seq, limit).value(), plain_.horizon());
    }
    if (below(400) == 0) expect_same();
    if (HasFailure()) return;
  }
  expect_same();
  // The dice must reach both outcomes often, or the test says little.
  EXPECT_GT(refused, 200U);
  EXPECT_GT(plain_.seq(), 2'000U);
  EXPECT_GT(plain_.horizon(), 500U);
}

TITAN_FOR_EVERY_BACKEND(StoreHistory);

}  // namespace
}  // namespace titan::store
