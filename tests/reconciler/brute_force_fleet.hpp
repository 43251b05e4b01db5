#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "model/entity.hpp"
#include "model/target.hpp"

namespace titan::testing {

// What Fleet and the host query answer, the long way round: a copy of all entities at every
// sequence, and the definition of "should have" taken literally. Shares no code with reconciler/.
class BruteForceFleet {
 public:
  using Entities = std::map<model::Key, model::Entity>;
  using ShouldHave = std::map<model::Key, std::string>;

  // The state after the next sequence.
  void snapshot(const Entities& entities);

  [[nodiscard]] std::uint64_t head() const { return moments_.size() - 1; }
  // Every key that an entity had or that one named.
  [[nodiscard]] const std::set<model::Key>& keys() const { return keys_; }
  // Every name that a host had.
  [[nodiscard]] const std::set<std::string>& hosts() const { return hosts_; }

  // Everything that decides in what form `host` should have each deployment, as one text each:
  // equal texts, equal forms.
  [[nodiscard]] const ShouldHave& should_have(const std::string& host, std::uint64_t seq) const;
  // The sequence since which `host` should not have the deployment any more. REQUIRES: it should
  // have had it before the head, and not at the head.
  [[nodiscard]] std::uint64_t left_at(const std::string& host, const model::Key& deployment) const;
  [[nodiscard]] std::set<std::string> hosts_of(const model::Key& deployment) const;  // at the head

  [[nodiscard]] bool exists(const model::Key& key, std::uint64_t seq) const;
  [[nodiscard]] std::vector<model::Key> users_of(const model::Key& key) const;  // at the head
  [[nodiscard]] std::vector<model::Key> of_kind(model::Kind kind) const;        // at the head
  [[nodiscard]] std::set<std::string> matches(const model::TargetSpec& target) const;
  // What the deployment's spec names and does not exist, a sentence each.
  [[nodiscard]] std::vector<std::string> missing(const model::Entity& deployment,
                                                 std::uint64_t seq) const;
  // The deployments whose status had to be thought over after the change `seq`.
  [[nodiscard]] std::set<model::Key> affected_by(std::uint64_t seq) const;

 private:
  struct Moment {
    Entities entities = {};
    std::map<std::string, ShouldHave> should_have = {};  // by host
  };

  [[nodiscard]] std::string own_state(const model::Key& deployment, std::uint64_t seq) const;

  std::vector<Moment> moments_{{}};  // by seq
  std::set<model::Key> keys_;
  std::set<std::string> hosts_;
};

}  // namespace titan::testing
