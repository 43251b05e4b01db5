#include "store/limits.hpp"
#include "tests/store/store_contract.hpp"

namespace titan::store {
namespace {

using model::Change;
using model::Entity;
using model::Kind;

using Seqs = std::vector<std::uint64_t>;

class StoreLog : public StoreContract {
 protected:
  Result<std::vector<Change>> move(const std::string& name, std::uint64_t seq) {
    return store_->commit({.cursor = Cursor{name, seq}});
  }
  void put_hosts(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      clock_.advance(std::chrono::milliseconds(1));
      ASSERT_TRUE(put(host("h" + std::to_string(i))));
    }
  }
  Seqs spec_seqs(std::uint64_t after) {
    Seqs seqs;
    const auto changes = store_->spec_changes(after, kPageMax).value();
    for (const SpecChange& change : changes) {
      seqs.push_back(change.seq);
    }
    return seqs;
  }
};

TEST_P(StoreLog, MovesCursorsForwardOnly) {
  put_hosts(5);
  EXPECT_EQ(store_->cursor("gitops").value(), 0U);
  EXPECT_TRUE(move("gitops", 3)->empty());
  EXPECT_EQ(store_->cursor("gitops").value(), 3U);
  EXPECT_TRUE(move("gitops", 2));
  EXPECT_EQ(store_->cursor("gitops").value(), 3U);
  EXPECT_EQ(store_->cursor("status").value(), 0U);
  EXPECT_EQ(store_->head()->seq, 5U);
  reopen();
  EXPECT_EQ(store_->cursor("gitops").value(), 3U);
}

TEST_P(StoreLog, MovesACursorWithItsBatchOrNotAtAll) {
  put_hosts(2);
  const Mutation bad{host("h0").key(), 9, host("h0", {{"a", "b"}})};
  const Mutation good{host("h0").key(), 1, host("h0", {{"a", "b"}})};
  EXPECT_FALSE(store_->commit({.mutations = {bad}, .cursor = Cursor{"gitops", 1}}));
  EXPECT_EQ(store_->cursor("gitops").value(), 0U);
  EXPECT_TRUE(store_->commit({.mutations = {good}, .cursor = Cursor{"gitops", 3}}));
  EXPECT_EQ(store_->cursor("gitops").value(), 3U);
}

TEST_P(StoreLog, RefusesACursorAfterTheLastChangeOrWithoutAName) {
  put_hosts(2);
  const Mutation good{host("h0").key(), 1, host("h0", {{"a", "b"}})};
  const auto ahead = store_->commit({.mutations = {good}, .cursor = Cursor{"gitops", 4}});
  ASSERT_FALSE(ahead);
  EXPECT_EQ(ahead.error().code, ErrorCode::invalid);
  EXPECT_EQ(ahead.error().text(), "cursor gitops: seq 4 is after the last change, 3");
  EXPECT_EQ(store_->get(host("h0").key())->revision, 1U);
  EXPECT_EQ(store_->head()->seq, 2U);
  EXPECT_EQ(move("", 1).error().code, ErrorCode::invalid);
  EXPECT_EQ(move(std::string(kCursorNameBytesMax + 1, 'x'), 1).error().code, ErrorCode::invalid);
}

TEST_P(StoreLog, CompactsFromTheOldEndInStepsAndNoFurtherThanAsked) {
  put_hosts(10);
  const auto whole = log();
  const auto entities = store_->list({.kind = Kind::host, .limit = 100}).value().items;
  EXPECT_EQ(store_->horizon().value(), 0U);
  EXPECT_EQ(store_->compact(0, 3).value(), 0U);
  EXPECT_EQ(store_->compact(7, 3).value(), 3U);
  EXPECT_EQ(store_->horizon().value(), 3U);
  EXPECT_EQ(store_->compact(7, 100).value(), 7U);
  EXPECT_EQ(store_->compact(5, 100).value(), 7U);
  reopen();
  EXPECT_EQ(store_->horizon().value(), 7U);
  EXPECT_EQ(store_->changes(7, 100, {}).value(), std::vector(whole.begin() + 7, whole.end()));
  EXPECT_EQ(store_->list({.kind = Kind::host, .limit = 100}).value().items, entities);
  EXPECT_EQ(store_->compact(UINT64_MAX, 100).value(), 10U);
  EXPECT_EQ(store_->head()->seq, 10U);
  reopen();
  EXPECT_EQ(put(host("next"))->front().seq, 11U);
  EXPECT_GT(store_->changes(10, 1, {})->front().time, whole.back().time);
}

TEST_P(StoreLog, CompactsNothingThatACursorHasNotPassed) {
  put_hosts(10);
  ASSERT_TRUE(move("quick", 9));
  ASSERT_TRUE(move("slow", 4));
  EXPECT_EQ(store_->compact(8, 100).value(), 4U);
  ASSERT_TRUE(move("slow", 10));
  EXPECT_EQ(store_->compact(UINT64_MAX, 100).value(), 9U);
  ASSERT_TRUE(move("new", 0));
  EXPECT_EQ(store_->compact(UINT64_MAX, 100).value(), 9U);
}

// Each reader of the log, asked for what is gone and for the first that is not.
TEST_P(StoreLog, SaysExpiredOfWhatIsGoneAndGivesTheRestWhole) {
  put_hosts(6);
  const auto whole = log();
  ASSERT_EQ(store_->compact(4, 100).value(), 4U);
  EXPECT_EQ(store_->changes(3, 10, {}).error().code, ErrorCode::expired);
  EXPECT_EQ(store_->changes(3, 10, {.kind = Kind::host}).error().code, ErrorCode::expired);
  EXPECT_EQ(store_->spec_changes(3, 10).error().code, ErrorCode::expired);
  EXPECT_EQ(store_->changes(4, 10, {})->size(), 2U);
  EXPECT_EQ(store_->spec_changes(4, 10)->size(), 2U);
  const auto after = [](Timestamp time) { return Timestamp::from_micros(time.micros() + 1); };
  EXPECT_EQ(store_->seq_before(Timestamp()).error().code, ErrorCode::expired);
  EXPECT_EQ(store_->seq_before(whole[3].time).error().code, ErrorCode::expired);
  EXPECT_EQ(store_->seq_before(after(whole[3].time)).value(), 4U);
  EXPECT_EQ(store_->seq_before(whole[4].time).value(), 4U);
  EXPECT_EQ(store_->seq_before(whole[5].time).value(), 5U);
  EXPECT_EQ(store_->seq_before(after(whole[5].time)).value(), 6U);
}

TEST_P(StoreLog, RefusesALimitOutOfRange) {
  for (const std::size_t limit : {std::size_t{0}, kPageMax + 1}) {
    EXPECT_EQ(store_->spec_changes(0, limit).error().code, ErrorCode::invalid);
    EXPECT_EQ(store_->compact(0, limit).error().code, ErrorCode::invalid);
    EXPECT_EQ(store_->reports("default", "", limit).error().code, ErrorCode::invalid);
  }
}

// One row per step in the life of a host, and whether hosts may have to have something else.
TEST_P(StoreLog, TellsWhichChangesAlterWhatHostsShouldHave) {
  struct Row {
    const char* what;
    std::optional<Entity> after;
    bool alters;
  };
  Entity created = host("tim-pi");
  Entity seen = created;
  seen.status = model::Status::ready;
  Entity other_spec = seen;
  other_spec.spec = model::HostSpec{.labels = {{"site", "lab"}}};
  Entity deleting = other_spec;
  deleting.deleting = true;
  Entity other_while_deleting = created;
  other_while_deleting.deleting = true;
  const Row rows[] = {
      {"created", created, true},
      {"status alone", seen, false},
      {"spec", other_spec, true},
      {"deletion asked for", deleting, true},
      {"spec while deleting", other_while_deleting, false},
      {"deleted while deleting", std::nullopt, false},
      {"created as deleting", other_while_deleting, false},
      {"no longer deleting", created, true},
      {"deleted at once", std::nullopt, true},
      {"created anew", created, true},
  };
  std::vector<SpecChange> expected;
  for (const Row& row : rows) {
    const auto changes = store_->commit({.mutations = {{created.key(), {}, row.after}}}).value();
    ASSERT_EQ(changes.size(), 1U) << row.what;
    if (!row.alters) continue;
    const Change& change = changes.front();
    expected.push_back({change.seq, change.time, change.key, change.before});
    if (change.before && change.before->deleting) expected.back().before.reset();
  }
  EXPECT_EQ(store_->spec_changes(0, 100).value(), expected);
  EXPECT_EQ(store_->spec_changes(0, 2).value(), (std::vector{expected[0], expected[1]}));
  EXPECT_EQ(spec_seqs(3), (Seqs{4, 8, 9, 10}));
  EXPECT_EQ(spec_seqs(10), Seqs{});
}

TEST_P(StoreLog, KnowsWhatARequestWrote) {
  const auto commit = [&](const std::string& request, const std::vector<std::string>& names) {
    Batch batch{.request_id = request};
    for (const auto& name : names) batch.mutations.push_back({host(name).key(), 0, host(name)});
    return store_->commit(batch).ok();
  };
  ASSERT_TRUE(commit("req-1", {"a", "b", "c"}));
  ASSERT_TRUE(commit("", {"d"}));
  ASSERT_TRUE(commit("req-2", {"e"}));
  EXPECT_FALSE(commit("req-3", {"a"}));
  EXPECT_EQ(store_->committed("req-1").value(), (CommittedRange{1, 3}));
  EXPECT_EQ(store_->committed("req-2").value(), (CommittedRange{5, 5}));
  for (const char* unknown : {"", "req-3", "req"}) {
    EXPECT_EQ(store_->committed(unknown).error().code, ErrorCode::not_found) << unknown;
  }
  ASSERT_TRUE(store_->compact(3, 100));
  EXPECT_EQ(store_->committed("req-1").error().code, ErrorCode::not_found);
  EXPECT_EQ(store_->committed("req-2").value(), (CommittedRange{5, 5}));
}

TEST_P(StoreLog, GivesReportHeadsAndReportsByThePage) {
  Batch batch;
  for (const char* name : {"c", "a", "b"}) {
    batch.observations.push_back(
        {.host = name, .report = report(name), .bookmark = {"0123456789abcdef", 7}});
  }
  batch.observations.push_back({.organization = "other", .host = "a", .report = report("x")});
  ASSERT_TRUE(store_->commit(batch));
  const auto heads = store_->report_heads().value();
  ASSERT_EQ(heads.size(), 4U);
  const auto stored = reports();
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(heads[i], (ReportHead{.organization = "default",
                                    .host = stored[i].host,
                                    .bookmark = stored[i].bookmark,
                                    .time = stored[i].time,
                                    .digest = digest_of(report(stored[i].host))}));
  }
  EXPECT_EQ(heads[3].organization, "other");
  const auto names = [&](std::string_view after, std::size_t limit) {
    std::string found;
    const auto page = store_->reports("default", after, limit).value();
    for (const StoredReport& one : page) found += one.host;
    return found;
  };
  EXPECT_EQ(names("", 2), "ab");
  EXPECT_EQ(names("b", 2), "ca");
  EXPECT_EQ(names("c", 2), "a") << "of the next organization";
}

