#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/bookmark.hpp"
#include "model/change.hpp"
#include "model/entity.hpp"
#include "model/manifest.hpp"
#include "tests/simulation/dice.hpp"
#include "tests/simulation/plain_model.hpp"

namespace titan::simulation {

// A part of the feed. `anew`: the bookmark told nothing, the reader has to list everything.
struct FeedPage {
  bool anew = false;
  model::Bookmark bookmark = {};  // where the reader stands after it
  std::vector<model::Change> items = {};
};

// A part of the entities of one kind. `anew`: the moment is gone, the list begins again.
struct ListPage {
  bool anew = false;
  model::Bookmark moment = {};  // which it shows
  std::vector<model::Entity> items = {};
  std::optional<std::string> next = {};  // where the next page begins; none: that was all
};

// What a host is told. Without news only `bookmark` is given.
struct HostAnswer {
  bool exists = false;
  bool news = false;
  bool full = false;
  model::Bookmark bookmark = {};
  Digest digest = {};  // of all that it should have
  std::vector<model::DesiredDeployment> changed = {};
  std::vector<model::Tombstone> tombstones = {};
};

// What is tested, as its readers see it. Errors of the methods are findings: a bookmark that tells
// nothing is an answer.
class Subject {
 public:
  virtual ~Subject() = default;

  // One random write of whatever sort, in words. A finding when its answer is wrong.
  virtual Finding write(Dice& dice, const PlainModel& plain, std::string& done) = 0;

  virtual Result<FeedPage> changes(const model::Bookmark& since, std::size_t limit,
                                   std::optional<model::Kind> kind) = 0;
  // `from` is `next` of the page before, or empty. `moment` is that of the pages before, of this
  // kind or of others.
  virtual Result<ListPage> list(model::Kind kind, const std::string& from,
                                const std::optional<model::Bookmark>& moment,
                                std::size_t limit) = 0;
  // Whether list() can begin with a kind at a moment that is not now.
  [[nodiscard]] virtual bool lists_any_moment() const { return true; }
  // As a host asks that holds these, or as somebody who only looks.
  virtual Result<HostAnswer> host_changes(
      const std::string& host, const std::optional<model::Bookmark>& since,
      const std::map<model::Key, model::DesiredDeployment>& held, Dice& dice) = 0;
  // Random work that is nobody's request: compaction, what follows from changes and from time.
  virtual void tidy(Dice& dice) = 0;
};

}  // namespace titan::simulation
