#include "tests/store/store_contract.hpp"

#include "store/limits.hpp"

namespace titan::store {
namespace {

using model::Change;
using model::Entity;
using model::Key;
using model::Kind;
using model::Operation;

std::vector<std::string> names_of(const std::vector<Entity>& entities) {
  std::vector<std::string> names;
  for (const Entity& entity : entities) names.push_back(entity.key().short_text());
  return names;
}

std::vector<std::uint64_t> seqs_of(const std::vector<Change>& changes) {
  std::vector<std::uint64_t> seqs;
  for (const Change& change : changes) seqs.push_back(change.seq);
  return seqs;
}

using Names = std::vector<std::string>;
using Seqs = std::vector<std::uint64_t>;

TEST_P(StoreContract, StampsANewEntity) {
  Entity wanted = host("tim-pi", {{"site", "lab"}});
  wanted.id = "not-for-the-caller-to-choose";
  wanted.revision = 7;
  wanted.version = 7;
  wanted.status = model::Status::ready;
  wanted.reason = {"seen"};
  wanted.tags = {{"owner", "tim"}};
  const auto changes = store_->commit(
      {.mutations = {{wanted.key(), {}, wanted}}, .actor = "tim", .request_id = "req-1"});
  ASSERT_TRUE(changes) << changes.error().text();
  ASSERT_EQ(changes->size(), 1U);
  const Change& change = changes->front();
  EXPECT_EQ(change.seq, 1U);
  EXPECT_EQ(change.time, clock_.wall());
  EXPECT_EQ(change.key, wanted.key());
  EXPECT_EQ(change.operation, Operation::created);
  EXPECT_EQ(change.before, std::nullopt);
  EXPECT_EQ(change.actor, "tim");
  EXPECT_EQ(change.request_id, "req-1");

  Entity expected = wanted;
  expected.id = change.after->id;
  expected.created_time = expected.modified_time = change.time;
  expected.revision = expected.version = 1;
  EXPECT_EQ(expected.id.size(), 36U);
  EXPECT_EQ(*change.after, expected);
  EXPECT_EQ(store_->get(wanted.key()).value(), expected);
}

TEST_P(StoreContract, CountsRevisionsAtEachWriteAndVersionsWhenTheSpecDiffers) {
  struct Row {
    const char* what;
    void (*edit)(Entity&);
    std::uint64_t revision;
    std::uint64_t version;
    std::size_t changes;
  };
  const Row rows[] = {
      {"create", [](Entity&) {}, 1, 1, 1},
      {"the same", [](Entity&) {}, 1, 1, 0},
      {"status", [](Entity& e) { e.status = model::Status::ready; }, 2, 1, 1},
      {"reason", [](Entity& e) { e.reason = {"seen"}; }, 3, 1, 1},
      {"tags",
       [](Entity& e) {
         e.tags = {{"a", "b"}};
       },
       4, 1, 1},
      {"spec",
       [](Entity& e) {
         e.spec = model::HostSpec{.labels = {{"a", "b"}}};
       },
       5, 2, 1},
      {"deleting", [](Entity& e) { e.deleting = true; }, 6, 2, 1},
      {"the same again", [](Entity&) {}, 6, 2, 0},
      {"what the store writes", [](Entity& e) { e.id = "x", e.revision = 99; }, 6, 2, 0},
  };
  Entity wanted = host("tim-pi");
  for (const Row& row : rows) {
    clock_.advance(std::chrono::seconds(1));
    row.edit(wanted);
    const auto changes = put(wanted);
    ASSERT_TRUE(changes) << row.what << ": " << changes.error().text();
    EXPECT_EQ(changes->size(), row.changes) << row.what;
    const Entity stored = store_->get(wanted.key()).value();
    EXPECT_EQ(stored.revision, row.revision) << row.what;
    EXPECT_EQ(stored.version, row.version) << row.what;
    if (row.changes == 1) {
      EXPECT_EQ(stored.modified_time, clock_.wall()) << row.what;
    }
  }
  const auto changes = log();
  EXPECT_EQ(seqs_of(changes), (Seqs{1, 2, 3, 4, 5, 6}));
  for (std::size_t i = 1; i < changes.size(); ++i) {
    EXPECT_EQ(changes[i].operation, Operation::updated);
    EXPECT_EQ(changes[i].before, changes[i - 1].after);
    EXPECT_EQ(changes[i].after->id, changes[0].after->id);
    EXPECT_EQ(changes[i].after->created_time, changes[0].time);
  }
}

// One row per way a conditional write can meet the store: what is there, what is asked, what is
// the outcome.
TEST_P(StoreContract, HoldsConditionalWritesToTheRevision) {
  struct Row {
    const char* name;
    bool exists;  // at revision 2
    std::optional<std::uint64_t> expected;
    bool remove;
    std::optional<ErrorCode> error;
    const char* message;
  };
  const Row rows[] = {
      {"a", false, std::nullopt, false, std::nullopt, ""},
      {"b", false, 0, false, std::nullopt, ""},
      {"c", false, 2, false, ErrorCode::conflict, "it does not exist; expected revision 2"},
      {"d", false, std::nullopt, true, ErrorCode::not_found, "it does not exist"},
      {"e", false, 0, true, ErrorCode::not_found, "it does not exist"},
      {"f", false, 2, true, ErrorCode::not_found, "it does not exist"},
      {"g", true, std::nullopt, false, std::nullopt, ""},
      {"h", true, 0, false, ErrorCode::conflict, "it exists already, at revision 2"},
      {"i", true, 1, false, ErrorCode::conflict, "it is at revision 2; expected revision 1"},
      {"j", true, 2, false, std::nullopt, ""},
      {"k", true, 3, false, ErrorCode::conflict, "it is at revision 2; expected revision 3"},
      {"l", true, std::nullopt, true, std::nullopt, ""},
      {"m", true, 0, true, ErrorCode::conflict, "it exists already, at revision 2"},
      {"n", true, 1, true, ErrorCode::conflict, "it is at revision 2; expected revision 1"},
      {"o", true, 2, true, std::nullopt, ""},
  };
  for (const Row& row : rows) {
    const Entity wanted = workload("default", row.name, "https://example.org/wanted");
    if (row.exists) {
      ASSERT_TRUE(put(workload("default", row.name, "https://example.org/1")));
      ASSERT_TRUE(put(workload("default", row.name, "https://example.org/2")));
    }
    const auto before = store_->get(wanted.key());
    const auto done = row.remove ? remove(wanted.key(), row.expected) : put(wanted, row.expected);
    const auto after = store_->get(wanted.key());
    if (row.error) {
      ASSERT_FALSE(done) << row.name;
      EXPECT_EQ(done.error().code, *row.error) << row.name;
      EXPECT_EQ(done.error().message, row.message) << row.name;
      EXPECT_EQ(done.error().subject, std::string("workload default/") + row.name);
      EXPECT_EQ(after.has_value(), row.exists) << row.name;
      if (row.exists) {
        EXPECT_EQ(*after, *before) << row.name;
      }
      continue;
    }
    ASSERT_TRUE(done) << row.name << ": " << done.error().text();
    EXPECT_EQ(after.has_value(), !row.remove) << row.name;
    if (!row.remove) {
      EXPECT_EQ(after->spec, wanted.spec) << row.name;
      EXPECT_EQ(after->revision, row.exists ? 3U : 1U) << row.name;
    }
  }
}

TEST_P(StoreContract, HoldsUnchangedWritesToTheRevisionToo) {
  ASSERT_TRUE(put(host("tim-pi")));
  EXPECT_EQ(put(host("tim-pi"), 2).error().code, ErrorCode::conflict);
  EXPECT_TRUE(put(host("tim-pi"), 1)->empty());
}

TEST_P(StoreContract, LeavesNothingOfABatchWithOneBadMutation) {
  ASSERT_TRUE(put(host("old")));
  ASSERT_TRUE(store_->commit({.observations = {{.host = "old", .report = report("1")}}}));
  const auto head = store_->head().value();
  const auto before = reports();
  const Mutation bad[] = {
      {host("old").key(), 5, host("old", {{"a", "b"}})},
      {host("absent").key(), std::nullopt, std::nullopt},
      {host("other").key(), std::nullopt, host("named-otherwise")},
  };
  for (const Mutation& mutation : bad) {
    const auto done = store_->commit(
        {.mutations = {{host("new").key(), 0, host("new")},
                       {host("old").key(), std::nullopt, host("old", {{"site", "lab"}})},
                       mutation,
                       {host("last").key(), 0, host("last")}},
         .observations = {{.host = "old", .report = report("2")}, {.host = "new"}}});
    ASSERT_FALSE(done);
    EXPECT_EQ(store_->get(host("new").key()).error().code, ErrorCode::not_found);
    EXPECT_EQ(store_->get(host("last").key()).error().code, ErrorCode::not_found);
    EXPECT_EQ(store_->get(host("old").key())->revision, 1U);
    EXPECT_EQ(store_->head().value(), head);
    EXPECT_EQ(reports(), before);
    EXPECT_EQ(log().size(), 1U);
  }
  // The seq that a refused batch would have had is the next one's.
  EXPECT_EQ(put(host("new")).value().front().seq, 2U);
}

TEST_P(StoreContract, AppliesTheMutationsOfABatchInOrder) {
  const Key key = host("tim-pi").key();
  const auto changes = store_->commit({.mutations = {{key, 0, host("tim-pi")},
                                                     {key, 1, host("tim-pi", {{"site", "lab"}})},
                                                     {key, 2, host("tim-pi", {{"site", "lab"}})},
                                                     {key, 2, std::nullopt},
                                                     {key, 0, host("tim-pi")}},
                                       .actor = "tim",
                                       .request_id = "req-1"});
  ASSERT_TRUE(changes) << changes.error().text();
  EXPECT_EQ(seqs_of(*changes), (Seqs{1, 2, 3, 4}));
  EXPECT_EQ((*changes)[0].operation, Operation::created);
  EXPECT_EQ((*changes)[1].operation, Operation::updated);
  EXPECT_EQ((*changes)[2].operation, Operation::deleted);
  EXPECT_EQ((*changes)[3].operation, Operation::created);
  for (std::size_t i = 1; i < changes->size(); ++i) {
    EXPECT_LT((*changes)[i - 1].time, (*changes)[i].time);
    EXPECT_EQ((*changes)[i].request_id, "req-1");
  }
  EXPECT_EQ(*changes, log());
}

TEST_P(StoreContract, GivesAReusedNameAnotherId) {
  const Key key = host("tim-pi").key();
  const std::string first = put(host("tim-pi"))->front().after->id;
  const Change deleted = remove(key)->front();
  EXPECT_EQ(deleted.operation, Operation::deleted);
  EXPECT_EQ(deleted.before->id, first);
  EXPECT_EQ(deleted.after, std::nullopt);
  const Entity second = *put(host("tim-pi"))->front().after;
  EXPECT_NE(second.id, first);
  EXPECT_EQ(second.revision, 1U);
  EXPECT_EQ(second.version, 1U);
  EXPECT_GT(second.created_time, deleted.time);
}

// What follows from an entity must not meet another one that has its name, and its revision.
TEST_P(StoreContract, HoldsWritesUponAnEntityToThatOne) {
  const Entity first = *put(host("tim-pi"))->front().after;
  ASSERT_TRUE(remove(first.key()));
  const Entity second = *put(host("tim-pi"))->front().after;
  ASSERT_EQ(second.revision, first.revision);
  Entity wanted = first;
  wanted.tags = {{"of", "the first"}};
  for (const auto& late : {Mutation::upon(first, wanted), Mutation::upon(first, std::nullopt)}) {
    const auto refused = store_->commit({.mutations = {late}});
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::conflict);
    EXPECT_EQ(refused.error().message, "it is another one: that with the id " + first.id +
                                           " was deleted, and its name is used again");
    EXPECT_EQ(store_->get(first.key()).value(), second);
  }
  Mutation seen = Mutation::upon(first, wanted);
  seen.seen = std::make_shared<const Entity>(first);
  EXPECT_FALSE(store_->commit({.mutations = {seen}}));
  EXPECT_TRUE(store_->commit({.mutations = {Mutation::upon(second, wanted)}}));
  EXPECT_EQ(store_->get(first.key())->tags, wanted.tags);
}

TEST_P(StoreContract, GivesLaterTimesWhenTheClockStepsBackAndAfterARestart) {
  const Timestamp first = put(host("a"))->front().time;
  EXPECT_EQ(first, clock_.wall());
  step_back(std::chrono::hours(1));
  const Timestamp second = put(host("b"))->front().time;
  EXPECT_EQ(second.micros(), first.micros() + 1);
  ASSERT_TRUE(store_->commit({.observations = {{.host = "a", .report = report("1")}}}));
  EXPECT_EQ(reports().front().time.micros(), first.micros() + 2);
  clock_.set_wall(Timestamp());
  reopen();
  EXPECT_EQ(put(host("c"))->front().time.micros(), first.micros() + 3);
  clock_.set_wall(Timestamp::from_micros(first.micros() + 1'000'000));
  EXPECT_EQ(put(host("d"))->front().time, clock_.wall());
}

TEST_P(StoreContract, KeepsEverythingOverARestart) {
  ASSERT_TRUE(store_->commit(
      {.mutations = {{host("a").key(), 0, host("a", {{"site", "lab"}})},
                     {workload("team", "w").key(), 0, workload("team", "w")}},
       .observations = {{.host = "a", .report = report("1"), .bookmark = {"0123456789abcdef", 7}}},
       .actor = "tim",
       .request_id = "req-1"}));
  ASSERT_TRUE(remove(workload("team", "w").key()));
  ASSERT_TRUE(store_->put_blob(Digest::of("bytes"), "bytes"));
  const auto entity = store_->get(host("a").key()).value();
  const auto changes = log();
  const auto head = store_->head().value();
  const auto before = reports();
  reopen();
  EXPECT_EQ(store_->get(host("a").key()).value(), entity);
  EXPECT_EQ(store_->get(workload("team", "w").key()).error().code, ErrorCode::not_found);
  EXPECT_EQ(log(), changes);
  EXPECT_EQ(store_->head().value(), head);
  EXPECT_EQ(reports(), before);
  EXPECT_EQ(store_->get_blob(Digest::of("bytes")).value(), "bytes");
  EXPECT_TRUE(store_->check());
}

TEST_P(StoreContract, NeverUsesASeqAgain) {
  ASSERT_TRUE(put(host("a")));
  ASSERT_TRUE(put(host("b")));
  ASSERT_TRUE(remove(host("b").key()));
  ASSERT_TRUE(remove(host("a").key()));
  reopen();
  EXPECT_EQ(store_->head()->seq, 4U);
  EXPECT_EQ(put(host("a"))->front().seq, 5U);
  reopen();
  ASSERT_TRUE(remove(host("a").key()));
  reopen();
  EXPECT_EQ(put(host("b"))->front().seq, 7U);
  EXPECT_EQ(seqs_of(log()), (Seqs{1, 2, 3, 4, 5, 6, 7}));
}

TEST_P(StoreContract, HasOneEpochForLife) {
  const auto first = store_->head().value();
  EXPECT_EQ(first.seq, 0U);
  EXPECT_TRUE(model::Bookmark::parse(first.text())) << first.text();
  reopen();
  EXPECT_EQ(store_->head().value(), first);
  const auto other_backend = GetParam().make();
  const auto other = other_backend->open(clock_, random_).value();
  EXPECT_NE(other->head()->epoch, first.epoch);
}

TEST_P(StoreContract, ListsInTheOrderOfKeysPageByPage) {
  for (const char* name : {"b", "a.b", "a", "a-b", "0"}) {
    ASSERT_TRUE(put(workload("team-b", name)));
    ASSERT_TRUE(put(workload("team-a", name)));
    ASSERT_TRUE(put(host(name)));
  }
  Entity foreign = workload("team-a", "foreign");
  foreign.organization = "other";
  ASSERT_TRUE(put(foreign));

  const Names all = {"team-a/0", "team-a/a", "team-a/a-b", "team-a/a.b", "team-a/b",
                     "team-b/0", "team-b/a", "team-b/a-b", "team-b/a.b", "team-b/b"};
  EXPECT_EQ(names_of(store_->list({.kind = Kind::workload, .limit = 100})->items), all);
  EXPECT_EQ(names_of(store_->list({.kind = Kind::host, .limit = 100})->items),
            (Names{"0", "a", "a-b", "a.b", "b"}));
  for (const std::size_t page : {1U, 3U, 10U}) {
    Names found;
    std::optional<Key> after;
    while (true) {
      const auto part =
          store_->list({.kind = Kind::workload, .after = after, .limit = page}).value();
      ASSERT_LE(part.items.size(), page);
      for (const std::string& name : names_of(part.items)) found.push_back(name);
      if (!part.next) break;
      after = part.next;
    }
    EXPECT_EQ(found, all) << "in pages of " << page;
  }
}

// What a page begins after need not exist, nor be of the kind or workspace that is listed.
TEST_P(StoreContract, ListsWhatComesAfterAnyKey) {
  for (const char* name : {"a", "b", "c"}) {
    for (const char* team : {"team-a", "team-b"}) ASSERT_TRUE(put(workload(team, name)));
  }
  struct Row {
    std::optional<std::string> workspace;
    Key after;
    Names expected;
  };
  const auto key = [](Kind kind, const char* team, const char* name) {
    return Key{.kind = kind, .workspace = team, .name = name};
  };
  const Names all = {"team-a/a", "team-a/b", "team-a/c", "team-b/a", "team-b/b", "team-b/c"};
  const Names team_b = {"team-b/a", "team-b/b", "team-b/c"};
  const Row rows[] = {
      {std::nullopt, key(Kind::workload, "team-a", "bb"), {all.begin() + 2, all.end()}},
      {std::nullopt, key(Kind::workload, "team-a", "zz"), team_b},
      {std::nullopt, key(Kind::host, "", "zz"), all},
      {std::nullopt, key(Kind::target, "team-a", "a"), {}},
      {"team-b", key(Kind::workload, "team-a", "zz"), team_b},
      {"team-b", key(Kind::workload, "team-b", "a"), {"team-b/b", "team-b/c"}},
      {"team-b", key(Kind::workload, "team-c", "a"), {}},
      {"team-b", key(Kind::host, "", "zz"), team_b},
      {"team-c", key(Kind::workload, "team-a", "a"), {}},
  };
  for (const Row& row : rows) {
    const auto found = store_->list(
        {.kind = Kind::workload, .workspace = row.workspace, .after = row.after, .limit = 100});
    EXPECT_EQ(names_of(found->items), row.expected)
        << row.workspace.value_or("all") << " after " << row.after.text();
  }
}

TEST_P(StoreContract, RefusesALimitOutOfRange) {
  for (const std::size_t limit : {std::size_t{0}, kPageMax + 1}) {
    EXPECT_EQ(store_->list({.kind = Kind::host, .limit = limit}).error().code, ErrorCode::invalid);
    EXPECT_EQ(store_->changes(0, limit, {}).error().code, ErrorCode::invalid);
  }
}

TEST_P(StoreContract, FeedsChangesInOrderByKindAndActorAndFromASeq) {
  const auto put_as = [&](const char* actor, const Entity& entity) {
    return store_->commit({.mutations = {{entity.key(), {}, entity}}, .actor = actor});
  };
  for (const char* name : {"a", "b", "c"}) {
    ASSERT_TRUE(put_as(name, host(name)));
    ASSERT_TRUE(put_as("ann", workload("default", name)));
  }
  ASSERT_TRUE(remove(host("b").key()));
  struct Row {
    std::uint64_t after;
    std::size_t limit;
    ChangeFilter filter;
    Seqs expected;
  };
  const Row rows[] = {
      {0, 100, {}, {1, 2, 3, 4, 5, 6, 7}},
      {0, 3, {}, {1, 2, 3}},
      {3, 3, {}, {4, 5, 6}},
      {6, 3, {}, {7}},
      {7, 3, {}, {}},
      {UINT64_MAX, 3, {}, {}},
      {0, 100, {.kind = Kind::host}, {1, 3, 5, 7}},
      {3, 1, {.kind = Kind::host}, {5}},
      {5, 100, {.kind = Kind::workload}, {6}},
      {0, 100, {.kind = Kind::workspace}, {}},
      {0, 100, {.actor = "ann"}, {2, 4, 6}},
      {2, 1, {.actor = "ann"}, {4}},
      {0, 100, {.actor = "an"}, {}},
      {0, 100, {.actor = "' OR '' = '"}, {}},
      {0, 100, {.kind = Kind::host, .actor = "b"}, {3}},
      {0, 100, {.kind = Kind::workload, .actor = "b"}, {}},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(seqs_of(store_->changes(row.after, row.limit, row.filter).value()), row.expected)
        << "after " << row.after << " by " << row.filter.actor;
  }
  EXPECT_EQ(store_->head()->seq, 7U);
}

TEST_P(StoreContract, FindsTheLastSeqBeforeAMoment) {
  EXPECT_EQ(store_->seq_before(clock_.wall()).value(), 0U);
  std::vector<Timestamp> times;
  for (const char* name : {"a", "b", "c"}) {
    times.push_back(put(host(name))->front().time);
    clock_.advance(std::chrono::milliseconds(1));
  }
  for (std::uint64_t i = 0; i < times.size(); ++i) {
    EXPECT_EQ(store_->seq_before(times[i]).value(), i);
    EXPECT_EQ(store_->seq_before(Timestamp::from_micros(times[i].micros() + 1)).value(), i + 1);
  }
  EXPECT_EQ(store_->seq_before(Timestamp()).value(), 0U);
}

// What is reported of a deployment is written like a status: as another revision of the same
// version.
TEST_P(StoreContract, KeepsTheStagesOfADeployment) {
  Entity wanted{.name = "prod",
                .workspace = "default",
                .spec = model::DeploymentSpec{.workload = "sensor", .target = "lab"}};
  ASSERT_TRUE(put(wanted));
  const model::Stage build{.name = "build",
                           .version = 1,
                           .time = Timestamp::from_micros(5),
                           .outcome = model::Stage::Outcome::failed,
                           .revision = "9fceb02",
                           .url = "https://ci.example.com/7",
                           .actor = "token/ci"};
  wanted.stages = {build};
  const auto changes = store_->commit(
      {.mutations = {{.key = wanted.key(), .expected_revision = 1, .entity = wanted}},
       .actor = "token/ci",
       .request_id = "r7"});
  ASSERT_TRUE(changes);
  ASSERT_EQ(changes->size(), 1U);
  EXPECT_EQ(changes->front().actor, "token/ci");
  EXPECT_EQ(changes->front().request_id, "r7");
  EXPECT_EQ(changes->front().before->stages, std::vector<model::Stage>());
  EXPECT_EQ(changes->front().after->stages, std::vector{build});
  EXPECT_EQ(put(wanted)->size(), 0U) << "the same again";
  reopen();
  const Entity stored = store_->get(wanted.key()).value();
  EXPECT_EQ(stored.stages, std::vector{build});
  EXPECT_EQ(stored.revision, 2U);
  EXPECT_EQ(stored.version, 1U);
  EXPECT_TRUE(store_->spec_changes(1, 10)->empty()) << "nothing of it is for hosts";

  const auto raced = store_->commit(
      {.mutations = {{.key = wanted.key(), .expected_revision = 1, .entity = wanted}}});
  EXPECT_EQ(raced.error().code, ErrorCode::conflict);
  // One that only deployments have is refused elsewhere, before it could make a list unreadable.
  Entity pi = host("pi");
  pi.stages = {build};
  EXPECT_EQ(put(pi).error().code, ErrorCode::invalid);
}

TEST_P(StoreContract, ReplacesAndForgetsReportsOutsideTheLog) {
  const model::Bookmark bookmark{"0123456789abcdef", 7};
  ASSERT_TRUE(
      store_->commit({.observations = {{.host = "b", .report = report("1"), .bookmark = bookmark},
                                       {.host = "a", .report = report("1")}}}));
  const Timestamp first_heard = reports()[1].time;
  clock_.advance(std::chrono::milliseconds(1));
  ASSERT_TRUE(store_->commit(
      {.observations = {{.host = "b", .report = report("2"), .bookmark = bookmark},
                        {.organization = "other", .host = "a", .report = model::HostReport()}}}));
  const auto stored = reports();
  ASSERT_EQ(stored.size(), 3U);
  EXPECT_EQ(stored[2].organization, "other");
  EXPECT_EQ(stored[0].host, "a");
  EXPECT_EQ(stored[0].organization, "default");
  EXPECT_EQ(stored[0].report, dated(report("1"), stored[0].time));
  EXPECT_EQ(stored[1], (StoredReport{.host = "b",
                                     .bookmark = bookmark,
                                     .time = clock_.wall(),
                                     .report = dated(report("2"), first_heard)}));
  EXPECT_EQ(store_->report("other", "a")->report, model::HostReport());
  EXPECT_TRUE(log().empty());
  EXPECT_EQ(store_->head()->seq, 0U);

  ASSERT_TRUE(store_->commit({.observations = {{.host = "b"}, {.host = "never-heard-of"}}}));
  reopen();
  EXPECT_EQ(reports(), (std::vector{stored[0], stored[2]}));
  EXPECT_EQ(store_->report("default", "b").error().code, ErrorCode::not_found);
  EXPECT_TRUE(store_->report("other", "a"));
}

TEST_P(StoreContract, KeepsBlobsUnderTheirDigest) {
  for (const std::string& bytes :
       {std::string(), std::string("\0\1\377 and text\0", 13), std::string(kBlobBytesMax, 'x')}) {
    const Digest digest = Digest::of(bytes);
    EXPECT_FALSE(store_->has_blob(digest).value());
    EXPECT_EQ(store_->get_blob(digest).error().code, ErrorCode::not_found);
    EXPECT_TRUE(store_->put_blob(digest, bytes).value());
    EXPECT_FALSE(store_->put_blob(digest, bytes).value());
    EXPECT_TRUE(store_->has_blob(digest).value());
    EXPECT_EQ(store_->get_blob(digest).value(), bytes);
  }
}

// What one organization uploaded is not there for another, not even to be guessed.
TEST_P(StoreContract, KeepsBlobsOfOrganizationsApart) {
  const std::string bytes = "the same bytes";
  const BlobName ours(Digest::of(bytes), "acme");
  const BlobName theirs(Digest::of(bytes), "other");
  EXPECT_TRUE(store_->put_blob(ours, bytes).value());
  for (int round = 0; round < 2; ++round) {
    EXPECT_TRUE(store_->has_blob(ours).value());
    EXPECT_EQ(store_->get_blob(ours).value(), bytes);
    EXPECT_EQ(store_->get_blob(BlobName::of_anybody(ours.digest)).value(), bytes);
    EXPECT_FALSE(store_->has_blob(theirs).value());
    const auto hidden = store_->get_blob(theirs);
    const auto absent = store_->get_blob(Digest::of("no such"));
    EXPECT_EQ(hidden.error().code, ErrorCode::not_found);
    EXPECT_EQ(hidden.error().message, absent.error().message);
    reopen();
  }
  EXPECT_TRUE(store_->put_blob(theirs, bytes).value()) << "as if nobody had it";
  EXPECT_EQ(store_->get_blob(theirs).value(), bytes);
  EXPECT_FALSE(store_->put_blob(theirs, bytes).value());
}

TEST_P(StoreContract, TellsWhichOrganizationsThereAre) {
  EXPECT_TRUE(store_->organizations().value().empty());
  for (const char* organization : {"b", "default", "a", "b"}) {
    for (const char* name : {"one", "two"}) {
      Entity entity = host(name);
      entity.organization = organization;
      EXPECT_TRUE(put(entity));
    }
  }
  EXPECT_EQ(store_->organizations().value(), (std::vector<std::string>{"a", "b", "default"}));
}

// The filter in memory and the one of the store are the same.
TEST_P(StoreContract, GivesOfTheLogWhatAFilterPicks) {
  const auto add = [&](const std::string& organization, Entity entity) {
    entity.organization = organization;
    EXPECT_TRUE(put(entity));
  };
  for (const char* organization : {"acme", "other"}) {
    add(organization, host("pi"));
    add(organization, {.name = "iot", .spec = model::WorkspaceSpec{}});
    for (const char* workspace : {"iot", "web", "edge"}) {
      add(organization, {.name = "w", .workspace = workspace, .spec = model::WorkloadSpec{}});
    }
    add(organization,
        {.name = "t", .spec = model::TokenSpec{.grants = {{}}, .digest = Digest::of("t")}});
  }
  const ChangeFilter filters[] = {
      {},
      {.organization = "acme"},
      {.organization = "absent"},
      {.kind = model::Kind::workload, .organization = "acme"},
      {.organization = "acme", .no_kinds = {model::Kind::token, model::Kind::host}},
      {.organization = "acme", .workspaces = {"iot"}},
      {.kind = model::Kind::workload, .workspaces = {"edge", "web"}},
      {.kind = model::Kind::token, .no_kinds = {model::Kind::token}},
  };
  for (const ChangeFilter& filter : filters) {
    std::vector<model::Change> picked = log();
    std::erase_if(picked, [&](const model::Change& change) {
      return !filter.matches(change.key, change.actor);
    });
    EXPECT_EQ(store_->changes(0, 1000, filter).value(), picked);
  }
  EXPECT_EQ(store_->changes(0, 1000, filters[5]).value().size(), 4U);
}

TEST_P(StoreContract, RefusesABlobThatIsTooLongOrOfAnotherDigest) {
  const Digest digest = Digest::of("these bytes");
  const auto other = store_->put_blob(digest, "other bytes");
  EXPECT_EQ(other.error().code, ErrorCode::invalid);
  EXPECT_EQ(other.error().subject, "blob " + digest.text());
  EXPECT_FALSE(store_->has_blob(digest).value());
  const std::string longer(kBlobBytesMax + 1, 'x');
  EXPECT_EQ(store_->put_blob(Digest::of(longer), longer).error().code, ErrorCode::exhausted);
  EXPECT_FALSE(store_->has_blob(Digest::of(longer)).value());
}

TEST_P(StoreContract, RefusesWhatItCouldNotReadBack) {
  Entity no_name = host("");
  Entity bad_label = host("tim-pi", {{"site", "not a label value"}});
  Entity misplaced = host("tim-pi");
  misplaced.workspace = "default";
  for (const Entity& entity : {no_name, bad_label, misplaced}) {
    const auto refused = put(entity);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::invalid) << refused.error().text();
    EXPECT_EQ(refused.error().subject, entity.key().subject());
  }
  const auto another = store_->commit({.mutations = {{host("a").key(), {}, host("b")}}});
  EXPECT_EQ(another.error().code, ErrorCode::invalid);
  EXPECT_EQ(another.error().subject, "host a");
  model::HostReport unreadable = report("1");
  unreadable.deployments[0].key.name = "NOT A NAME";
  const auto report = store_->commit({.observations = {{.host = "a", .report = unreadable}}});
  EXPECT_EQ(report.error().code, ErrorCode::invalid);
  EXPECT_EQ(report.error().subject, "host a");
  EXPECT_EQ(store_->head()->seq, 0U);
}

