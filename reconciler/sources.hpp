#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/entity.hpp"
#include "model/key.hpp"
#include "model/values.hpp"
#include "reconciler/fleet.hpp"

// What a deployment on a host is made of, with the history of each part: the answer to "since when,
// and by which change, is this so". Pure; nothing of the fleet is borrowed.
namespace titan::reconciler {

// An entity as it was from one change to the next; null: it was not there.
struct SourceVersion {
  std::uint64_t seq = 0;  // of the change that made it so; up to the horizon: it is older
  std::shared_ptr<const model::Entity> entity = {};
};

struct Source {
  model::Key key = {};
  std::vector<SourceVersion> versions = {};  // oldest first; the last is that of the moment

  // null: there is none, or it is not there.
  [[nodiscard]] const model::Entity* now() const {
    return versions.empty() ? nullptr : versions.back().entity.get();
  }
};

// Of a host only labels, values and what is the same for its life are known.
struct FormSources {
  Source template_ = {};
  Source workload = {};
  Source deployment = {};
  Source host = {};
  Source target = {};      // that brings it to the host; without replicas
  Source assignment = {};  // the same, with replicas
};

// Nothing, when the deployment is not on the host at `seq`, which is from the fleet's horizon to
// its head.
std::optional<FormSources> sources_of(const Fleet& fleet, const model::Key& deployment,
                                      const model::Key& host, std::uint64_t seq);

// Where one part of an entity stands in its JSON form: {"spec", "values", "broker"}, {"name"}.
using Place = std::vector<std::string>;

// The change in which what stands at `place` became what it is: its seq, or 0 when that is not
// after the horizon. What is missing there is a value like any other. REQUIRES: source.now().
std::uint64_t changed_at(const Source& source, const Place& place, std::uint64_t horizon);
// The same of the file of a template with this path in it: its content, mode and owner.
std::uint64_t file_changed_at(const Source& template_, const std::string& path,
                              std::uint64_t horizon);

// What a name of a template stands for. `place` is in the entity, which is that of the source.
struct InputSource {
  // "template", "workload", "deployment", "host"; or "workspace" and "organization", which have no
  // source. Empty: no layer has it.
  std::string layer = {};
  const Source* source = nullptr;  // null: none
  Place place = {};
  std::vector<std::string> weaker_layers = {};  // which give members of the same object
};
// `names`: of the JSON pointer into the inputs. Borrows the sources.
InputSource source_of_input(const FormSources& sources, const std::vector<std::string>& names);

}  // namespace titan::reconciler
