#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/rendered.hpp"

namespace titan::reconciler {

// One unit of systemd that files of a deployment are about, as far as the driver has to know it:
// a unit file, a quadlet of podman that a unit is generated from, or drop-ins alone, which change
// a unit that somebody else has made. A plain value.
struct SystemdUnit {
  std::string name = {};                // "app.service", "app@.service", "data-volume.service"
  std::string source = {};              // the unit file or quadlet, below the root; empty: drop-ins
  std::vector<std::string> files = {};  // source and drop-ins, below the host's root, sorted
  bool is_template = false;             // "app@.service": there are only instances of it
  bool is_quadlet = false;
  bool is_container = false;             // a quadlet of what runs: .container, .kube, .pod
  bool is_oneshot = false;               // a service with Type=oneshot
  bool remains = false;                  // RemainAfterExit=
  bool is_activated = false;             // a timer, a socket or a path among the units activates it
  std::string install = {};              // what stands in [Install], normalised; empty: nothing
  std::set<std::string> activates = {};  // of a timer, a socket or a path
  std::set<std::string> restart_paths = {};  // X-Titan-Restart-On, below the host's root

  // The last part of the name: "service".
  [[nodiscard]] std::string type() const;
  // Whether the unit is this deployment's, which starts and stops it.
  [[nodiscard]] bool is_own() const { return !source.empty(); }
  // Whether it is enabled: it has an [Install] section, and is neither a template nor generated.
  [[nodiscard]] bool is_enabled() const;
  // Whether it is started: what is enabled or runs a container, but for oneshot services that
  // something else activates.
  [[nodiscard]] bool is_started() const;
  // Whether it then stays active. Others end, as oneshot services do, and are only started when
  // they are new or have changed.
  [[nodiscard]] bool is_lasting() const { return is_started() && (!is_oneshot || remains); }
  // Whether the file below the host's root is one of those that it restarts for.
  [[nodiscard]] bool restarts_on(const std::string& path) const;
};

// By name. Those of `root/etc/systemd/system/` and `root/etc/containers/systemd/`; other files are
// passed over. invalid, naming the file: what no unit can be called, a file in these folders that
// is no unit, a path to restart on that is not absolute; two files that give one unit. exhausted:
// more than kUnitsMax.
Result<std::map<std::string, SystemdUnit>> systemd_units(
    const std::vector<model::RenderedFile>& files);

// invalid unless systemd takes it as the name of a unit: letters, digits and ":-_.\@", an ending
// of a unit, 255 bytes; not those of the root ("-.slice").
Result<void> check_unit_name(std::string_view name);

}  // namespace titan::reconciler