// One row per part of what a host says of a deployment: whether it is news.
TEST_P(StoreLog, DatesEachDeploymentOfAReportByWhenItWasFirstHeard) {
  struct Row {
    const char* what;
    void (*edit)(model::DeploymentReport&);
    bool is_news;
  };
  using Report = model::DeploymentReport;
  const Row rows[] = {
      {"first", [](Report&) {}, true},
      {"again", [](Report&) {}, false},
      {"commit", [](Report& r) { r.commit = "77aa"; }, false},
      {"its own date", [](Report& r) { r.since = Timestamp::from_micros(5); }, false},
      {"version", [](Report& r) { r.version = 4; }, true},
      {"rendered", [](Report& r) { r.rendered_digest = Digest::of("other"); }, true},
      {"desired", [](Report& r) { r.desired_digest = Digest::of("wanted"); }, true},
      {"reason", [](Report& r) { r.reason = "another"; }, true},
      {"status", [](Report& r) { r.status = model::Status::ready; }, true},
      {"another deployment", [](Report& r) { r.key.name = "test"; }, true},
  };
  model::HostReport said = report("1");
  Timestamp since;
  for (const Row& row : rows) {
    clock_.advance(std::chrono::seconds(1));
    row.edit(said.deployments.front());
    ASSERT_TRUE(store_->commit({.observations = {{.host = "a", .report = said}}})) << row.what;
    if (row.is_news) since = clock_.wall();
    EXPECT_EQ(store_->report("default", "a")->report.deployments.front().since, since) << row.what;
  }
  // The second of two in one batch goes on from the first.
  ASSERT_TRUE(store_->commit(
      {.observations = {{.host = "b", .report = said}, {.host = "b", .report = said}}}));
  const auto twice = store_->report("default", "b").value();
  EXPECT_EQ(twice.report.deployments.front().since.micros(), twice.time.micros() - 1);
}

