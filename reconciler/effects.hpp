#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/rendered.hpp"

// What a change of a deployment's files does on a host, besides that they are written and removed.
// Pure: told from the driver and the files before and after, as if all on the host were as it
// should be. docs/spec/drivers.md says what each driver does.
namespace titan::reconciler {

enum class Action : std::uint8_t {
  run,      // a hook
  reload,   // systemd reads its unit files anew
  stop,     // a unit, a service of compose, a project
  restart,  // the same; a container of compose is made anew
  start,    //
  apply,    // an object of Kubernetes
  remove,   // likewise
};
// "restart".
std::string_view name_of(Action action);

struct Effect {
  Action action = Action::run;
  std::string subject = {};    // "mosquitto.service", "Deployment default/web", "hooks/post-apply"
  std::string condition = {};  // "if it runs"; empty: in any case
  bool operator==(const Effect&) const = default;
};

struct Effects {
  std::vector<Effect> items = {};  // in the order in which they come
  // What cannot be told beforehand, a sentence; empty: nothing.
  std::string note = {};
  bool operator==(const Effects&) const = default;
};

// A deployment as it is rendered for a host. Borrowed.
struct FilesOfDriver {
  std::string_view driver = {};
  const std::vector<model::RenderedFile>* files = nullptr;  // null: it is not there
};

// `before` and `after` are of one deployment on one host. Nothing, when they are equal. Another
// driver means that what was there leaves, and then the rest comes.
Effects effects_of(const FilesOfDriver& before, const FilesOfDriver& after);

}  // namespace titan::reconciler
