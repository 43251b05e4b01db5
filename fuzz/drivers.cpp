// What the agent's drivers read: a path of a template with its content as units of systemd or as a
// compose file, and what kubectl answers. Whatever is accepted keeps to the rules of what it is.

#include <set>

#include "agent/drivers/compose_driver.hpp"
#include "agent/drivers/kubernetes_objects.hpp"
#include "agent/drivers/limits.hpp"
#include "base/text.hpp"
#include "fuzz/target.hpp"
#include "reconciler/limits.hpp"
#include "reconciler/systemd_units.hpp"

namespace titan::fuzz {
namespace {

void check_units(std::string_view path, std::string_view content) {
  const auto units = reconciler::systemd_units(
      {{std::string(trim(path)), 0644, std::string(content)},
       {"root/etc/systemd/system/other.service", 0644, "[Service]\nType=oneshot\n"}});
  if (!units) return;
  require(units->size() <= 2, "a file gives one unit at most");
  for (const auto& [name, unit] : *units) {
    require(reconciler::check_unit_name(name).ok(), "systemd takes the name of a unit", name);
    require(unit.name == name, "a unit is found by its name", name);
    require(!unit.is_lasting() || unit.is_started(), "what lasts is started", name);
    require(unit.is_own() || !unit.is_started(), "drop-ins start nothing", name);
    require(unit.restart_paths.size() <= reconciler::kRestartPathsMax, "paths are not too many",
            name);
    for (const std::string& wanted : unit.restart_paths) {
      require(("/" + wanted + "/").find("/../") == std::string::npos, "paths stay below", wanted);
      require(!wanted.starts_with('/'), "paths are below the root", wanted);
    }
  }
}

void check_objects(std::string_view answer) {
  const auto objects = agent::read_objects(answer);
  if (!objects) return;
  require(objects->size() <= agent::kKubernetesObjectsMax, "objects are not too many");
  std::vector<agent::ObjectName> names;
  for (const auto& object : *objects) names.push_back(object.name);
  const auto whole = agent::read_objects(agent::list_of(*objects));
  const auto named = agent::read_objects(agent::list_of(names));
  if (!whole && whole.error().code == ErrorCode::exhausted) return;  // a list is deeper
  require(whole && whole->size() == names.size(), "a list of objects reads back");
  require(named && named->size() == names.size(), "a list of names reads back");
  for (std::size_t i = 0; i < names.size(); ++i) {
    require(whole->at(i).name == names[i], "an object keeps its name", names[i].text());
    require(named->at(i).name == names[i], "a name reads back equal", names[i].text());
    require(whole->at(i).says_the_same(objects->at(i)), "an object reads back equal");
    const model::Key owner = {
        .kind = model::Kind::deployment, .workspace = "default", .name = "prod"};
    const auto listed = agent::read_inventory(owner, objects->at(i));
    if (!listed) continue;
    require(objects->at(i).owner == owner.short_text(), "an inventory is of its deployment");
    const auto text = agent::inventory_text(owner, "titan-system", *listed);
    if (!text) continue;
    const auto again = agent::read_objects(*text);
    require(again && again->size() == 2, "an inventory reads back");
    require(agent::read_inventory(owner, again->back()) == *listed, "it lists the same");
  }
}

}  // namespace

void run(std::string_view input) {
  const auto parts = parts_of(input, 2);
  check_units(parts[0], parts[1]);
  check_objects(parts[1]);
  const auto services = agent::compose_services(parts[1]);
  require(services || services.error().code != ErrorCode::internal, "a file is judged");
}

}  // namespace titan::fuzz
