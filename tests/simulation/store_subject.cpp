#include "tests/simulation/store_subject.hpp"

#include <algorithm>

#include "reconciler/host_query.hpp"
#include "tests/simulation/random_entities.hpp"

namespace titan::simulation {
namespace {

using model::Bookmark;
using model::Entity;
using model::Key;
using model::Kind;
using model::Status;

const std::vector<Digest> kBlobs = {Digest::of("one"), Digest::of("two"), Digest::of("three")};

// A write of the whole entity, of its status alone, of one label, or its deletion in two steps.
store::Mutation random_mutation(const PlainModel& plain, Dice& dice) {
  store::Mutation mutation{.key = random_key(dice, true)};
  const auto stored = plain.now(mutation.key);
  const std::uint64_t choice = dice.below(100);
  if (stored && choice < 15) {
    // It is deleted.
  } else if (stored && choice < 25) {
    mutation.entity = *stored;
    mutation.entity->deleting = !stored->deleting;
    mutation.entity->status = stored->deleting ? Status::ready : Status::deleting;
  } else if (stored && choice < 45) {
    mutation.entity = *stored;
    mutation.entity->status =
        dice.one_of<Status>({Status::ready, Status::updating, Status::creating, Status::error});
    mutation.entity->reason.clear();
    if (mutation.entity->status == Status::error) mutation.entity->reason = {"a test"};
  } else {
    mutation.entity = random_entity(mutation.key, kBlobs, dice);
    const bool keeps = stored && dice.percent(80);
    if (keeps) mutation.entity->status = stored->status;
    if (keeps) mutation.entity->reason = stored->reason;
    if (keeps) mutation.entity->deleting = stored->deleting;
  }
  const std::uint64_t revision = stored ? stored->revision : 0;
  if (dice.percent(30)) mutation.expected_revision = dice.percent(90) ? revision : dice.below(5);
  return mutation;
}

store::Observation random_observation(const PlainModel& plain, Dice& dice) {
  store::Observation observation{.host = dice.name("h", kHosts), .bookmark = plain.bookmark()};
  if (dice.percent(10)) return observation;
  model::HostReport& report = observation.report.emplace();
  report.agent_version = dice.name("0.", 3);
  for (const char* name : {"d0", "d1", "d2"}) {
    if (dice.percent(50)) continue;
    report.deployments.push_back(
        {.key = {.kind = Kind::deployment, .workspace = "default", .name = name},
         .version = 1 + dice.below(3),
         .rendered_digest = dice.one_of(kBlobs),
         .desired_digest = dice.one_of(kBlobs)});
  }
  return observation;
}

std::string text_of(const store::Batch& batch) {
  std::string text = "commit";
  for (const store::Mutation& mutation : batch.mutations) {
    text += mutation.entity ? " put " : " delete ";
    text += mutation.key.subject();
    if (mutation.entity && mutation.entity->deleting) text += " (deleting)";
  }
  for (const auto& observation : batch.observations) text += " report of " + observation.host;
  if (batch.cursor) text += " cursor " + std::to_string(batch.cursor->seq);
  return text;
}

}  // namespace

Result<std::unique_ptr<Subject>> StoreSubject::open(store::Store& store) {
  std::unique_ptr<StoreSubject> subject(new StoreSubject(store));
  Result<void> loaded;
  subject->fleet_.update([&](server_lite::FleetView& v) { loaded = server_lite::load(store, v); });
  TITAN_TRY(loaded);
  store.listen([&fleet = subject->fleet_](std::span<const model::Change> changes) {
    fleet.update([&](server_lite::FleetView& view) { server_lite::apply(view, changes); });
  });
  return std::unique_ptr<Subject>(std::move(subject));
}

StoreSubject::~StoreSubject() {
  store_.listen({});
}

Finding StoreSubject::write(Dice& dice, const PlainModel& plain, std::string& done) {
  store::Batch batch{.actor = "dice", .request_id = "req-" + std::to_string(dice.below(1000))};
  const std::uint64_t mutations = dice.percent(80) ? 1 : dice.below(dice.percent(90) ? 5 : 40);
  for (std::uint64_t i = 0; i < mutations; ++i) {
    batch.mutations.push_back(random_mutation(plain, dice));
  }
  if (dice.percent(10)) batch.observations.push_back(random_observation(plain, dice));
  if (dice.percent(5)) {
    batch.cursor = store::Cursor{"reader", plain.head() - std::min(plain.head(), dice.below(50))};
  }
  done = text_of(batch);
  // The model is told by ModelledStore.
  if (const auto committed = store_.commit(batch); !committed) {
    done += ": " + committed.error().text();
  } else if (!committed->empty()) {
    done += ": until #" + std::to_string(committed->back().seq);
  }
  return {};
}

Result<FeedPage> StoreSubject::changes(const Bookmark& since, std::size_t limit,
                                       std::optional<Kind> kind) {
  TITAN_ASSIGN(const Bookmark head, store_.head());
  if (since.epoch != head.epoch || since.seq > head.seq) return FeedPage{.anew = true};
  auto items = store_.changes(since.seq, limit, {.kind = kind});
  if (!items && items.error().code == ErrorCode::expired) return FeedPage{.anew = true};
  if (!items) return items.error();
  FeedPage page{.bookmark = head, .items = *std::move(items)};
  if (page.items.size() == limit) page.bookmark.seq = page.items.back().seq;
  return page;
}

Result<ListPage> StoreSubject::list(Kind kind, const std::string& from,
                                    const std::optional<Bookmark>& moment, std::size_t limit) {
  TITAN_ASSIGN(const Bookmark head, store_.head());
  if (moment && moment->epoch != head.epoch) return ListPage{.anew = true};
  store::ListQuery query{.kind = kind, .limit = limit};
  if (moment) query.at = moment->seq;
  if (!from.empty()) {
    TITAN_ASSIGN(query.after, Key::parse(from));
  }
  auto page = store_.list(query);
  if (!page && page.error().code == ErrorCode::expired) return ListPage{.anew = true};
  if (!page) return page.error();
  ListPage answer{.moment = {head.epoch, page->at}, .items = std::move(page->items)};
  if (page->next) answer.next = page->next->text();
  return answer;
}

Result<HostAnswer> StoreSubject::host_changes(const std::string& host,
                                              const std::optional<Bookmark>& since,
                                              const std::map<Key, model::DesiredDeployment>&,
                                              Dice&) {
  TITAN_ASSIGN(const Bookmark head, store_.head());
  auto found = fleet_.read([&](const server_lite::FleetView& view) {
    return reconciler::changes_for_host(view.fleet, head.epoch, {.kind = Kind::host, .name = host},
                                        since);
  });
  if (!found && found.error().code == ErrorCode::not_found) return HostAnswer{.exists = false};
  if (!found) return found.error();
  HostAnswer answer{.exists = true,
                    .news = !found->nothing_new(),
                    .full = found->full,
                    .bookmark = {head.epoch, found->seq},
                    .changed = std::move(found->changed),
                    .tombstones = std::move(found->tombstones)};
  if (answer.news) answer.digest = model::digest_of_desired(found->desired);
  return answer;
}

// The log is compacted, and the index forgets as much.
void StoreSubject::tidy(Dice& dice) {
  if (!dice.percent(10)) return;
  const auto head = store_.head();
  const auto horizon = store_.horizon();
  if (!head || !horizon) return;
  // Most often some of it, now and then nearly all.
  const std::uint64_t held = head->seq - *horizon;
  const std::uint64_t kept = dice.percent(2) ? 0 : 300;
  if (held <= kept) return;
  const std::uint64_t seq = *horizon + 1 + dice.below(held - kept);
  const auto reached = store_.compact(seq, 1 + dice.below(2'000));
  if (!reached) return;
  fleet_.update([&](server_lite::FleetView& view) { view.fleet.forget_before(*reached); });
}

}  // namespace titan::simulation
