#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/timestamp.hpp"
#include "model/bookmark.hpp"
#include "model/change.hpp"
#include "model/entity.hpp"
#include "model/report.hpp"
#include "store/store.hpp"

namespace titan::simulation {

// What is wrong, in words for people; nothing: all is as it must be.
using Finding = std::optional<std::string>;

// All that a store promises, in plain maps: every state that was, from the horizon on. It takes
// over what it is told was written, and says when that is not what must have come of it. Of store/
// it knows the types of the interface and no code. A plain value: a copy is what a backup has.
class PlainModel {
 public:
  using State = std::shared_ptr<const model::Entity>;  // null: there is nothing
  using Logged = std::shared_ptr<const model::Change>;

  // A new store, or one that was put back, of that epoch.
  void begin_epoch(const std::string& epoch) { epoch_ = epoch; }

  // What the store answered to a commit at that wall clock.
  Finding commit(const store::Batch& batch, const Result<std::vector<model::Change>>& answer,
                 Timestamp wall);
  // What the store answered to compact().
  Finding compact(std::uint64_t seq, std::size_t limit, std::uint64_t answer);

  [[nodiscard]] const std::string& epoch() const { return epoch_; }
  [[nodiscard]] std::uint64_t head() const { return head_; }
  [[nodiscard]] std::uint64_t horizon() const { return horizon_; }
  [[nodiscard]] model::Bookmark bookmark() const { return {epoch_, head_}; }
  // Whether a reader may go on from there; else it has to be told to begin anew.
  [[nodiscard]] bool knows(const model::Bookmark& bookmark) const {
    return bookmark.epoch == epoch_ && bookmark.seq >= horizon_ && bookmark.seq <= head_;
  }

  // REQUIRES of all that follows: `seq` is not before the horizon.
  [[nodiscard]] State at(const model::Key& key, std::uint64_t seq) const;
  [[nodiscard]] State now(const model::Key& key) const { return at(key, head_); }
  // By key.
  [[nodiscard]] std::vector<State> all_at(model::Kind kind, std::uint64_t seq) const;
  // The changes after `from` until `to`.
  [[nodiscard]] std::vector<Logged> log(std::uint64_t from, std::uint64_t to) const;
  // The change of that seq, which is after the horizon.
  [[nodiscard]] const model::Change& logged(std::uint64_t seq) const {
    return *log_[seq - horizon_ - 1];
  }

  struct Report {
    model::Bookmark bookmark = {};
    Timestamp time = {};
    Digest digest = {};
    bool operator==(const Report&) const = default;
  };
  [[nodiscard]] const std::map<std::string, Report>& reports() const { return reports_; }

 private:
  struct Version {
    std::uint64_t seq = 0;  // from this change on
    State state = {};
  };
  using History = std::vector<Version>;

  static State state_at(const History& history, std::uint64_t seq);

  struct Draft;
  bool draft(const store::Mutation& mutation, Draft& draft) const;
  Finding take_ids(const std::vector<model::Change>& answer, Draft& draft);
  void take_over(Draft draft);

  std::string epoch_;
  std::array<std::map<model::Key, History>, model::kKinds.size()> histories_;  // by kind
  std::deque<Logged> log_;  // the changes after the horizon
  std::map<std::string, std::uint64_t> cursors_;
  std::map<std::string, Report> reports_;  // by host
  // Ids that were given, ever. Shared by all copies: no life of a store may give one again.
  std::shared_ptr<std::unordered_set<std::string>> ids_ =
      std::make_shared<std::unordered_set<std::string>>();
  std::uint64_t head_ = 0;
  std::uint64_t horizon_ = 0;
  Timestamp last_time_;
};

// "#12 DELETED deployment default/prod (revision 3)", for findings.
std::string text_of(const model::Change& change);
// Where the two differ, in a few words.
std::string difference(const model::Entity& found, const model::Entity& expected);

}  // namespace titan::simulation
