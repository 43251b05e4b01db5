#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "model/change.hpp"
#include "model/entity.hpp"
#include "model/key.hpp"

namespace titan::reconciler {

// What is asked of the fleet, now and at every earlier sequence: the specs of all entities with
// their history, built from the change feed. Changes that touch no spec (a status, a tag) leave no
// trace here, so a question about delivery never sees them.
//
// Not thread-safe: the owner guards it. Entities are shared, immutable, between the history and
// those who looked them up (hence shared_ptr), and stay valid while somebody holds them.
class Fleet {
 public:
  using EntityPtr = std::shared_ptr<const model::Entity>;

  // REQUIRES: changes come in the order of the feed, without gaps.
  void apply(const model::Change& change);

  // The sequence of the last change applied, of whatever sort; 0 before the first.
  [[nodiscard]] std::uint64_t head() const { return head_; }
  // The sequence of the last change that may matter to a host.
  [[nodiscard]] std::uint64_t last_spec_change() const { return last_spec_change_; }

  // The entity as it was just after the change `seq`; null when there was none, or when it was
  // being deleted.
  [[nodiscard]] EntityPtr find(const model::Key& key, std::uint64_t seq) const;
  // When the entity's spec or existence changed last, up to `seq`; the epoch when it never did.
  [[nodiscard]] Timestamp changed_time(const model::Key& key, std::uint64_t seq) const;
  // All entities of a kind as they were just after `seq`, in the order of their keys.
  void for_each(model::Kind kind, std::uint64_t seq,
                const std::function<void(const EntityPtr&)>& visit) const;

 private:
  struct Version {
    std::uint64_t seq = 0;
    Timestamp time = {};
    EntityPtr entity = {};  // null: gone, or being deleted
  };
  using History = std::vector<Version>;  // by seq

  using Histories = std::map<model::Key, History>;

  static const Version* version_at(const History& history, std::uint64_t seq);
  [[nodiscard]] const Histories& of_kind(model::Kind kind) const {
    return histories_[static_cast<std::size_t>(kind)];
  }
  [[nodiscard]] const Version* find_version(const model::Key& key, std::uint64_t seq) const;

  std::array<Histories, model::kKinds.size()> histories_;  // by kind
  std::uint64_t head_ = 0;
  std::uint64_t last_spec_change_ = 0;
};

}  // namespace titan::reconciler