// One row per report: which of the times of the form it moves to the second of that report; 0: the
// time is not there. The reports come a second apart.
TEST_P(StoreLog, DatesTheWayOfEachFormOnAHost) {
  struct Row {
    const char* what;
    void (*edit)(model::DeploymentReport&);
    int delivered;
    int committed;
    int deployed;
  };
  using Report = model::DeploymentReport;
  constexpr Timestamp kGiven = Timestamp::from_micros(7);
  const Row rows[] = {
      {"waits", [](Report& r) { r.desired_digest = Digest::of("a"), r.commit = ""; }, 1, 0, 0},
      {"fails", [](Report& r) { r.reason = "another"; }, 1, 0, 0},
      {"is ready", [](Report& r) { r.status = model::Status::ready; }, 1, 0, 3},
      {"is in Git", [](Report& r) { r.commit = "51ab"; }, 1, 4, 3},
      {"fails later", [](Report& r) { r.status = model::Status::error; }, 1, 4, 3},
      {"is ready again", [](Report& r) { r.status = model::Status::ready; }, 1, 4, 3},
      {"in another commit", [](Report& r) { r.commit = "77aa"; }, 1, 7, 3},
      {"dates of its own", [](Report& r) { r.committed = r.deployed = Timestamp::from_micros(5); },
       1, 7, 3},
      {"of another form", [](Report& r) { r.desired_digest = Digest::of("b"); }, 9, 9, 9},
      {"of the first again", [](Report& r) { r.desired_digest = Digest::of("a"); }, 10, 10, 10},
      {"of none", [](Report& r) { r.desired_digest = {}; }, 0, 11, 11},
  };
  model::HostReport said = report("1");
  Report& one = said.deployments.front();
  const Timestamp start = clock_.wall();
  const auto second = [&](int number) {
    return number == 0 ? Timestamp() : Timestamp::from_micros(start.micros() + number * 1'000'000L);
  };
  for (const Row& row : rows) {
    clock_.advance(std::chrono::seconds(1));
    row.edit(one);
    ASSERT_TRUE(store_->commit({.observations = {{.host = "a", .report = said}}})) << row.what;
    const Report stored = store_->report("default", "a")->report.deployments.front();
    EXPECT_EQ(stored.delivered, second(row.delivered)) << row.what;
    EXPECT_EQ(stored.committed, second(row.committed)) << row.what;
    EXPECT_EQ(stored.deployed, second(row.deployed)) << row.what;
  }
  // When it was given is known to who gave it, and is kept.
  one.desired_digest = Digest::of("c");
  one.delivered = kGiven;
  ASSERT_TRUE(store_->commit({.observations = {{.host = "a", .report = said}}}));
  one.delivered = {};
  ASSERT_TRUE(store_->commit({.observations = {{.host = "a", .report = said}}}));
  EXPECT_EQ(store_->report("default", "a")->report.deployments.front().delivered, kGiven);
}

TITAN_FOR_EVERY_BACKEND(StoreLog);

}  // namespace
}  // namespace titan::store
