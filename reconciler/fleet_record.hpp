#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/timestamp.hpp"
#include "model/entity.hpp"
#include "model/key.hpp"
#include "model/values.hpp"
#include "reconciler/label_table.hpp"
#include "reconciler/poll_slot.hpp"

namespace titan::reconciler {

struct EntityRecord;
struct HostRecord;

// One value of a secret, as values name it.
struct SecretLink {
  EntityRecord* secret = nullptr;
  std::string key = {};
};

// What one entity asked for, from one change to the next. `digest` is over what it contributes to
// the form of a deployment on a host: equal digests, equal contributions.
struct Version {
  std::uint64_t seq = 0;  // of the change that made it; 0: it was there at the horizon
  Timestamp time = {};    // of that change
  // null: gone, or being deleted. Shared with those who looked it up. In the version of now it is
  // the entity as the store has it, whatever else of it was changed since.
  std::shared_ptr<const model::Entity> entity = {};
  Digest digest = {};
  Digest template_digest = {};  // of a template: that of its spec

  // What the spec names; each has a record, though perhaps no version. null: names none.
  EntityRecord* workload = nullptr;            // of a deployment
  EntityRecord* target = nullptr;              // of a deployment
  EntityRecord* template_ = nullptr;           // of a deployment or a workload
  EntityRecord* deployment = nullptr;          // of an assignment
  std::vector<EntityRecord*> depends_on = {};  // of a deployment
  HostRecord* host = nullptr;                  // of an assignment
  std::vector<SecretLink> secrets = {};        // of a deployment or a workload, each once
  std::vector<LabelNo> looked_up_by = {};      // of a target; empty: of every host
};

// An entity of any kind but host, with its versions since the horizon, oldest first. A record
// without versions stands for something that others name and that does not exist.
struct EntityRecord {
  model::Key key = {};
  std::vector<Version> history = {};
  std::set<EntityRecord*> users = {};  // whose versions name this, now or since the horizon

  // The version just after the change `seq`; null when there was none then.
  [[nodiscard]] const Version* at(std::uint64_t seq) const;
  [[nodiscard]] const Version* now() const {
    return history.empty() || history.back().entity == nullptr ? nullptr : &history.back();
  }
};

// A host is kept small, because there are many: not its entity, but what matters to delivery.
struct HostVersion {
  std::uint64_t seq = 0;
  Timestamp time = {};
  bool exists = false;
  std::vector<LabelNo> labels = {};
  model::Values values = {};
  model::AuthorSignatures signatures = {};
  Digest digest = {};  // over name, labels and values
};

struct HostRecord {
  // What a question without news reads stands together: the name, and what follows it up to
  // `history`.
  model::Key key = {};
  HostNo number = 0;
  PollSlot poll_slot = 0;
  // No change after this seq matters to the host. It may be too late, never too early.
  mutable std::atomic<std::uint64_t> relevant = 0;
  // A query found that the host should have now exactly what it should have had at this seq. That
  // says nothing of any other: between the two something may have left and come back. Several
  // readers may write it at once, each what is true; the next change that matters unsays it.
  static constexpr std::uint64_t kNoSeq = std::numeric_limits<std::uint64_t>::max();
  mutable std::atomic<std::uint64_t> same_as = kNoSeq;
  std::vector<HostVersion> history = {};        // oldest first
  std::vector<EntityRecord*> assignments = {};  // whose versions name this host, each once

  // As it is now; of no meaning when it does not exist.
  model::Status status = model::Status::initialized;
  std::optional<std::uint64_t> capacity = {};
  std::chrono::seconds lease{};
  model::Delivery delivery = model::Delivery::agent;

  // Whether it is known, without looking, that nothing is new since `seq`, which is not later than
  // the fleet's head.
  [[nodiscard]] bool nothing_new_since(std::uint64_t seq) const {
    return seq >= relevant.load(std::memory_order_acquire) ||
           seq == same_as.load(std::memory_order_acquire);
  }

  [[nodiscard]] const HostVersion* at(std::uint64_t seq) const;
  [[nodiscard]] const HostVersion* now() const {
    return history.empty() || !history.back().exists ? nullptr : &history.back();
  }
};

}  // namespace titan::reconciler