TEST_P(StoreContract, RefusesAnEntityThatIsTooLong) {
  model::HostReport endless = report(std::string(kStateBytesMax, 'x'));
  const auto refused = store_->commit({.observations = {{.host = "a", .report = endless}}});
  EXPECT_EQ(refused.error().code, ErrorCode::exhausted);
  EXPECT_EQ(refused.error().subject, "host a");
}

// Output of a program may stand in a reason, cut in the middle of a character.
TEST_P(StoreContract, TakesBrokenUtf8OnceAndSeesNoChangeTheSecondTime) {
  Entity broken = host("tim-pi");
  broken.status = model::Status::error;
  broken.reason = {"caf\xc3"};
  const auto changes = put(broken);
  ASSERT_TRUE(changes) << changes.error().text();
  EXPECT_EQ(*changes, log());
  EXPECT_TRUE(put(broken)->empty());
}

TEST_P(StoreContract, RefusesABatchOverTheLimit) {
  Batch batch;
  batch.observations.resize(kBatchMutationsMax + 1);
  EXPECT_EQ(store_->commit(batch).error().code, ErrorCode::exhausted);
  batch = {};
  batch.mutations.resize(kBatchMutationsMax + 1);
  EXPECT_EQ(store_->commit(batch).error().code, ErrorCode::exhausted);
}

TEST_P(StoreContract, WritesALargeBatchWhole) {
  Batch batch;
  for (std::size_t i = 0; i < 3'000; ++i) {
    const Entity entity = host("h" + std::to_string(i));
    batch.mutations.push_back({entity.key(), 0, entity});
  }
  const auto changes = store_->commit(batch);
  ASSERT_TRUE(changes) << changes.error().text();
  EXPECT_EQ(changes->size(), 3'000U);
  EXPECT_EQ(*changes, log());
  EXPECT_EQ(store_->head()->seq, 3'000U);
}

TEST_P(StoreContract, AcceptsAnEmptyBatch) {
  EXPECT_TRUE(store_->commit({}).value().empty());
  EXPECT_EQ(store_->head()->seq, 0U);
}

TITAN_FOR_EVERY_BACKEND(StoreContract);

}  // namespace
}  // namespace titan::store
