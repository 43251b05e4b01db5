#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/timestamp.hpp"
#include "model/entity.hpp"
#include "model/label_selector.hpp"
#include "model/labels.hpp"
#include "model/status.hpp"

namespace titan::model {

// Picks entities in a list. All that is given must hold; an empty filter picks everything.
// A plain value, safe to share between threads once made.
struct EntityFilter {
  // A field of the entity's JSON, by its path ("spec.workload", "name"), and the text it must have.
  struct FieldEquals {
    std::string path = {};
    std::string value = {};
    bool operator==(const FieldEquals&) const = default;
  };

  Tags tags = {};                        // each must be there with this value
  LabelSelector labels = {};             // on the labels of a host; no other kind has labels
  std::vector<Status> statuses = {};     // one of these; empty: any
  std::vector<FieldEquals> fields = {};  // all of these
  std::optional<Timestamp> modified_after = {};   // written last at this time or later
  std::optional<Timestamp> modified_before = {};  // written last before this time
  // Only what is in one of these workspaces, and these workspaces themselves; what is in no
  // workspace, too. Empty: any.
  std::vector<std::string> workspaces = {};
  bool operator==(const EntityFilter&) const = default;

  [[nodiscard]] bool empty() const { return *this == EntityFilter(); }
  // A host without labels matches like one whose labels are all absent. With `labels` given, what
  // is no host never matches.
  [[nodiscard]] bool matches(const Entity& entity) const;
};

// "READY,MISSING", in upper or lower case; DELETED is one of them. An empty text gives none.
// invalid, quoting the word and naming the closest status.
Result<std::vector<Status>> parse_statuses(std::string_view text);
// "spec.workload=sensor,spec.suspend=true": a path of names between dots, "=", and the text of a
// string, number or boolean as JSON shows it; a field that is absent or null equals the empty text.
// White space around path and text is left out, and an empty text gives no fields. Objects, lists
// and what is inside lists cannot be picked, nor names with a dot or texts with a comma in them.
// invalid, quoting the part, when it is not of this form; invalid, too, with more parts than
// kFilterFieldsMax.
Result<std::vector<EntityFilter::FieldEquals>> parse_fields(std::string_view text);
// invalid, naming `field`, when the filter can never hold for entities of this kind: labels of
// what is no host.
Result<void> check_filter(const EntityFilter& filter, Kind kind);

}  // namespace titan::model
