#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string_view>
#include <vector>

#include "model/change.hpp"
#include "model/entity.hpp"
#include "model/key.hpp"
#include "model/target.hpp"
#include "reconciler/fleet_record.hpp"
#include "reconciler/host_table.hpp"
#include "reconciler/label_table.hpp"

namespace titan::reconciler {

// The host index: what is asked of the fleet, now and at every sequence since the horizon, in
// memory. It leads from a host's labels to targets, from targets to deployments, from those to
// workloads, templates and secrets, and back; and it knows for each host after which sequence
// nothing mattered to it. Changes that touch no spec (a status, a tag) leave no trace in the
// history, so a question about delivery never sees them: they only alter the entity as it is now.
// reconciler/delivery.hpp asks it who gets what.
//
// Cost, with L labels on a host: finding a host is one look-up; the deployments of a host cost the
// targets that are looked up by one of its labels; a change costs the hosts that it may matter to.
//
// Filled once from what is stored (load…), or empty, then kept up by the feed (apply). Not
// thread-safe: the owner guards it. Records stay where they are while they are in it.
class Fleet {
 public:
  Fleet() = default;
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  // Loading, in this order: the changes of the log that altered what hosts should have, oldest
  // first, each with the state before it (none: there was none to see); then every entity as it is
  // now; then where the log stands. REQUIRES: nothing was applied or loaded before.
  void load_history(const model::Key& key, std::uint64_t seq, Timestamp time,
                    const std::optional<model::Entity>& before);
  void load_entity(const model::Entity& entity);
  void finish_loading(std::uint64_t head, std::uint64_t horizon);

  // REQUIRES: changes come in the order of the feed, without gaps.
  void apply(const model::Change& change);
  // Questions are asked of `horizon` and later from now on: what only matters to earlier ones goes.
  void forget_before(std::uint64_t horizon);

  // The sequence of the last change applied, of whatever sort; 0 before the first.
  [[nodiscard]] std::uint64_t head() const { return head_; }
  // The earliest sequence that may be asked about.
  [[nodiscard]] std::uint64_t horizon() const { return horizon_; }

  // The record of an entity that is no host; null when there is none. It may have no version.
  [[nodiscard]] const EntityRecord* find(const model::Key& key) const;
  // null when there is none, now or since the horizon.
  [[nodiscard]] const HostRecord* find_host(const model::Key& key) const;
  // Whether the entity, of any kind, exists now and is not being deleted.
  [[nodiscard]] bool exists(const model::Key& key) const;
  // The entities whose spec names this one now, or that are in this workspace; by key.
  [[nodiscard]] std::vector<model::Key> users_of(const model::Key& key) const;

  // The entities of a kind (not host) that exist now, in the order of their keys.
  void for_each(model::Kind kind, const std::function<void(const EntityRecord&)>& visit) const;
  // The hosts that exist now, by number.
  void for_each_host(const std::function<void(const HostRecord&)>& visit) const;
  // The hosts that `target` matches now, in no order. Returns how many hosts were looked at.
  std::size_t for_each_match(std::string_view organization, const model::TargetSpec& target,
                             const std::function<void(const HostRecord&)>& visit) const;
  // The targets (their records) that may match a host with these labels, at any time since the
  // horizon: each once, and a few that do not.
  [[nodiscard]] std::vector<const EntityRecord*> targets_for(const HostVersion& host) const;

  [[nodiscard]] bool matches(const model::TargetSpec& target, const HostVersion& host) const;
  [[nodiscard]] model::Labels labels_of(const HostVersion& host) const;
  // The value of one label of the host; null when it has none.
  [[nodiscard]] const std::string* label_of(const HostVersion& host, std::string_view key) const;

  // How much is held, of now and of what the horizon still needs.
  struct Counts {
    std::size_t records = 0;  // of entities, and of names that lead to none; hosts aside
    std::size_t hosts = 0;
    std::size_t labels = 0;
    std::size_t aged = 0;  // versions that a later horizon lets go
    bool operator==(const Counts&) const = default;
  };
  [[nodiscard]] Counts counts() const;

  // Hosts have numbers below this one.
  [[nodiscard]] HostNo host_numbers() const { return static_cast<HostNo>(hosts_.size()); }
  [[nodiscard]] const HostRecord& host(HostNo number) const { return hosts_[number]; }

 private:
  using Records = std::map<model::Key, EntityRecord>;

  Records& of_kind(model::Kind kind) { return records_[static_cast<std::size_t>(kind)]; }
  [[nodiscard]] const Records& of_kind(model::Kind kind) const {
    return records_[static_cast<std::size_t>(kind)];
  }
  EntityRecord& record(const model::Key& key);
  HostRecord& host_record(const model::Key& key);

  Version make_version(EntityRecord& record, std::uint64_t seq, Timestamp time,
                       const model::Entity* entity);
  HostVersion make_host_version(std::uint64_t seq, Timestamp time, const model::Entity* entity);
  void look_up_by(const model::TargetSpec& spec, EntityRecord& record, Version& version);
  void refer_to(EntityRecord& record, const Version& version);
  void show_labels(HostRecord& host, bool shown);
  void note_facts(HostRecord& host, const model::Entity& entity);

  void apply_to_host(const model::Change& change, const model::Entity* after);
  void apply_to_entity(const model::Change& change, const model::Entity* after);
  // Notes that the change matters to these hosts.
  void mark(const HostRecord& host) const;
  std::size_t mark_hosts_of(const EntityRecord& deployment);
  void mark_users(const EntityRecord& record);
  void mark_moved(const EntityRecord& target, const Version* before, const Version* after);

  // `touched`: records that something named until now.
  void trim(EntityRecord& record, std::set<EntityRecord*>& touched);
  void trim(HostRecord& host);
  void stop_looking_up(EntityRecord& target, const Version& version);

  std::array<Records, model::kKinds.size()> records_;  // by kind
  std::deque<HostRecord> hosts_;                       // by number
  std::vector<HostNo> free_hosts_;                     // numbers to give anew
  HostTable hosts_by_name_;
  LabelTable labels_;
  std::vector<EntityRecord*> targets_of_all_;  // that are looked up by no label
  model::Values no_values_;                    // shared by all hosts without values

  // Records whose history has something to forget, by the seq from which on it has.
  struct Aged {
    std::uint64_t seq;
    EntityRecord* record;  // or else:
    HostRecord* host;
  };
  std::deque<Aged> aged_;

  std::uint64_t head_ = 0;
  std::uint64_t horizon_ = 0;
};

}  // namespace titan::reconciler
