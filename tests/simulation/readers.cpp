#include "tests/simulation/readers.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

namespace titan::simulation {
namespace {

using model::Bookmark;
using model::Change;
using model::Entity;
using model::Key;
using model::Kind;
using Held = std::map<Key, model::DesiredDeployment>;
using Wanted = std::map<Key, Ingredients>;

std::string text_of(const std::optional<Bookmark>& bookmark) {
  return bookmark ? bookmark->text() : "the start";
}

// What follows from the place where a reader stood, whatever it reads.
Finding check_epoch_and_order(const Bookmark& found, const std::optional<Bookmark>& before,
                              const PlainModel& plain) {
  if (found.epoch != plain.epoch()) return "it is told another epoch: " + found.text();
  if (found.seq > plain.head()) return "it is told the future: " + found.text();
  if (before && before->epoch == found.epoch && found.seq < before->seq) {
    return "time went back, to " + found.text();
  }
  return {};
}

// Without what is the server's own way to name forms.
model::DesiredDeployment comparable(model::DesiredDeployment form) {
  form.desired_digest = {};
  form.rendered_digest = {};
  if (!form.error.empty()) form.error = "something is missing";
  return form;
}

std::string text_of(const model::DesiredDeployment& form) {
  return json_of(form).dump();
}

Digest digest_of(const Held& held) {
  std::vector<model::DesiredDigest> digests;
  for (const auto& [key, form] : held) digests.push_back({key, form.desired_digest});
  return model::digest_of_desired(digests);
}

constexpr std::uint64_t kSavePermille = 20;
constexpr std::uint64_t kFallBackPermille = 20;

// Now and then a reader loses what it learned since some earlier moment, as a disk that is put
// back from a copy.
template <class Place>
void save_or_fall_back(Place& place, std::optional<Place>& saved, Dice& dice) {
  if (dice.permille(kSavePermille)) saved = place;
  if (saved && dice.permille(kFallBackPermille)) place = *saved;
}

}  // namespace

// ---- feed readers ------------------------------------------------------------------------------

std::string FeedReader::text() const {
  return "feed reader " + std::to_string(number_) + " of " +
         std::string(kind_ ? model::plural_of(*kind_) : "everything") + " at " +
         text_of(place_.bookmark) + (listing_ ? ", listing" : "");
}

Finding FeedReader::read(Subject& subject, const PlainModel& plain, Dice& dice, Tally& tally) {
  if (listing_) {
    // Several kinds at one moment: page by page if the subject can do that, else in one go.
    const bool at_once = !kind_ && !subject.lists_any_moment();
    Finding finding = list(subject, plain, dice, tally);
    while (at_once && !finding && listing_) finding = list(subject, plain, dice, tally);
    return finding;
  }
  save_or_fall_back(place_, saved_, dice);
  return follow(subject, plain, dice, tally);
}

Finding FeedReader::follow(Subject& subject, const PlainModel& plain, Dice& dice, Tally& tally) {
  const std::size_t limit = 1 + dice.below(dice.percent(50) ? 10 : 300);
  const auto page = subject.changes(*place_.bookmark, limit, kind_);
  if (!page) return "it was refused the feed: " + page.error().text();
  const bool known = plain.knows(*place_.bookmark);
  if (!known && !page->anew) {
    return "a gap that is not flagged: it reads on at " + page->bookmark.text() +
           ", and the horizon is " + std::to_string(plain.horizon());
  }
  if (known && page->anew) return "it is told that its bookmark means nothing";
  if (page->anew) {
    ++tally.anew;
    listing_ = Listing();
    return {};
  }
  tally.changes += page->items.size();
  if (Finding finding = check_page(*page, plain, limit)) return finding;
  for (const Change& change : page->items) {
    if (Finding finding = take(change)) return finding;
  }
  place_.bookmark = page->bookmark;
  return compare(plain);
}

// The page is the model's log from bookmark to bookmark.
Finding FeedReader::check_page(const FeedPage& page, const PlainModel& plain,
                               std::size_t limit) const {
  if (Finding finding = check_epoch_and_order(page.bookmark, place_.bookmark, plain)) {
    return finding;
  }
  if (page.items.size() > limit) return "it got more than it asked for";
  if (page.items.size() < limit && page.bookmark.seq != plain.head()) {
    return "the feed ends at " + page.bookmark.text() + " before the head " +
           std::to_string(plain.head());
  }
  auto found = page.items.begin();
  for (const auto& expected : plain.log(place_.bookmark->seq, page.bookmark.seq)) {
    if (kind_ && expected->key.kind != *kind_) continue;
    if (found == page.items.end()) return "it misses " + simulation::text_of(*expected);
    if (*found != *expected) {
      return "it read " + simulation::text_of(*found) + ", expected " +
             simulation::text_of(*expected) + "; to be right, it needs " +
             nlohmann::json::diff(json_of(*found), json_of(*expected)).dump();
    }
    ++found;
  }
  if (found != page.items.end()) {
    return "it read " + simulation::text_of(*found) + " past its bookmark";
  }
  return {};
}

Finding FeedReader::take(const Change& change) {
  if (change.time <= place_.time) {
    return simulation::text_of(change) + " has the time " + change.time.text() +
           ", not later than " + place_.time.text();
  }
  place_.time = change.time;
  const auto held = place_.entities.find(change.key);
  const bool holds = held != place_.entities.end();
  if (holds != change.before.has_value() || (holds && held->second != *change.before)) {
    return simulation::text_of(change) + " does not begin with what it holds";
  }
  if (holds) place_.entities.erase(held);
  if (change.after) place_.entities.emplace(change.key, *change.after);
  return {};
}

// A page of the list.
Finding FeedReader::list(Subject& subject, const PlainModel& plain, Dice& dice, Tally& tally) {
  Listing& listing = *listing_;
  const Kind kind = kind_.value_or(model::kKinds[listing.kind]);
  const std::size_t limit = 1 + dice.below(dice.percent(50) ? 5 : 100);
  const auto page = subject.list(kind, listing.from, listing.moment, limit);
  if (!page) return "it was refused the list: " + page.error().text();
  const bool known = !listing.moment || plain.knows(*listing.moment);
  if (page->anew == known) {
    return std::string(known ? "a list that is good was ended" : "a list went on") + " at " +
           text_of(listing.moment) + ", and the horizon is " + std::to_string(plain.horizon());
  }
  if (page->anew) {
    ++tally.anew;
    listing = Listing();
    return {};
  }
  if (Finding finding = check_epoch_and_order(page->moment, place_.bookmark, plain)) {
    return finding;
  }
  if (!listing.moment && page->moment.seq != plain.head()) {
    return "a new list shows " + page->moment.text() + ", not now";
  }
  if (listing.moment && page->moment != *listing.moment) {
    return "a list moved from " + listing.moment->text() + " to " + page->moment.text();
  }
  listing.moment = page->moment;
  for (const Entity& entity : page->items) {
    if (listing.entities.emplace(entity.key(), entity).second) continue;
    return "the list has " + entity.key().subject() + " twice";
  }
  listing.from = page->next.value_or("");
  if (page->next) return {};
  if (!kind_ && ++listing.kind < model::kKinds.size()) return {};
  ++tally.lists;
  return finish_list(plain);
}

Finding FeedReader::finish_list(const PlainModel& plain) {
  place_ = {.bookmark = listing_->moment, .entities = std::move(listing_->entities)};
  if (place_.bookmark->seq > plain.horizon()) {
    place_.time = plain.logged(place_.bookmark->seq).time;
  }
  listing_.reset();
  return compare(plain);
}

Finding FeedReader::compare(const PlainModel& plain) const {
  std::size_t count = 0;
  for (const Kind kind : model::kKinds) {
    if (kind_ && kind != *kind_) continue;
    for (const auto& expected : plain.all_at(kind, place_.bookmark->seq)) {
      const Key key = expected->key();
      const auto held = place_.entities.find(key);
      if (held == place_.entities.end()) return "it lacks " + key.subject();
      if (held->second != *expected) {
        return "it holds another " + key.subject() + ": " + difference(held->second, *expected);
      }
      ++count;
    }
  }
  if (count == place_.entities.size()) return {};
  for (const auto& [key, entity] : place_.entities) {
    if (!plain.at(key, place_.bookmark->seq)) return "it still holds " + key.subject();
  }
  return "it holds too much";
}

// ---- hosts -------------------------------------------------------------------------------------

std::string HostReader::text() const {
  return "reader " + std::to_string(number_) + ", host " + host_ + " at " +
         text_of(place_.bookmark);
}

Finding HostReader::read(Subject& subject, const PlainModel& plain, Dice& dice, Tally& tally) {
  save_or_fall_back(place_, saved_, dice);
  const auto answer = subject.host_changes(host_, place_.bookmark, place_.held, dice);
  if (!answer) return "it was refused an answer: " + answer.error().text();
  const auto host = plain.now({.kind = Kind::host, .name = host_});
  const bool exists = host && !host->deleting;
  if (answer->exists != exists) {
    return std::string(exists ? "it exists, and is told otherwise"
                              : "it does not exist, and is told otherwise");
  }
  if (!exists) return {};
  if (Finding finding = check_epoch_and_order(answer->bookmark, place_.bookmark, plain)) {
    return finding;
  }
  // Whoever knows this bookmark knows the answer at its own, which is where the head was.
  Wanted wanted = should_have(plain, host_, answer->bookmark.seq);
  if (Finding finding = check_news(*answer, plain, wanted)) return finding;
  tally.full += answer->full ? 1 : 0;
  tally.news += answer->full ? 0 : answer->changed.size();
  tally.tombstones += answer->tombstones.size();
  apply(*answer);
  if (Finding finding = compare(wanted)) return finding;
  if (answer->news && digest_of(place_.held) != answer->digest) {
    return "what it holds has another digest than the manifest says";
  }
  // Without news a host may go on from where it stood just as well.
  if (answer->news || dice.percent(50)) {
    place_.bookmark = answer->bookmark;
    place_.ingredients = std::move(wanted);
  }
  return {};
}

Finding HostReader::check_news(const HostAnswer& answer, const PlainModel& plain,
                               const Wanted& wanted) const {
  const bool known = place_.bookmark && plain.knows(*place_.bookmark);
  if (!known && !answer.full) {
    return "a gap that is not flagged: its answer is not full, and the horizon is " +
           std::to_string(plain.horizon());
  }
  if (known && answer.full) return "its answer is full without need";
  if (answer.full && !answer.tombstones.empty()) return "a full answer has tombstones";
  if (answer.news && !answer.full && answer.changed.empty() && answer.tombstones.empty()) {
    return "an answer with news has none";
  }
  for (const auto& form : answer.changed) {
    const auto found = wanted.find(form.key);
    if (found == wanted.end()) return "it is sent " + form.key.subject() + ", which is not for it";
    if (answer.full) continue;
    const auto before = place_.ingredients.find(form.key);
    if (before != place_.ingredients.end() && same_specs(before->second, found->second)) {
      return "it is sent " + form.key.subject() + " again, where nothing changed";
    }
  }
  return answer.full ? Finding() : check_tombstones(answer, plain, wanted);
}

Finding HostReader::check_tombstones(const HostAnswer& answer, const PlainModel& plain,
                                     const Wanted& wanted) const {
  std::set<Key> gone;
  for (const auto& [key, form] : place_.held) {
    if (!wanted.contains(key)) gone.insert(key);
  }
  for (const model::Tombstone& tombstone : answer.tombstones) {
    const std::string what = "the tombstone of " + tombstone.key.subject();
    if (!place_.held.contains(tombstone.key)) return what + " is of what it never had";
    if (wanted.contains(tombstone.key)) return what + " is of what it should have";
    gone.erase(tombstone.key);
    const auto changes = plain.log(place_.bookmark->seq, answer.bookmark.seq);
    const bool is_of_a_change =
        std::any_of(changes.begin(), changes.end(),
                    [&](const auto& change) { return change->time == tombstone.deleted_time; });
    if (!is_of_a_change) {
      return what + " has the time " + tombstone.deleted_time.text() +
             ", at which nothing changed since its bookmark";
    }
  }
  if (gone.empty()) return {};
  return "it misses the tombstone of " + gone.begin()->subject() +
         (answer.news ? "" : ": it is told that there is no news");
}

void HostReader::apply(const HostAnswer& answer) {
  if (answer.full) {
    place_.held.clear();
    place_.ingredients.clear();
  }
  for (const auto& form : answer.changed) place_.held[form.key] = form;
  for (const auto& tombstone : answer.tombstones) place_.held.erase(tombstone.key);
}

Finding HostReader::compare(const Wanted& wanted) const {
  for (const auto& [key, of] : wanted) {
    const auto held = place_.held.find(key);
    if (held == place_.held.end()) return "it lacks " + key.subject();
    // The same versions of the same entities were compared before.
    const auto before = place_.ingredients.find(key);
    if (before != place_.ingredients.end() && before->second == of) continue;
    const auto found = comparable(held->second);
    const auto expected = form_of(of);
    if (found != expected) {
      return "it holds another " + key.subject() + ": " + text_of(found) + ", expected " +
             text_of(expected);
    }
  }
  for (const auto& [key, form] : place_.held) {
    if (!wanted.contains(key)) return "it still holds " + key.subject();
  }
  return {};
}

}  // namespace titan::simulation
