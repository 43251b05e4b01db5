#pragma once

#include <map>
#include <optional>
#include <string>

#include "model/bookmark.hpp"
#include "model/entity.hpp"
#include "model/manifest.hpp"
#include "tests/simulation/plain_model.hpp"
#include "tests/simulation/should_have.hpp"
#include "tests/simulation/subject.hpp"

namespace titan::simulation {

// What readers went through, to see that a history was worth its time.
struct Tally {
  std::uint64_t reads = 0;
  std::uint64_t changes = 0;     // read by feed readers
  std::uint64_t lists = 0;       // read to the end
  std::uint64_t anew = 0;        // feed readers and lists that had to begin anew
  std::uint64_t full = 0;        // answers to hosts
  std::uint64_t news = 0;        // deployments that hosts were sent, but in full answers
  std::uint64_t tombstones = 0;  // that hosts were sent
};

// Somebody who rebuilds what there is from what is read, a page at a time, with a bookmark. At
// every read it is compared with the model at that bookmark.
class Reader {
 public:
  virtual ~Reader() = default;
  // One read. The finding says what was read, and what had to be.
  virtual Finding read(Subject& subject, const PlainModel& plain, Dice& dice, Tally& tally) = 0;
  // "feed reader 7 of deployments at 51ab03c2d4e5f607.42"
  [[nodiscard]] virtual std::string text() const = 0;
};

// Follows the change log, of one kind or of all; lists everything anew when it is told to.
class FeedReader final : public Reader {
 public:
  FeedReader(int number, std::optional<model::Kind> kind) : number_(number), kind_(kind) {}

  Finding read(Subject& subject, const PlainModel& plain, Dice& dice, Tally& tally) override;
  [[nodiscard]] std::string text() const override;

 private:
  using Entities = std::map<model::Key, model::Entity>;
  // A list on its way: of the kinds, one after the other, all at one moment.
  struct Listing {
    std::size_t kind = 0;  // in model::kKinds
    std::string from = {};
    std::optional<model::Bookmark> moment = {};
    Entities entities = {};
  };
  struct Place {
    std::optional<model::Bookmark> bookmark = {};  // none: never read
    Timestamp time = {};                           // of the last change, in that epoch
    Entities entities = {};
  };

  Finding follow(Subject& subject, const PlainModel& plain, Dice& dice, Tally& tally);
  Finding check_page(const FeedPage& page, const PlainModel& plain, std::size_t limit) const;
  Finding take(const model::Change& change);
  Finding list(Subject& subject, const PlainModel& plain, Dice& dice, Tally& tally);
  Finding finish_list(const PlainModel& plain);
  [[nodiscard]] Finding compare(const PlainModel& plain) const;

  int number_;
  std::optional<model::Kind> kind_;
  Place place_;
  std::optional<Place> saved_;  // an earlier one, to which it may fall back
  std::optional<Listing> listing_ = Listing();
};

// A host that lays manifests over what it holds.
class HostReader final : public Reader {
 public:
  HostReader(int number, std::string host) : number_(number), host_(std::move(host)) {}

  Finding read(Subject& subject, const PlainModel& plain, Dice& dice, Tally& tally) override;
  [[nodiscard]] std::string text() const override;

 private:
  struct Place {
    std::optional<model::Bookmark> bookmark = {};
    std::map<model::Key, model::DesiredDeployment> held = {};
    std::map<model::Key, Ingredients> ingredients = {};  // of what the model held there
  };

  Finding check_news(const HostAnswer& answer, const PlainModel& plain,
                     const std::map<model::Key, Ingredients>& wanted) const;
  [[nodiscard]] Finding check_tombstones(const HostAnswer& answer, const PlainModel& plain,
                                         const std::map<model::Key, Ingredients>& wanted) const;
  void apply(const HostAnswer& answer);
  [[nodiscard]] Finding compare(const std::map<model::Key, Ingredients>& wanted) const;

  int number_;
  std::string host_;
  Place place_;
  std::optional<Place> saved_;
};

}  // namespace titan::simulation
